"""
What to do where a server that Go asks for modules cannot be reached, or refuses.
"""

from __future__ import annotations

import re

_REFUSED = re.compile(r"\b40[13] (Unauthorized|Forbidden)")
_UNREACHABLE = re.compile(
    r"dial tcp|no such host|connection refused|i/o timeout|deadline exceeded|server misbehaving|proxyconnect|x509:|tls:"
    r"|\b5\d\d [A-Z]|invalid proxy URL|GOPROXY list|unsupported protocol|invalid response from proxy|not a valid zip"
    r'|unexpected EOF|parse "'
)


def network_fix(why: str) -> str:
    """
    What to do about this message of Go's; nothing where the network is not the reason.
    """
    if _REFUSED.search(why):
        return "give Go credentials for that server, which it sends over https alone: .netrc, see docs/dependencies.md"
    return "see to GOPROXY and the network" if _UNREACHABLE.search(why) else ""
