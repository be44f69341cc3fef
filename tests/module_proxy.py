"""
A module proxy made of files, with made-up modules: https://go.dev/ref/mod#goproxy-protocol.
"""

from __future__ import annotations

import http.server
import io
import json
import ssl
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


class ModuleProxy:
    """
    A folder that GOPROXY names, and a module cache that knows nothing else.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "proxy"
        self.folder.mkdir(parents=True)
        self.cache = folder / "modules"
        self.env = {
            "GOPROXY": self.folder.as_uri(),
            "GOMODCACHE": str(self.cache),
            "GONOSUMDB": "*",
        }

    def add(
        self, path: str, version: str, files: Mapping[str, str] | None = None, *, mod: str = "", go: str = "1.21"
    ) -> None:
        """
        Publish a version of a module: its files, and what its go.mod says beside its path. Without files it has one package.
        """
        go_mod = f"module {path}\n\ngo {go}\n\n{mod}"
        package = [part for part in path.split("/") if not part.startswith("v")][-1].replace("-", "")
        files = {f"{package}.go": f'package {package}\n\nconst Version = "{version}"\n'} if files is None else files
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as made:
            for name, text in {**files, "go.mod": go_mod}.items():
                made.writestr(f"{path}@{version}/{name}", text)
        place = self.place(path)
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{version}.zip").write_bytes(archive.getvalue())
        (place / f"{version}.mod").write_text(go_mod)
        (place / f"{version}.info").write_text(json.dumps({"Version": version, "Time": "2026-01-02T03:04:05Z"}))
        with (place / "list").open("a") as versions:
            versions.write(f"{version}\n")

    def place(self, path: str) -> Path:
        """
        The folder of a module, whose capital letters are written as `!` and a small one.
        """
        escaped = "".join(f"!{letter.lower()}" if letter.isupper() else letter for letter in path)
        return self.folder / escaped / "@v"

    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Let Go, in this process, ask nobody else.
        """
        for name, value in self.env.items():
            monkeypatch.setenv(name, value)


class _Proxy(http.server.BaseHTTPRequestHandler):
    """Answers everything with one status, or not at all."""

    status = 404

    def do_GET(self) -> None:
        """Answer, or hang until the test is over."""
        if self.status == 0:
            time.sleep(20)
            return
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b"the proxy's own words")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def answering_proxy(status: int) -> Iterator[str]:
    """
    A proxy that answers everything with this status, or, with 0, not at all: its address.
    """
    with listening(type("Handler", (_Proxy,), {"status": status})) as address:
        yield f"http://{address}"


@contextmanager
def listening(
    handler: type[http.server.BaseHTTPRequestHandler], context: ssl.SSLContext | None = None
) -> Iterator[str]:
    """
    A server whose answers may take longer than the test: its host and port.
    """
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads, server.block_on_close = True, False
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
