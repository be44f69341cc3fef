"""
One thing is changed at a time: each stage refuses it with --locked, says what it is, and passes again after --update.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import policy_tasks
from policy_tasks.errors import BuildError, PolicyTasksError, SettingsError
from policy_tasks.settings import Settings
from tests.conftest import REGISTRY, run_console
from tests.end_to_end.module_project import Project, answering
from tests.module_proxy import ModuleProxy

pytestmark = pytest.mark.needs("go")

LOCK = "policy-tasks.lock"
REMOTE = "r.example/held"
STAGES: Mapping[str, Callable[[Settings], Any]] = {
    "fetch": policy_tasks.fetch,
    "discover": policy_tasks.discover,
    "generate": policy_tasks.generate,
    "compile": policy_tasks.compile,
    "test": policy_tasks.test,
    "image": policy_tasks.image,
    "publish": policy_tasks.publish,
}
WITH_BASE = ("image", "publish")
SETTINGS = {
    "policies": ["policies", f"{REMOTE}@v1.0.0"],
    "engine": "oci",
    "base": "static",
    "repo": f"{REGISTRY}/policy-tasks-test/locked",
}


@pytest.fixture(scope="module")
def template(proxy: ModuleProxy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a lock of everything: policies of a folder and of other people, a module, a replace, a pin, a base."""
    for version in ("v1.0.0", "v1.1.0"):
        proxy.add(REMOTE, version, {"held.go": answering("held", f'"{version}"')})
    project = Project(tmp_path_factory.mktemp("template"), proxy)
    project.write("lib/go.mod", "module x.example/lib/v2\n")
    project.write("lib/lib.go", 'package lib\n\nconst Version = "local"\n')
    project.policy("a", "x.example/lib v1.0.0")
    project.policy("b", "x.example/lib/v2 v2.0.0", answer="lib.Version", mod="replace x.example/lib/v2 => ../../lib\n")
    with pytest.MonkeyPatch.context() as patch:
        proxy.use(patch)
        policy_tasks.image(project.settings(**SETTINGS, update=True))
    shutil.rmtree(project.root / "build")
    return project.root


@pytest.fixture
def locked(template: Path, project: Project) -> Project:
    """A copy of that project."""
    shutil.copytree(template, project.root, dirs_exist_ok=True)
    return project


class Change(NamedTuple):
    """
    What is done to the project, the settings that it takes from then on, what is told of it, and who refuses it.
    """

    apply: Callable[[Project], Any]
    told: str
    settings: Mapping[str, Any] = {}
    stages: tuple[str, ...] = tuple(STAGES)
    error: type[PolicyTasksError] = SettingsError


def _in_lock(pattern: str, new: str) -> Callable[[Project], Any]:
    def change(project: Project) -> None:
        text, count = re.subn(pattern, new, (project.root / LOCK).read_text(), count=1, flags=re.DOTALL)
        assert count == 1
        project.write(LOCK, text)

    return change


def _edit(name: str, old: str, new: str) -> Callable[[Project], Any]:
    return lambda project: project.write(name, (project.root / name).read_text().replace(old, new))


def _move(project: Project) -> None:
    (project.root / "policies/a").rename(project.root / "policies/elsewhere")


NO_SUM = f"h1:{'A' * 43}="
CHANGES = {
    "Go's version": Change(_in_lock('go = "1', 'go = "1.9'), r"Go: 1\.9\S+ in the lock, 1\.\S+ now"),
    "the core": Change(_in_lock('core = "sha256:', 'core = "sha256:0'), "the core: sha256:0"),
    "a policy more": Change(
        lambda project: project.policy("c"), r"policy example\.com/c: not in the lock, policies/c now"
    ),
    "a policy less": Change(
        lambda project: shutil.rmtree(project.root / "policies/a"),
        r"policy example\.com/a: policies/a in the lock, not here now",
    ),
    "a policy's content": Change(
        lambda project: project.write("policies/a/extra.go", "package a\n"),
        r"policy example\.com/a: its files have changed",
    ),
    "a helper's content": Change(
        _edit("lib/lib.go", "local", "edited"), r"policy x\.example/lib/v2: its files have changed"
    ),
    "a policy's folder": Change(_move, r"policy example\.com/a: policies/a in the lock, policies/elsewhere now"),
    "a module's version": Change(
        _edit("policies/a/go.mod", "v1.0.0", "v1.1.0"),
        r"module x\.example/lib: v1\.0\.0 h1:\S+ in the lock, v1\.1\.0 h1:\S+ now",
    ),
    "a module's sum": Change(
        _in_lock(r'(path = "x.example/lib"\nversion = "v1.0.0"\nsum = ")[^"]+', rf"\1{NO_SUM}"),
        "checksum mismatch",
        error=BuildError,
    ),
    "a module less in the lock": Change(
        _in_lock(r'\n\[\[module\]\]\npath = "x.example/lib".*', ""), r"module x\.example/lib: not in the lock, v1\.0\.0"
    ),
    "a pin": Change(
        lambda _: None,
        r"module x\.example/lib: v1\.0\.0 h1:\S+ in the lock, v1\.1\.0 h1:\S+ now",
        {"pins": {"x.example/lib": "v1.1.0"}},
    ),
    "a replace more": Change(
        lambda _: None,
        r"replace x\.example/lib: not in the lock, x\.example/fork@v1\.5\.0 now",
        {"replaces": {"x.example/lib": "x.example/fork@v1.5.0"}},
    ),
    "a replace in the lock": Change(
        _in_lock('new = "lib"', 'new = "other"'), r"replace x\.example/lib/v2: other in the lock, lib now"
    ),
    "a remote policy's version": Change(
        lambda _: None,
        r"policy r\.example/held: v1\.0\.0 h1:\S+ in the lock, v1\.1\.0 h1:\S+ now",
        {"policies": ["policies", f"{REMOTE}@v1.1.0"]},
    ),
    "a remote policy's sum": Change(
        _in_lock(r'(path = "r.example/held"\nversion = "v1.0.0"\nsum = ")[^"]+', rf"\1{NO_SUM}"),
        "checksum mismatch",
        error=BuildError,
    ),
    "the base's digest": Change(
        _in_lock('(name = "static"\ndigest = "sha256:)', r"\g<1>0"),
        r"the base: static sha256:0\w+ in the lock, static sha256:\w+ now",
        stages=WITH_BASE,
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_one_change_at_every_stage(name: str, locked: Project) -> None:
    """Every stage refuses it with --locked and leaves the lock, a plain build goes on; after --update every stage takes it."""
    change = CHANGES[name]
    settings = {**SETTINGS, **change.settings}
    change.apply(locked)
    before = (locked.root / LOCK).read_bytes()
    for stage in change.stages:
        with pytest.raises(change.error) as caught:
            STAGES[stage](locked.settings(**settings, locked=True))
        assert re.search(change.told, caught.value.why), (stage, caught.value.why)
        assert len(caught.value.problems) == 1
        assert "--update" in caught.value.fix or "the lock" in caught.value.fix
        assert (locked.root / LOCK).read_bytes() == before
    if change.error is SettingsError:
        policy_tasks.discover(locked.settings(**settings))
        assert (locked.root / LOCK).read_bytes() == before
    policy_tasks.image(locked.settings(**settings, update=True))
    for stage in STAGES.keys() - {"publish"}:
        STAGES[stage](locked.settings(**settings, locked=True))


@pytest.mark.needs("registry")
def test_a_locked_image_is_published(locked: Project) -> None:
    """What the lock agrees with reaches the registry."""
    published = policy_tasks.publish(locked.settings(**SETTINGS, locked=True))
    assert published.reference.startswith(f"{REGISTRY}/policy-tasks-test/locked@sha256:")


def test_the_flags_are_every_stages(locked: Project) -> None:
    """--locked, --update and --offline at the console, and as settings in the file."""
    flags = ("--engine", "oci", "--base", "static", "--repo", SETTINGS["repo"])
    locked.write("pyproject.toml", f'[tool.policy-tasks]\npolicies = ["policies", "{REMOTE}@v1.0.0"]\n')
    locked.write("policies/a/extra.go", "package a\n")
    for stage in STAGES:
        own = flags if stage in WITH_BASE else ()
        done = run_console(stage, "--locked", "--offline", *map(str, own), cwd=locked.root)
        assert done.returncode == 2, (stage, done.stderr)
        assert "policy example.com/a: its files have changed" in done.stderr, (stage, done.stderr)
    done = run_console("generate", "--update", "--offline", cwd=locked.root)
    assert done.returncode == 0, done.stderr
    locked.write("policies/a/extra.go", "package a // again\n")
    with (locked.root / "pyproject.toml").open("a") as file:
        file.write("[tool.policy-tasks.modules]\nlocked = true\noffline = true\n")
    done = run_console("discover", cwd=locked.root)
    assert done.returncode == 2, done.stderr
    assert "policy example.com/a: its files have changed" in done.stderr
