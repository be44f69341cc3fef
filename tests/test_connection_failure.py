"""
What is said of a connection that failed: the cause, as a sentence, and nothing as Python would show it.
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from policy_tasks.errors import RegistryError
from policy_tasks.names import parse_reference
from policy_tasks.toolchain.registry import Registry


@contextmanager
def _answering(said: bytes) -> Iterator[str]:
    """
    The address of a server that says this to whoever comes, and closes.
    """

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            self.wfile.write(said)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def _why(registry: str) -> str:
    with pytest.raises(RegistryError) as caught:
        Registry(parse_reference(f"{registry}/x", "1"), "it was not done").request("GET", "manifests/1")
    assert isinstance(caught.value, RegistryError)
    return caught.value.why


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
GZIP = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"
NO_GZIP = (
    "Received response with content-encoding: gzip, but failed to decode it: "
    "Error -3 while decompressing data: incorrect header check"
)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"", "Connection aborted: Remote end closed connection without response"),
        (b"HTTP/1.1 abc def\r\n\r\n", "Connection aborted: what answers does not speak HTTP: HTTP/1.1 abc def"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "Connection aborted: what answers does not speak HTTP: SSH-2.0-OpenSSH_9.2"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234", "Connection broken: 4 bytes read, 5 more expected"),
        (CHUNKED + b"xyz\r\n", "Connection broken: got length b'xyz\\r\\n', 0 bytes read"),
        (GZIP, NO_GZIP),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200, "Connection aborted: got more than 100 headers"),
    ],
    ids=["nothing", "no status", "another protocol", "cut off", "no chunk", "no gzip", "headers"],
)
def test_an_answer_that_breaks_off_or_is_none_is_told_in_words(said: bytes, why: str) -> None:
    """What the libraries say in a few words, and the cause."""
    with _answering(said) as registry:
        assert _why(registry) == why


def test_a_proxy_that_is_not_there_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """That it is the proxy which cannot be had, and why."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    why = "Unable to connect to proxy: Failed to establish a new connection: Connection refused"
    assert _why("registry.example") == why
