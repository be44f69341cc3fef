"""
How Go is kept from every network, and how what it then says is told.
"""

from __future__ import annotations

import re

# Offline Go asks no module proxy and no repository. It would still ask the checksum database: an HTTP proxy at a port where
# nobody listens prevents that.
_UNREACHABLE = "127.0.0.1:1"
NO_NETWORK = {
    "GOPROXY": "off",
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), f"http://{_UNREACHABLE}"),
    "NO_PROXY": "",
    "no_proxy": "",
}
_NOT_ASKED = re.compile(rf'Get "([^"]*)": proxyconnect tcp: dial tcp {re.escape(_UNREACHABLE)}: [^\n]*')
_FIX = (
    "run `policy-tasks fetch` where there is a network, with the same module cache and build directory; or run without "
    "--offline and GOPROXY=off"
)


def offline_fix(why: str) -> str:
    """
    What to do where Go was not allowed to ask; nothing where that is not the reason.
    """
    return _FIX if "GOPROXY=off" in why or _NOT_ASKED.search(why) else ""


def offline_why(why: str) -> str:
    """
    The same without the address that nobody has named.
    """
    return _NOT_ASKED.sub(r"offline \1 is not asked", why)
