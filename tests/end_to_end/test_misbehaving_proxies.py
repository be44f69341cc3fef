"""
Module proxies that break off, send one byte at a time, lead in a circle or want credentials: an error in a bounded time, and the
secrets of their addresses nowhere.
"""

from __future__ import annotations

import base64
import http.server
import ssl
import subprocess
import time
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import pytest

from policy_tasks import compile
from tests.conftest import run_console
from tests.end_to_end.module_project import Project
from tests.module_proxy import listening

pytestmark = pytest.mark.needs("go")

SECRETS = ("name-of-mine", "token-of-mine")
CREDENTIALS = f"Basic {base64.b64encode(':'.join(SECRETS).encode()).decode()}"


class _Proxy(http.server.BaseHTTPRequestHandler):
    """Serves the files of `folder`, in the way that `manner` says."""

    folder: Path
    manner: str

    def do_GET(self) -> None:
        """Answer."""
        file = self.folder / self.path.partition("?")[0].lstrip("/")
        if self.manner == "circle":
            self._answer(302, b"", Location=self.path)
        elif self.manner == "private" and self.headers.get("Authorization") != CREDENTIALS:
            self._answer(401, b"who are you?")
        elif self.manner == "byte by byte":
            self._trickle()
        elif self.manner != "breaks off" and file.is_file():
            self._answer(200, file.read_bytes(), missing=self.manner == "too short")
        elif self.manner != "breaks off":
            self._answer(404, b"it is not here")

    def _answer(self, status: int, body: bytes, *, missing: bool = False, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body) + missing)}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _trickle(self) -> None:
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):
            for _ in range(100):
                self.wfile.write(b" ")
                time.sleep(0.2)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def serving(folder: Path, manner: str, context: ssl.SSLContext | None = None) -> AbstractContextManager[str]:
    """A proxy with these manners: where it is."""
    return listening(type("Proxy", (_Proxy,), {"folder": folder, "manner": manner}), context)


@pytest.fixture
def asking(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project that needs a module, and a cache that has none."""
    project.policy("a", "x.example/lib v1.0.0")
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "cache"))
    return project


MANNERS = {
    "circle": "stopped after 10 redirects",
    "breaks off": "EOF",
    "too short": "unexpected EOF",
    "byte by byte": "it was stopped after 4 s",
    "private": "401 Unauthorized",
}


@pytest.mark.parametrize("stage", ["fetch", "compile", "test"])
@pytest.mark.parametrize("manner", MANNERS)
def test_a_proxy_that_misbehaves(manner: str, stage: str, asking: Project) -> None:
    """Exit 5 with what it did, within the timeout; no secret of its address is in the output or in any file of the project."""
    asking.write("pyproject.toml", "[tool.policy-tasks.compile]\ntimeout = 4\n")
    begin = time.monotonic()
    with serving(asking.proxy.folder, manner) as address:
        env = {"GOPROXY": f"http://{address}/?user={SECRETS[0]}&token={SECRETS[1]}"}
        done = run_console(stage, "--format", "json", "--update", cwd=asking.root, env=env)
    assert time.monotonic() - begin < 15
    assert done.returncode == 5, done.stdout
    assert MANNERS[manner] in done.stdout
    assert ("docs/dependencies.md" in done.stdout) is (manner == "private")
    written = [path.read_bytes() for path in asking.root.rglob("*") if path.is_file() and "cache" not in path.parts]
    for secret in SECRETS:
        assert secret not in done.stdout + done.stderr
        assert not any(secret.encode() in data for data in written)


def test_a_proxy_with_a_token_leaves_it_nowhere(asking: Project) -> None:
    """A build that passes has the token in no file: lock, manifest, bill, report, image."""
    flags = (
        "image",
        "--update",
        "--engine",
        "oci",
        "--base",
        "static",
        "--report",
        "report.json",
        "--textfile",
        "out.prom",
    )
    with serving(asking.proxy.folder, "well") as address:
        env = {"GOPROXY": f"http://{address}/?token={SECRETS[1]}"}
        done = run_console(*flags, cwd=asking.root, env=env)
    assert done.returncode == 0, done.stderr
    files = [path for path in asking.root.rglob("*") if path.is_file() and "cache" not in path.parts]
    assert {"policy-tasks.lock", "report.json", "out.prom", "policy-engine.manifest.json"} <= {
        each.name for each in files
    }
    assert [each for each in files if SECRETS[1].encode() in each.read_bytes()] == []
    assert SECRETS[1] not in done.stdout + done.stderr


def test_credentials_of_netrc_are_used(asking: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy behind https that wants a name and a password is given those of the file that NETRC names."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = (
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=test",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
    )
    subprocess.run(["openssl", "req", *made, "-keyout", key, "-out", certificate], capture_output=True, check=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    netrc = asking.root.parent / f"{asking.root.name}-netrc"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    with serving(asking.proxy.folder, "private", context) as address:
        monkeypatch.setenv("GOPROXY", f"https://{address}")
        assert "401 Unauthorized" in asking.refuse().why
        netrc.write_text(f"machine {address} login {SECRETS[0]} password {SECRETS[1]}\n")
        monkeypatch.setenv("NETRC", str(netrc))
        assert compile(asking.settings()).path.is_file()
