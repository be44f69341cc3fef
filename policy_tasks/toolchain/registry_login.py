"""
Authentication with a registry: https://distribution.github.io/distribution/spec/auth/token/.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from policy_tasks.toolchain.bounded_response import read
from policy_tasks.toolchain.credentials import Credentials, parsed_credentials
from policy_tasks.toolchain.registry_retries import asked_again

if TYPE_CHECKING:
    import requests


# Seconds to connect, and to wait for the next byte.
TIMEOUT = (10, 120)


def authorization(session: requests.Session, registry: str, challenge: str, scope: str, *, tls: bool) -> str:
    """
    The header that answers a registry's challenge, with what the user's configuration holds for it; empty where there is
    nothing to answer with. `tls` is whether the challenge came over TLS: no password goes where it could be read then.

    Raises requests' exceptions, and ValueError for a response that makes no sense.
    """
    kind, _, rest = challenge.partition(" ")
    credentials = parsed_credentials(registry)
    if kind.lower() == "basic":
        return _basic(credentials)
    asked = dict(re.findall(r'(\w+)="([^"]*)"', rest))
    if kind.lower() != "bearer" or "realm" not in asked:
        return ""
    if tls and not asked["realm"].startswith("https://"):
        raise ValueError(f"it wants the password sent without TLS, to {asked['realm']}")
    options: dict[str, Any] = {"timeout": TIMEOUT, "stream": True}
    form = {"service": asked.get("service", ""), "scope": scope}
    if credentials.identity_token:
        form |= {
            "grant_type": "refresh_token",
            "refresh_token": credentials.identity_token,
            "client_id": "policy-tasks",
        }
        ask = partial(session.post, asked["realm"], data=form, auth=with_header(""), **options)
    else:
        ask = partial(session.get, asked["realm"], params=form, auth=with_header(_basic(credentials)), **options)
    response = asked_again(ask)
    read(response)
    response.raise_for_status()
    answer = response.json()
    return f"Bearer {answer.get('token') or answer['access_token']}"


def with_header(value: str) -> Callable[[Any], Any]:
    """
    An `auth` for requests that sets the Authorization header to this value. Where there is an `auth`, requests does not read
    ~/.netrc, whose passwords are for other services of that host.
    """

    def add(request: Any) -> Any:
        if value:
            request.headers["Authorization"] = value
        return request

    return add


def _basic(credentials: Credentials) -> str:
    if not credentials.name:
        return ""
    return "Basic " + base64.b64encode(f"{credentials.name}:{credentials.password}".encode()).decode()
