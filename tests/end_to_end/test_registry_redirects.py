"""
A registry that sends us elsewhere, as many do for blobs: what the user's password is for, and where it never goes.
"""

from __future__ import annotations

import base64
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import gone, run_console, write_policy

PASSWORD = "Basic " + base64.b64encode(b"ann:secret").decode()


class _Server(http.server.BaseHTTPRequestHandler):
    """
    Asks for a password; whoever has it is sent on to `elsewhere`, if that is set.
    """

    elsewhere = ""
    challenge = 'Basic realm="here"'
    seen: list[str | None]

    def do_GET(self) -> None:
        """Answer."""
        given = self.headers["Authorization"]
        self.seen.append(given)
        self.send_response(307 if given and self.elsewhere else 401)
        self.send_header(*(("Location", self.elsewhere) if given else ("WWW-Authenticate", self.challenge)))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Be silent."""


@contextmanager
def serving(**values: object) -> Iterator[tuple[str, list[str | None]]]:
    """
    A server's address, and the Authorization headers that it has seen.
    """
    seen: list[str | None] = []
    handler = type("_Handler", (_Server,), {"seen": seen, **values})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}", seen
        server.shutdown()


def _pull(registry: str, tmp_path: Path, config: str = "") -> tuple[int, str]:
    write_policy(tmp_path / "policies" / "a", "example.com/a")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ann password of-netrc\n")
    auth = {registry: {"auth": PASSWORD.removeprefix("Basic ")}}
    (tmp_path / "config.json").write_text(config or json.dumps({"auths": auth}))
    env = {"DOCKER_CONFIG": str(tmp_path), "NETRC": str(tmp_path / "netrc")}
    done = run_console("image", "--engine", "oci", "--base", f"{registry}/x:1", cwd=tmp_path, env=env)
    return done.returncode, done.stderr


@pytest.mark.needs("go")
def test_no_password_goes_where_a_registry_redirects(tmp_path: Path) -> None:
    """Another server gets neither the registry's password nor one of .netrc, though it asks for one."""
    with serving() as (thief, stolen):
        with serving(elsewhere=f"http://{thief}/blob") as (registry, seen):
            code, story = _pull(registry, tmp_path)
        assert code == 6, story
        assert PASSWORD in seen
        assert set(stolen) == {None}
    assert "secret" not in story


@pytest.mark.needs("go")
def test_a_challenge_that_names_no_server_is_told(tmp_path: Path) -> None:
    """An answer that asks for a token and does not say from where is the registry's error, with its exit code."""
    with serving(challenge="Bearer service=x") as (registry, _):
        code, story = _pull(registry, tmp_path)
    assert code == 6
    assert "401" in story


@pytest.mark.needs("go")
def test_a_broken_docker_configuration_is_not_the_registrys_fault(tmp_path: Path) -> None:
    """Where a password is asked for, and the file that may have one cannot be used, a warning names that file."""
    with serving() as (registry, _):
        code, story = _pull(registry, tmp_path, "[]")
    assert code == 6, story
    assert f"the Docker configuration {tmp_path}/config.json is not used: it is no mapping" in story
    assert "401 Unauthorized" in story
    assert "what a registry answers" not in story


@pytest.mark.needs("go")
def test_a_credential_helper_ends_with_the_run(tmp_path: Path) -> None:
    """One that waits for somebody, and is asked for a base image while Go compiles, is not left behind by a signal."""
    write_policy(tmp_path / "policies" / "a", "example.com/a")
    program, asked = tmp_path / "docker-credential-mine", tmp_path / "asked"
    program.write_text(f"#!/bin/sh\necho $$ >{asked}.new\nmv {asked}.new {asked}\nsleep 60\n")
    program.chmod(0o755)
    (tmp_path / "config.json").write_text(json.dumps({"credsStore": "mine"}))
    with serving() as (registry, _):
        command = [sys.executable, "-m", "policy_tasks", "image", "--engine", "oci", "--base", f"{registry}/x:1"]
        env = {**os.environ, "DOCKER_CONFIG": str(tmp_path), "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
        run = subprocess.Popen(command, cwd=tmp_path, env=env, stderr=subprocess.PIPE)
        while not asked.exists():
            assert run.poll() is None
            time.sleep(0.01)
        run.send_signal(signal.SIGTERM)
        _, told = run.communicate(timeout=60)
    assert run.returncode == 128 + signal.SIGTERM, told
    gone(int(asked.read_text()))
