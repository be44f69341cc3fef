"""
Modules that Go's cache has lost since the build directory was filled, and sums that nobody can be asked for.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import policy_tasks
from policy_tasks import compile, fetch, image
from policy_tasks.errors import BuildError
from policy_tasks.settings import Settings
from tests.end_to_end.module_project import Project
from tests.module_proxy import ModuleProxy, answering_proxy

pytestmark = pytest.mark.needs("go")

UNRESOLVED = "the policies' dependencies cannot be resolved"
STAGES = {
    "compile": compile,
    "image": image,
    "test": policy_tasks.test,
}


@pytest.fixture
def warm(project: Project, proxy: ModuleProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project that is compiled, with a module cache of its own."""
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "cache"))
    project.policy("a", "x.example/lib v1.0.0")
    compile(project.settings())
    return project


def lose_the_cache() -> None:
    """Remove Go's module cache, whose folders cannot be written."""
    cache = Path(os.environ["GOMODCACHE"])
    for folder, _, _ in os.walk(cache):
        Path(folder).chmod(0o755)
    shutil.rmtree(cache)


@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)
@pytest.mark.parametrize("locked", [False, True], ids=["", "locked"])
def test_a_lost_module_is_not_the_policies_fault(
    stage: Callable[[Settings], object], locked: bool, warm: Project
) -> None:
    """Offline, with a build directory that knows the policies: the import whose module is gone, and the command that brings it."""
    options = {"engine": "oci", "base": "static", "repo": "lost"}
    for update in (True, False) if locked else (False,):
        compile(warm.settings(update=update))
    lose_the_cache()
    with pytest.raises(BuildError) as caught:
        stage(warm.settings(offline=True, **options))
    assert [each.what for each in caught.value.problems] == [UNRESOLVED]
    assert "GOPROXY=off" in caught.value.why
    assert "x.example/lib" in caught.value.why
    assert "downloading" not in caught.value.why
    assert "`policy-tasks fetch`" in caught.value.fix
    fetch(warm.settings())
    assert stage(warm.settings(offline=True, **options))


@pytest.mark.parametrize("status", [404, 500])
def test_a_proxy_that_cannot_replace_it(status: int, warm: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with a network whose proxy has trouble: its answer, and the line that needs the module."""
    lose_the_cache()
    with answering_proxy(status) as address:
        monkeypatch.setenv("GOPROXY", address)
        with pytest.raises(BuildError, match=str(status)) as caught:
            compile(warm.settings())
    assert caught.value.what == UNRESOLVED
    assert caught.value.where.startswith(f"{warm.root}/policies/a/a.go:")


def test_known_sums_are_kept_offline(warm: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the checksum database cannot be asked, a lock is made with the sums that the build directory has, and then holds."""
    monkeypatch.delenv("GONOSUMDB")
    compile(warm.settings(offline=True, update=True))
    compile(warm.settings(offline=True, locked=True))
    shutil.rmtree(warm.root / "build")
    (warm.root / "policy-tasks.lock").unlink()
    with pytest.raises(BuildError) as caught:
        compile(warm.settings(offline=True))
    assert "sum.golang.org" in caught.value.why
    assert "is not asked" in caught.value.why
    assert "127.0.0.1" not in str(caught.value)
    assert "`policy-tasks fetch`" in caught.value.fix
    monkeypatch.setenv("GONOSUMDB", "*")
    fetch(warm.settings())
    monkeypatch.delenv("GONOSUMDB")
    compile(warm.settings(offline=True, update=True))


def test_a_run_that_fails_changes_no_version(project: Project, proxy: ModuleProxy) -> None:
    """An update that cannot ask for the newest version fails, and the next offline build is as before."""
    proxy.add("x.example/drifting", "v1.0.0")
    project.policy("a", answer="drifting.Version")
    code = project.root / "policies/a/a.go"
    code.write_text(code.read_text().replace('"context"', '"context"\n\n\t"x.example/drifting"'))
    made = compile(project.settings())
    files = [project.root / "build/policy-engine" / name for name in ("go.mod", "go.sum")]
    before = [file.read_bytes() for file in files]
    for _ in range(2):
        with pytest.raises(BuildError, match="run without --offline"):
            compile(project.settings(offline=True, update=True))
    assert compile(project.settings(offline=True)).sha256 == made.sha256
    assert [file.read_bytes() for file in files] == before
