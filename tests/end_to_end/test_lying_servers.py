"""
Servers that stand where a Docker engine or a registry should be, and answer as neither does: an error that says so, and no
traceback.
"""

from __future__ import annotations

import gzip
import hashlib
import http.server
import json
import os
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from policy_tasks.errors import RegistryError
from policy_tasks.names import Platform, parse_reference
from policy_tasks.toolchain.docker_connection import connect
from tests.conftest import run_console, write_policy

PAGE = b"<html>Welcome</html>"
# Deeper than Python goes.
DEEP = b"[" * 100_000


class _Handler(http.server.BaseHTTPRequestHandler):
    """
    Answers every request by the first of `answers` that its path ends with.
    """

    answers: dict[str, tuple[int, bytes]]

    def do_GET(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        status, body = next((value for end, value in self.answers.items() if path.endswith(end)), (404, b"{}"))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_DELETE = do_GET  # noqa: N815

    def address_string(self) -> str:
        """A Unix socket has no address."""
        return "-"

    def log_message(self, *_: object) -> None:
        """Be silent."""


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


@contextmanager
def serving(kind: type[socketserver.BaseServer], address: Any, answers: dict[str, tuple[int, bytes]]) -> Iterator[Any]:
    """
    A server with these answers, by the end of the path.
    """
    with kind(address, type("_Answers", (_Handler,), {"answers": answers})) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


ENGINES: dict[str, dict[str, tuple[int, bytes]]] = {
    "a page": {"": (200, PAGE)},
    "null": {"/_ping": (200, b"OK"), "": (200, b"null")},
    "a list": {"/_ping": (200, b"OK"), "": (200, b"[1]")},
    "what is too deep": {"/_ping": (200, b"OK"), "": (200, DEEP)},
    "an error that is too deep": {"/_ping": (200, b"OK"), "": (500, DEEP)},
    "a text": {"/_ping": (200, b"OK"), "": (200, b'"x"')},
    "not modified": {"/_ping": (200, b"OK"), "": (304, b"")},
    "an image without an ID": {"/_ping": (200, b"OK"), "/json": (200, b"{}")},
    "events that are none": {
        "/_ping": (200, b"OK"),
        "/version": (200, b'{"Os": "linux", "Arch": "amd64"}'),
        "/build": (200, b"5\n"),
    },
    "an ID that is none": {
        "/_ping": (200, b"OK"),
        "/version": (200, b"{}"),
        "/build": (200, b'{"aux": {"ID": 5}}\n'),
    },
}


@pytest.mark.needs("go")
@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_no_docker_engine_is_told_so(engine: str, tmp_path: Path) -> None:
    """Whatever listens at the socket, there is an error with its exit code, in JSON as well."""
    write_policy(tmp_path / "policies" / "a", "example.com/a")
    with serving(_UnixServer, str(tmp_path / "s"), ENGINES[engine]):
        flags = ("image", "--engine", "docker", "--base", "static", "--format", "json")
        done = run_console(*flags, cwd=tmp_path, env={"DOCKER_HOST": f"unix://{tmp_path / 's'}"})
    assert done.returncode in (4, 5), done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads(done.stdout)["error"]["why"]


@pytest.mark.needs("go")
def test_an_engine_that_is_ill_is_as_good_as_none(tmp_path: Path) -> None:
    """One that answers even the ping with an error, as a paused Docker Desktop does, is passed by under `auto`."""
    write_policy(tmp_path / "policies" / "a", "example.com/a")
    with serving(_UnixServer, str(tmp_path / "s"), {"": (500, b"{}")}):
        done = run_console("image", cwd=tmp_path, env={"DOCKER_HOST": f"unix://{tmp_path / 's'}"})
    assert done.returncode == 0, done.stderr
    assert "as an archive" in done.stderr


def test_a_pull_that_fails_leaves_the_client_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over TCP there is one client for all: a pull that may take 20 s does not cut off a build that is silent for longer."""
    answers = {"/version": (200, b'{"ApiVersion": "1.41"}'), "/images/create": (500, b'{"message": "no"}')}
    with serving(http.server.ThreadingHTTPServer, ("127.0.0.1", 0), answers) as server:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        engine = connect()
        usual = engine.api.sdk().timeout
        failure = engine.api.failure("it cannot be had", RegistryError)
        with pytest.raises(RegistryError, match="cannot be had"):
            engine.pull(parse_reference("x", "1"), Platform("linux", "amd64"), failure, timeout=20)
        assert engine.api.sdk().timeout == usual != 20


LAYER = gzip.compress(b"\0" * 1024, mtime=0)
DIFF_ID = f"sha256:{hashlib.sha256(bytes(1024)).hexdigest()}"


def _base(**changes: Any) -> dict[str, tuple[int, bytes]]:
    """
    A registry's answers for a base image, which is a sound one but for the changes of its configuration.
    """
    sound = {"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": [DIFF_ID]}}
    config = json.dumps({**sound, **changes}).encode()
    manifest = {"schemaVersion": 2, "config": _descriptor(config), "layers": [_descriptor(LAYER)]}
    blobs = {f"blobs/{_descriptor(data)['digest']}": (200, data) for data in (config, LAYER)}
    return {"manifests/1": (200, json.dumps(manifest).encode()), **blobs}


def _descriptor(data: bytes) -> dict[str, Any]:
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return {"digest": digest, "size": len(data), "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip"}


def _image(answers: dict[str, tuple[int, bytes]], tmp_path: Path) -> tuple[int, str]:
    write_policy(tmp_path / "policies" / "a", "example.com/a")
    with serving(http.server.ThreadingHTTPServer, ("127.0.0.1", 0), answers) as server:
        flags = ("image", "--engine", "oci", "--platform", "linux/amd64", "--base")
        done = run_console(*flags, f"127.0.0.1:{server.server_port}/x:1", cwd=tmp_path)
    return done.returncode, done.stderr


@pytest.mark.needs("go")
def test_a_sound_base_is_taken(tmp_path: Path) -> None:
    """What the broken ones below differ from is fine."""
    assert _image(_base(config={"Env": ["A=b"], "Labels": {"a": "b"}}), tmp_path)[0] == 0


BROKEN: dict[str, dict[str, Any]] = {
    "a list for a configuration": {"config": [1]},
    "an environment of numbers": {"config": {"Env": [1]}},
    "an environment that is a number": {"config": {"Env": 5}},
    "labels that are a list": {"config": {"Labels": ["a"]}},
    "volumes that are a text": {"config": {"Volumes": "/x"}},
    "a history that is a text": {"history": "x"},
    "layers that are numbers": {"rootfs": {"diff_ids": [5]}},
    "layers that are others": {"rootfs": {"diff_ids": [f"sha256:{'0' * 64}"]}},
    "no layers": {"rootfs": {}},
}


@pytest.mark.needs("go")
@pytest.mark.parametrize("broken", BROKEN)
def test_a_base_that_no_engine_would_load_is_refused(broken: str, tmp_path: Path) -> None:
    """Here, as the registry's failure, rather than by whoever loads the archive."""
    code, story = _image(_base(**BROKEN[broken]), tmp_path)
    assert code == 6, story
    assert "Traceback" not in story


def _changed(manifest: bytes, change: str, value: Any) -> bytes:
    """
    The manifest with another value at `PART.KEY`.
    """
    parsed = json.loads(manifest)
    part, _, key = change.partition(".")
    (parsed[part][0] if isinstance(parsed[part], list) else parsed[part])[key] = value
    return json.dumps(parsed).encode()


@pytest.mark.needs("go")
@pytest.mark.parametrize("change", ["config.digest", "layers.digest", "manifests.digest"])
@pytest.mark.parametrize("digest", ["PIPE", "sha256:../../../x", "sha512:" + "0" * 128, "1", 5])
def test_a_digest_that_is_none_is_neither_read_nor_asked_for(change: str, digest: Any, tmp_path: Path) -> None:
    """A digest names a file, and one of a registry's making could be any file here: a pipe, a device, another folder's."""
    os.mkfifo(tmp_path / "pipe")
    answers = _base()
    if change.startswith("manifests"):
        platform = {"os": "linux", "architecture": "amd64"}
        answers["manifests/1"] = (200, json.dumps({"manifests": [{"platform": platform}]}).encode())
    digest = str(tmp_path / "pipe") if digest == "PIPE" else digest
    answers["manifests/1"] = (200, _changed(answers["manifests/1"][1], change, digest))
    code, story = _image(answers, tmp_path)
    assert code == 6, story
    assert f"{digest!r} is no digest" in story


@pytest.mark.needs("go")
@pytest.mark.parametrize("size", [2 << 30, float("inf"), "x"])
def test_layers_that_are_too_large_are_not_fetched(size: Any, tmp_path: Path) -> None:
    """They would be read into memory, and a registry may say any number."""
    answers = _base()
    answers["manifests/1"] = (200, _changed(answers["manifests/1"][1], "layers.size", size))
    code, story = _image(answers, tmp_path)
    assert code == 6, story
    assert "Traceback" not in story
    assert "more than the 1073741824 that a base may have" in story or size != 2 << 30


@pytest.mark.needs("go")
@pytest.mark.parametrize("path", ["manifests/1", ""])
def test_an_answer_without_a_bottom_is_refused(path: str, tmp_path: Path) -> None:
    """Brackets in brackets are JSON that nobody can read, in an answer as in an error."""
    code, story = _image({path: (200 if path else 400, b"[" * (1 << 20))}, tmp_path)
    assert code == 6, story
    assert "Traceback" not in story


@pytest.mark.needs("go")
def test_a_token_that_goes_on_is_cut_off(tmp_path: Path) -> None:
    """The server that a registry sends to for a token is as unknown as the registry."""

    class Endless(_Handler):
        def do_GET(self) -> None:
            if self.path.startswith("/v2/"):
                self.send_response(401)
                realm = f"http://{self.headers['Host']}/token"
                self.send_header("WWW-Authenticate", f'Bearer realm="{realm}",service="x"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):  # the client has had enough
                for _ in range(100):
                    self.wfile.write(b" " * (1 << 20))

    write_policy(tmp_path / "policies" / "a", "example.com/a")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = run_console("image", "--engine", "oci", "--base", f"127.0.0.1:{server.server_port}/x:1", cwd=tmp_path)
        server.shutdown()
    assert done.returncode == 6, done.stderr
    assert "goes on" in done.stderr


@pytest.mark.needs("go")
@pytest.mark.parametrize("status", [200, 404])
def test_an_answer_that_is_too_deep_is_none(status: int, tmp_path: Path) -> None:
    """JSON that Python's parser cannot follow is no manifest, and no error of a registry's."""
    code, story = _image({"manifests/1": (status, DEEP)}, tmp_path)
    assert code == 6, story
    assert "Traceback" not in story


@pytest.mark.needs("go")
def test_an_answer_that_goes_on_is_cut_off(tmp_path: Path) -> None:
    """A manifest has a size that is enough for every image: what is longer is not read to its end."""
    code, story = _image({"manifests/1": (200, b"[" * (5 << 20))}, tmp_path)
    assert code == 6
    assert "goes on" in story


@pytest.mark.needs("go")
def test_a_layer_that_is_larger_than_its_manifest_says_is_refused(tmp_path: Path) -> None:
    """The sizes in the manifest are what keeps a base within its limit."""
    answers = _base()
    answers["manifests/1"] = (200, _changed(answers["manifests/1"][1], "layers.size", 1))
    code, story = _image(answers, tmp_path)
    assert code == 6, story
    assert "of 1 bytes" in story
