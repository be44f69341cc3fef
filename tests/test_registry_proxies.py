"""
Which requests to a registry go through the proxy that the environment names: those that Docker and Go send there.
"""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from policy_tasks.errors import RegistryError
from policy_tasks.names import parse_reference
from policy_tasks.toolchain.registry import Registry


class _Server(http.server.BaseHTTPRequestHandler):
    """
    Remembers what it is asked, by which host and with which password for a proxy, and may send elsewhere.
    """

    elsewhere: str
    seen: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        """Answer."""
        self.seen.append((self.headers["Host"], self.headers["Proxy-Authorization"]))
        self.send_response(307 if self.elsewhere else 200)
        self.send_header("Location", self.elsewhere)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Be silent."""


@contextmanager
def _serving(elsewhere: str = "") -> Iterator[tuple[int, list[tuple[str, str | None]]]]:
    """
    A server's port, and what it has seen.
    """
    seen: list[tuple[str, str | None]] = []
    handler = type("_Handler", (_Server,), {"elsewhere": elsewhere, "seen": seen})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, seen
        server.shutdown()


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def _get(registry: str) -> None:
    Registry(parse_reference(f"{registry}/x", "1"), "it was not done").request("GET", "manifests/1")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_registry_on_this_machine_is_asked_directly(
    variable: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else's proxy could reach it."""
    monkeypatch.setenv(variable, "http://127.0.0.1:1")
    with _serving() as (port, seen):
        _get(f"{host}:{port}")
        assert seen == [(f"{host}:{port}", None)]


def test_what_is_elsewhere_goes_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a registry of this machine redirects there; and back on this machine the proxy and its password are done with."""
    with _serving() as (blobs, fetched), _serving(f"http://localhost:{blobs}/blob") as (proxy, asked):
        monkeypatch.setenv("HTTP_PROXY", f"http://ann:secret@127.0.0.1:{proxy}")
        with _serving("http://storage.example/blob") as (registry, _):
            _get(f"127.0.0.1:{registry}")
    assert [host for host, _ in asked] == ["storage.example"]
    assert asked[0][1]
    assert fetched == [(f"localhost:{blobs}", None)]


def test_who_wants_no_proxy_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_PROXY is the user's word for what is elsewhere."""
    with _serving() as (proxy, asked), _serving("http://storage.invalid/blob") as (registry, _):
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy}")
        _get(f"127.0.0.1:{registry}")
        assert len(asked) == 1
        monkeypatch.setenv("NO_PROXY", "storage.invalid")
        with pytest.raises(RegistryError, match=r"storage\.invalid"):
            _get(f"127.0.0.1:{registry}")
        assert len(asked) == 1
