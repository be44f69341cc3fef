"""
The Docker engine's HTTP API, https://docs.docker.com/reference/api/engine/, as far as a run needs it that pulls and pushes
nothing: over a Unix socket by Python's own means, because importing the SDK takes as long as all else that a warm run does;
over TCP, TLS and SSH by the SDK's.
"""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote, urlencode

# In seconds: an engine that is there accepts a connection at once, answers a question after a while when it is busy, and may
# send nothing for long while it builds, pulls or pushes.
CONNECT_TIMEOUT = 10
REQUEST_TIMEOUT = 60
STREAM_TIMEOUT = 600


class UnixTransport:
    """
    Requests over a Unix socket, a connection for each.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._prefix = ""
        with self.send("GET", "/_ping", timeout=CONNECT_TIMEOUT) as answer:
            if answer.status != 200:
                raise http.client.HTTPException(f"it answers {answer.status}")
            version = answer.getheader("Api-Version")
        self._prefix = f"/v{version}" if version else ""

    @contextmanager
    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout: int = STREAM_TIMEOUT,
    ) -> Iterator[http.client.HTTPResponse]:
        """
        Send a request, and give the answer, to be read before the connection closes. Raises OSError or HTTPException.
        """
        connection = _UnixConnection(self._path, timeout)
        try:
            url = f"{self._prefix}{quote(path, safe='/:@')}?{urlencode(query or {})}"
            headers = {"Content-Type": "application/x-tar"} if body else {}
            # An engine that refuses a request answers, and closes the connection, before it has read the whole body.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, url, body=body, headers=headers)
            yield connection.getresponse()
        finally:
            connection.close()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: int) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class SdkTransport:
    """
    Requests through the SDK's own session.
    """

    def __init__(self, api: Any) -> None:
        self._api = api

    @contextmanager
    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout: int = STREAM_TIMEOUT,
    ) -> Iterator[_SdkAnswer]:
        """
        Send a request, and give the answer. Raises OSError.
        """
        url = f"{self._api.base_url}/v{self._api.api_version}{quote(path, safe='/:@')}"
        headers = {"Content-Type": "application/x-tar"} if body else {}
        options = {"params": query, "data": body, "headers": headers, "stream": True, "timeout": timeout}
        with self._api.request(method, url, **options) as answer:
            yield _SdkAnswer(answer)


class _SdkAnswer:
    """
    The answer, as far as it is used, with the names that Python's own HTTP client has for it.
    """

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self.status: int = answer.status_code

    def read(self) -> bytes:
        content: bytes = self._answer.content
        return content

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_lines()
