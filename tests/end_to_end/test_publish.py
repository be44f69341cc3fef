"""
Publishing to a real registry, by both engines: what it prints can be pulled, what is refused is an error.
"""

from __future__ import annotations

import base64
import http.server
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REGISTRY, run_console, write_policy

NAME = "policy-tasks-test/publish"
REPO = f"{REGISTRY}/{NAME}"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one policy."""
    root = tmp_path_factory.mktemp("project")
    write_policy(root / "policies" / "a", "example.com/a")
    return root


@pytest.mark.needs("go", "docker", "registry")
@pytest.mark.parametrize("engine", ["docker", "oci"])
@pytest.mark.parametrize("base", ["static", f"{REGISTRY}/alpine:3.23"])
def test_published_digest_can_be_pulled_and_run(engine: str, base: str, project: Path) -> None:
    """stdout is repository@sha256:…, and the image behind it pulls and runs anywhere."""
    done = run_console("publish", "--engine", engine, "--base", base, "--repo", REPO, "--tag", engine, cwd=project)
    assert done.returncode == 0, done.stderr
    reference = done.stdout.strip()
    assert reference.startswith(f"{REPO}@sha256:")
    subprocess.run(["docker", "rmi", "-f", f"{REPO}:{engine}"], capture_output=True, check=False)
    subprocess.run(["docker", "pull", "-q", reference], capture_output=True, check=True)
    ran = subprocess.run(["docker", "run", "--rm", reference], capture_output=True, check=True)
    assert json.loads(ran.stdout)["results"] == [{"name": "a", "result": "a"}]
    subprocess.run(["docker", "rmi", "-f", reference], capture_output=True, check=False)


@pytest.mark.needs("go", "registry", "skopeo")
def test_archive_is_published_with_its_own_digest(project: Path) -> None:
    """What the registry has is, to the byte, what the archive has."""
    made = json.loads(run_console("image", "--engine", "oci", "--repo", REPO, "--format", "json", cwd=project).stdout)
    published = run_console("publish", "--engine", "oci", "--repo", REPO, "--format", "json", cwd=project)
    assert json.loads(published.stdout)["reference"] == f"{REPO}@{made['digest']}"


@pytest.mark.needs("go", "docker")
@pytest.mark.parametrize("engine", ["docker", "oci"])
def test_registry_that_is_not_there_is_an_error(engine: str, project: Path) -> None:
    """A push that fails has the registry's exit code, and prints no reference."""
    done = run_console("publish", "--engine", engine, "--base", "static", "--repo", "127.0.0.1:1/x", cwd=project)
    assert (done.returncode, done.stdout) == (6, "")
    assert "was not pushed" in done.stderr
    assert "127.0.0.1:1 can be reached from" in done.stderr
    assert "docker login" not in done.stderr
    assert "docker load" not in done.stderr
    assert "docker run" not in done.stderr


@pytest.mark.needs("go", "registry")
def test_a_folder_for_archives_that_is_not_there_keeps_nobody_from_publishing(project: Path) -> None:
    """The archive of what a registry gets may be in the build directory; an image that stays here needs its folder."""
    env = {"POLICY_TASKS_IMAGE_ARCHIVE_DIR": str(project / "none"), "DOCKER_HOST": f"unix://{project}/none.sock"}
    assert run_console("image", "--repo", REPO, cwd=project, env=env).returncode == 7
    done = run_console("publish", "--repo", REPO, cwd=project, env=env)
    assert (done.returncode, done.stdout.partition("@")[0]) == (0, REPO), done.stderr
    assert "docker load" not in done.stderr
    assert not (project / "none").exists()


@pytest.fixture(scope="module")
def locked_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A second real registry, which asks for a name and a password."""
    import bcrypt

    folder = tmp_path_factory.mktemp("registry")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    (folder / "htpasswd").write_text("ann:" + bcrypt.hashpw(b"secret", bcrypt.gensalt(4, b"2a")).decode() + "\n")
    (folder / "config.yml").write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}/data}}}}\nhttp: {{addr: '{address}'}}\n"
        f"auth: {{htpasswd: {{realm: here, path: {folder}/htpasswd}}}}\n"
    )
    command = [shutil.which("docker-registry") or "docker-registry", "serve", str(folder / "config.yml")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _wait_for(address)
        yield address
        process.terminate()


def _wait_for(address: str) -> None:
    host, port = address.split(":")
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the registry did not start")


@pytest.mark.needs("go", "docker", "registry")
@pytest.mark.parametrize("engine", ["docker", "oci"])
def test_credentials_of_the_docker_configuration_are_used(
    engine: str, project: Path, locked_registry: str, tmp_path: Path
) -> None:
    """Without the right password a push is refused, with how to log in; with it, it goes through; the password is never printed."""
    flags = ("publish", "--engine", engine, "--base", "static", "--repo", f"{locked_registry}/x")
    for password, code in (("", 6), ("wrong", 6), ("secret", 0)):
        auth = base64.b64encode(f"ann:{password}".encode()).decode()
        auths = {locked_registry: {"auth": auth}} if password else {}
        (tmp_path / "config.json").write_text(json.dumps({"auths": auths}))
        done = run_console(*flags, cwd=project, env={"DOCKER_CONFIG": str(tmp_path)})
        assert done.returncode == code, done.stderr
        assert (f"log in with: docker login {locked_registry}; " in done.stderr) == (code == 6)
        assert "secret" not in done.stderr + done.stdout


@pytest.mark.needs("go", "docker", "registry")
@pytest.mark.parametrize("engine", ["docker", "oci"])
def test_a_credential_helper_is_asked(engine: str, project: Path, locked_registry: str, tmp_path: Path) -> None:
    """The helper that the Docker configuration names for a registry gives the password, and a broken other one harms nobody."""
    programs = tmp_path / "programs"
    programs.mkdir()
    helper = programs / "docker-credential-good"
    helper.write_text(
        """#!/bin/sh\nread host\necho '{"ServerURL": "'$host'", "Username": "ann", "Secret": "secret"}'\n"""
    )
    helper.chmod(0o755)
    helpers = {"credHelpers": {locked_registry: "good", "other.example": "missing"}}
    (tmp_path / "config.json").write_text(json.dumps(helpers))
    env = {"DOCKER_CONFIG": str(tmp_path), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    flags = ("--engine", engine, "--base", "static", "--repo", f"{locked_registry}/helped")
    done = run_console("publish", *flags, cwd=project, env=env)
    assert done.returncode == 0, done.stderr


@pytest.mark.needs("go", "registry")
def test_passwords_of_netrc_are_not_for_registries(project: Path, locked_registry: str, tmp_path: Path) -> None:
    """A password in .netrc for the host neither replaces that of the Docker configuration, nor is it sent instead of none."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ann password wrong\n")
    auth = base64.b64encode(b"ann:secret").decode()
    flags = ("publish", "--engine", "oci", "--repo", f"{locked_registry}/netrc")
    for auths, netrc, code in (({locked_registry: {"auth": auth}}, "wrong", 0), ({}, "secret", 6)):
        (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login ann password {netrc}\n")
        (tmp_path / "config.json").write_text(json.dumps({"auths": auths}))
        env = {"DOCKER_CONFIG": str(tmp_path), "NETRC": str(tmp_path / "netrc")}
        assert run_console(*flags, cwd=project, env=env).returncode == code


class _Odd(http.server.BaseHTTPRequestHandler):
    """
    A server that is no registry: whatever it is asked, it answers with the same page.
    """

    page = b"<html>Welcome</html>"

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.page)))
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, *_: object) -> None:
        """Be silent."""


@pytest.mark.needs("go")
@pytest.mark.parametrize(
    "page", [b"<html>Welcome</html>", b"{}", b"[]", b'{"manifests": [{}]}', b'{"schemaVersion": 1}']
)
def test_a_server_that_is_no_registry_is_told_so(page: bytes, project: Path) -> None:
    """Whatever stands in a registry's place, the error is the registry's, and not a traceback."""
    handler = type("_Page", (_Odd,), {"page": page})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"127.0.0.1:{server.server_port}/x:1"
        done = run_console("image", "--engine", "oci", "--base", base, cwd=project)
        server.shutdown()
    assert done.returncode == 6, done.stderr
    assert "Traceback" not in done.stderr
