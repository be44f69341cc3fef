"""
Images by both engines, for real: what is in them, who runs in them, and that they come out the same everywhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policy_tasks.errors import BuildError
from policy_tasks.names import Platform, parse_reference
from policy_tasks.toolchain.docker_connection import connect
from policy_tasks.toolchain.layer import Entry, make_tar
from tests.conftest import REGISTRY, run_console, write_policy

REPO = "policy-tasks-test/image"


def _docker(*arguments: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=check)
    return done.stdout


@pytest.fixture(autouse=True)
def _no_image_left() -> Iterator[None]:
    yield
    subprocess.run(
        ["docker", "rmi", "-f", f"{REPO}:latest", f"{REGISTRY}/{REPO}:latest"], capture_output=True, check=False
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two policies, whose build directory stays warm."""
    root = tmp_path_factory.mktemp("project")
    write_policy(root / "policies" / "a", "example.com/a")
    write_policy(root / "policies" / "b", "example.com/b")
    return root


def _image(project: Path, *flags: str, env: dict[str, str] | None = None) -> dict[str, Any]:
    done = run_console("image", "--format", "json", "--repo", REPO, *flags, cwd=project, env=env)
    assert done.returncode == 0, done.stderr + done.stdout
    made: dict[str, Any] = json.loads(done.stdout)
    return made


@pytest.mark.needs("docker")
@pytest.mark.parametrize("named", [True, False])
def test_an_image_that_fails_its_check_is_removed_unless_it_has_a_name(named: bool) -> None:
    """The engine may have built what it had already, under somebody's name: only an image without one is removed."""
    engine, platform = (
        connect(),
        Platform(*_docker("version", "-f", "{{.Server.Os}}/{{.Server.Arch}}").strip().split("/")),
    )
    dockerfile = f"FROM scratch\nLABEL named={named}\nUSER 1\n".encode()
    image_id = engine.build(make_tar([Entry(name="Dockerfile", data=dockerfile)]), platform)
    if named:
        engine.tag(image_id, parse_reference(REPO, "latest"))
    with pytest.raises(BuildError, match="something else"), engine.removed_on_error(image_id):
        engine.check(image_id, platform, "2")
    assert engine.image_id(image_id) == (image_id if named else None)
    assert engine.image_id(f"{REPO}:latest") == (image_id if named else None)


@pytest.mark.needs("docker", "alpine")
def test_docker_builds_on_alpine_for_a_user_that_is_not_root(project: Path) -> None:
    """The image stands on the Alpine that is there, runs as a numeric user, and its binary can be found on PATH."""
    made = _image(project, "--engine", "docker")
    assert (made["engine"], made["base"]) == ("docker", "alpine:3.23")
    config = json.loads(_docker("inspect", REPO))[0]
    assert config["Id"] == made["digest"]
    assert config["Config"]["User"] == "65532:65532"
    ran = _docker("run", "--rm", "--entrypoint", "/bin/sh", REPO, "-c", "id -u; policy-engine list")
    assert ran.startswith("65532\n")
    assert [each["package"] for each in json.loads(ran.split("\n", 1)[1])["policies"]] == [
        "example.com/a",
        "example.com/b",
    ]


@pytest.mark.needs("docker")
def test_static_base_runs_without_rights(project: Path) -> None:
    """The built-in base has what a hardened container needs: a user, certificates, /tmp; it runs read-only without capabilities."""
    assert _image(project, "--engine", "docker", "--base", "static")["base"] == "static"
    hard = ["--read-only", "--cap-drop", "ALL", "--network", "none", "--security-opt", "no-new-privileges"]
    assert len(json.loads(_docker("run", "--rm", *hard, REPO))["results"]) == 2
    container = _docker("create", REPO).strip()
    listed = subprocess.run(
        f"docker export {container} | tar tv", shell=True, capture_output=True, text=True, check=True
    )
    _docker("rm", container)
    assert "drwxrwxrwt root/root" in next(line for line in listed.stdout.splitlines() if line.endswith(" tmp/"))
    assert "etc/ssl/certs/ca-certificates.crt" in listed.stdout
    assert "-r-xr-xr-x" in next(line for line in listed.stdout.splitlines() if line.endswith("app/policy-engine"))


@pytest.mark.needs("docker")
def test_image_that_is_there_is_not_built_again(project: Path) -> None:
    """A run in which nothing changed leaves the image as it is; one without the image builds it anew."""
    first = _image(project, "--engine", "docker", "--base", "static")
    assert _image(project, "--engine", "docker", "--base", "static") == first
    _docker("rmi", "-f", REPO)
    assert _image(project, "--engine", "docker", "--base", "static")["digest"]
    assert _docker("inspect", "-f", "{{.Id}}", REPO).strip()


@pytest.mark.needs("docker")
def test_name_that_was_moved_to_another_image_is_taken_back(project: Path) -> None:
    """The name is what counts: when it was given to something else meanwhile, it is built again."""
    made = _image(project, "--engine", "docker", "--base", "static")
    _docker("tag", "alpine:3.23", REPO)
    assert _image(project, "--engine", "docker", "--base", "static")["base"] == made["base"]
    assert json.loads(_docker("inspect", REPO))[0]["Config"]["User"] == "65532:65532"


@pytest.mark.needs("docker", "skopeo")
def test_archive_is_read_by_skopeo_and_loaded_by_docker(project: Path, tmp_path: Path) -> None:
    """Without a daemon the image is an archive, both OCI layout and docker-archive, and it runs once loaded."""
    made = _image(project, "--engine", "oci", "--output", str(tmp_path / "engine.tar"))
    assert made["archive"] == str(tmp_path / "engine.tar")
    for transport in ("oci-archive", "docker-archive"):
        inspected = subprocess.run(
            ["skopeo", "inspect", "--config", f"{transport}:{made['archive']}"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(inspected.stdout)["config"]["User"] == "65532:65532"
    digest = subprocess.run(
        ["skopeo", "inspect", "--format", "{{.Digest}}", f"oci-archive:{made['archive']}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert digest.stdout.strip() == made["digest"]
    _docker("load", "-i", made["archive"])
    assert len(json.loads(_docker("run", "--rm", "--read-only", REPO))["results"]) == 2


@pytest.mark.needs("go")
def test_same_sources_give_the_same_digest_anywhere(tmp_path: Path) -> None:
    """The archive's bytes depend on neither folder, umask, time zone, home, cache, nor the order of the files."""
    shas = set()
    for number, (zone, mask) in enumerate([("UTC", 0o022), ("Asia/Tokyo", 0o077)]):
        root = tmp_path / ("x" * (number + 1)) / "project"
        for name in ("a", "b") if number else ("b", "a"):
            write_policy(root / "policies" / name, f"example.com/{name}")
        home = tmp_path / f"home{number}"
        home.mkdir()
        env = {**os.environ, "TZ": zone, "HOME": str(home), "GOCACHE": str(home / "cache")}
        command = [sys.executable, "-m", "policy_tasks", "image", "--engine", "oci", "--format", "json"]
        done = subprocess.run(command, cwd=root, env=env, umask=mask, capture_output=True, text=True, check=True)
        made = json.loads(done.stdout)
        shas.add((made["digest"], hashlib.sha256(Path(made["archive"]).read_bytes()).hexdigest()))
    assert len(shas) == 1


@pytest.mark.needs("go", "registry", "alpine", "skopeo")
def test_archive_stands_on_a_base_from_a_registry(project: Path, tmp_path: Path) -> None:
    """An explicit base is pulled without a daemon, by tag or by digest, and its layers come first."""
    name = f"{REGISTRY}/alpine"
    digest = _docker("inspect", "-f", "{{index .RepoDigests 0}}", f"{name}:3.23").strip().rpartition("@")[2]
    for base in (f"{name}:3.23", f"{name}@{digest}"):
        made = _image(project, "--engine", "oci", "--base", base, "--output", str(tmp_path / "engine.tar"))
        assert made["base"] == base
    _docker("load", "-i", made["archive"])
    assert "65532" in _docker("run", "--rm", "--entrypoint", "/usr/bin/id", REPO)


@pytest.mark.needs("docker", "go")
@pytest.mark.parametrize("engine", ["docker", "oci"])
def test_explicit_base_never_falls_back(engine: str, project: Path) -> None:
    """A base that cannot be had is an error with the registry's exit code, and no image of that name appears."""
    base = f"{REGISTRY}/policy-tasks-test/no-such-base:1"
    done = run_console("image", "--engine", engine, "--base", base, "--repo", f"{REPO}-none", cwd=project)
    assert done.returncode == 6
    assert "the base image" in done.stderr
    assert _docker("images", "-q", f"{REPO}-none") == ""


@pytest.mark.needs("docker")
def test_docker_writes_an_archive_where_one_is_named(project: Path, tmp_path: Path) -> None:
    """--output with the Docker engine also saves the image, in a file that docker load takes."""
    made = _image(project, "--engine", "docker", "--base", "static", "--output", str(tmp_path / "saved.tar"))
    _docker("rmi", "-f", REPO)
    _docker("load", "-i", made["archive"])
    assert _docker("inspect", "-f", "{{.Id}}", REPO).strip() == made["digest"]


@pytest.mark.needs("docker")
def test_image_for_another_platform_is_for_that_platform(project: Path) -> None:
    """--platform gives an image that says so, in the Docker engine and in an archive."""
    made = _image(project, "--engine", "docker", "--base", "static", "--platform", "linux/arm64")
    assert made["platform"] == "linux/arm64"
    assert json.loads(_docker("inspect", REPO))[0]["Architecture"] == "arm64"
    assert _image(project, "--engine", "oci", "--platform", "linux/arm64")["platform"] == "linux/arm64"


@pytest.mark.needs("go")
def test_without_a_daemon_auto_makes_an_archive_and_says_how_to_load_it(project: Path, tmp_path: Path) -> None:
    """Where the socket is dead, auto goes without, says why, and how to load the archive in two lines; stdout is the name."""
    socket = f"unix://{tmp_path}/none.sock"
    done = run_console("image", "--repo", REPO, cwd=project, env={"DOCKER_HOST": socket})
    assert done.returncode == 0
    assert done.stdout == f"{REPO}:latest\n"
    assert socket in done.stderr
    assert "docker load -i" in done.stderr
    refused = run_console("image", "--engine", "docker", cwd=project, env={"DOCKER_HOST": socket})
    assert refused.returncode == 4
    assert "no such socket" in refused.stderr
    assert "or use --engine oci" in refused.stderr
    assert "discover:" not in refused.stderr, "it is told before anything is done"


@pytest.mark.needs("go")
def test_other_certificates_make_another_image(project: Path, tmp_path: Path) -> None:
    """The built-in base has the certificates of the installed certifi: when these change, so does the image."""
    flags = ("--engine", "oci", "--output", str(tmp_path / "engine.tar"))
    first = _image(project, *flags)
    (tmp_path / "certifi.py").write_text(f"def where(): return {str(tmp_path / 'own.pem')!r}")
    (tmp_path / "own.pem").write_text("none")
    assert _image(project, *flags, env={"PYTHONPATH": str(tmp_path)})["digest"] != first["digest"]
    assert _image(project, *flags)["digest"] == first["digest"]
