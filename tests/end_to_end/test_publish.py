"""
Publishing to a real registry, by both engines: what it prints can be pulled, what is refused is an error.
"""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
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
    """Without the right password a push is refused with exit code 6; with it, it goes through; the password is never printed."""
    flags = ("publish", "--engine", engine, "--base", "static", "--repo", f"{locked_registry}/x")
    for password, code in (("", 6), ("wrong", 6), ("secret", 0)):
        auth = base64.b64encode(f"ann:{password}".encode()).decode()
        auths = {locked_registry: {"auth": auth}} if password else {}
        (tmp_path / "config.json").write_text(json.dumps({"auths": auths}))
        done = run_console(*flags, cwd=project, env={"DOCKER_CONFIG": str(tmp_path)})
        assert done.returncode == code, done.stderr
        assert "secret" not in done.stderr + done.stdout
