"""
How requests are sent to registries. Imported when one is, since requests takes a while.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response, Session


class RegistrySession(Session):
    """
    A session that sends no password to another host that a registry redirects to, not even one of ~/.netrc, and asks no proxy
    for what is on this machine, as neither Docker nor Go does: https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config.ProxyFunc.
    """

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


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
