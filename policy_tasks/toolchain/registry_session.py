"""
How requests are sent to registries. Imported when one is, since requests takes a while.
"""

from __future__ import annotations

import time
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter

# What a registry, or what stands before it, may answer for no more than a moment, and seconds before it is asked again. As
# https://pkg.go.dev/github.com/google/go-containerregistry/pkg/v1/remote has it, and with it ko; 499 is nginx's and 522
# Cloudflare's.
_MOMENTARY = (408, 429, 499, 500, 502, 503, 504, 522)
_PAUSES = (0.3, 1, 2)


class RegistrySession(Session):
    """
    A session that sends no password to another host that a registry redirects to, not even one of ~/.netrc, and asks no proxy
    for what is on this machine, as neither Docker nor Go does: https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config.ProxyFunc.
    What may be over in a moment it asks again.
    """

    def __init__(self) -> None:
        super().__init__()
        for scheme in ("http://", "https://"):
            self.mount(scheme, _AskingAgain())

    def rebuild_auth(self, prepared_request: PreparedRequest, response: Response) -> None:
        """
        Called before a redirect is followed.
        """
        elsewhere = self.should_strip_auth(response.request.url, prepared_request.url)  # type: ignore[no-untyped-call]
        if elsewhere:
            prepared_request.headers.pop("Authorization", None)

    def send(self, request: PreparedRequest, **options: Any) -> Response:
        """
        Called for each request, also for what is redirected; requests looks for proxies only before the first.
        """
        if _is_loopback(request.url or ""):
            options["proxies"] = {}
            request.headers.pop("Proxy-Authorization", None)
        return super().send(request, **options)


class _AskingAgain(HTTPAdapter):
    """
    Not urllib3's Retry: that reads what it passes over into memory, and it may have no end.
    """

    def send(self, request: PreparedRequest, *arguments: Any, **options: Any) -> Response:
        for pause in _PAUSES:
            response = super().send(request, *arguments, **options)
            if response.status_code not in _MOMENTARY:
                return response
            response.close()
            time.sleep(pause)
        return super().send(request, *arguments, **options)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
