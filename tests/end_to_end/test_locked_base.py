"""
The base image in the lock: it gets the digest that the registry or the Docker engine has, and `--locked` holds an image to it.
"""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from collections.abc import Iterator

import pytest

from policy_tasks import compile, image
from policy_tasks.errors import SettingsError
from tests.conftest import REGISTRY
from tests.end_to_end.module_project import Project

pytestmark = pytest.mark.needs("go")

LOCK = "policy-tasks.lock"
ALPINE = "alpine:3.23"
NAME = f"policy-tasks-test/locked-base-{os.getpid()}"


def _docker(*arguments: str, stdin: str = "") -> str:
    done = subprocess.run(["docker", *arguments], input=stdin, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def locked_base(project: Project) -> dict[str, str]:
    """What the lock says of the base."""
    base: dict[str, str] = tomllib.loads((project.root / LOCK).read_text())["base"]
    return base


@pytest.fixture
def another() -> Iterator[str]:
    """An image that differs from Alpine in one label."""
    _docker("build", "-q", "-t", f"{NAME}:another", "-", stdin=f"FROM {ALPINE}\nLABEL another={NAME}\n")
    yield f"{NAME}:another"
    _docker("rmi", "-f", f"{NAME}:another")


def put(source: str, name: str) -> None:
    """Give a local image this name, and where that names a registry, push it."""
    _docker("tag", source, name)
    if name.startswith(REGISTRY):
        _docker("push", "-q", name)
        _docker("rmi", name)  # so that nobody but the registry has it


@pytest.mark.needs("docker", "alpine", "registry")
@pytest.mark.parametrize(("engine", "base"), [("oci", f"{REGISTRY}/{NAME}:1"), ("docker", f"{NAME}:1")])
def test_a_base_that_has_changed_under_its_tag(engine: str, base: str, project: Project, another: str) -> None:
    """The lock gets its digest; with another image under the same tag --locked fails, names both, and passes after --update."""
    project.policy("a")
    given = {"engine": engine, "base": base, "repo": f"{NAME}-engine"}
    put(ALPINE, base)
    made = image(project.settings(update=True, **given))
    before = locked_base(project)
    assert before == {"name": base, "digest": made.base_digest}
    assert image(project.settings(locked=True, **given)).base_digest == before["digest"]

    put(another, base)
    with pytest.raises(SettingsError) as caught:
        image(project.settings(locked=True, **given))
    error = caught.value
    assert (error.what, error.exit_code) == ("the build is not what the lock says", 2)
    assert error.why.startswith(f"the base: {base} {before['digest']} in the lock, {base} sha256:")
    assert error.why.endswith(" now")
    assert "--update" in error.fix
    assert locked_base(project) == before

    image(project.settings(update=True, **given))
    assert locked_base(project)["digest"] != before["digest"]
    image(project.settings(locked=True, **given))
    for name in (f"{NAME}-engine", base) if engine == "docker" else ():
        _docker("rmi", "-f", name)


@pytest.mark.needs("docker", "alpine")
def test_the_digest_is_dockers_own(project: Project) -> None:
    """A base of the Docker engine's is known by the digest of its registry, where it came from one, else by its ID."""
    project.policy("a")
    given = {"engine": "docker", "base": ALPINE, "repo": f"{NAME}-engine"}
    image(project.settings(update=True, **given))
    (alpine,) = json.loads(_docker("image", "inspect", ALPINE))
    known = [each.rpartition("@")[2] for each in alpine["RepoDigests"] if each.startswith("alpine@")] or [alpine["Id"]]
    assert locked_base(project) == {"name": ALPINE, "digest": known[0]}
    image(project.settings(locked=True, **given))
    _docker("rmi", "-f", f"{NAME}-engine")


def test_a_lock_without_a_base_holds_no_image(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """Where only `compile` has made the lock, an image with --locked is refused and says what to do; a plain one warns."""
    project.policy("a")
    compile(project.settings(update=True))
    given = {"engine": "oci", "base": "static"}
    with pytest.raises(SettingsError, match=r"the base: not in the lock, static sha256:") as caught:
        image(project.settings(locked=True, **given))
    assert caught.value.fix.startswith("run image --update")
    image(project.settings(**given))
    assert "lock: it is not up to date" in caplog.text
    image(project.settings(update=True, **given))
    image(project.settings(locked=True, **given))
    compile(project.settings(locked=True))
