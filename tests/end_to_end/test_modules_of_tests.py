"""
Modules that only the policies' own tests import: `fetch` has them, `test --offline` runs with them, no build knows of them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import policy_tasks
from policy_tasks import compile, discover, fetch
from policy_tasks.errors import BuildError, PolicyError, PolicyTasksError
from tests.end_to_end.module_project import Project
from tests.module_proxy import ModuleProxy, answering_proxy

pytestmark = pytest.mark.needs("go")

ASSERT = "t.example/assert"
TEST = f"""package a

import (
	"testing"

	"{ASSERT}"
)

func TestOwn(t *testing.T) {{ t.Log(assert.Version) }}
"""
INDIRECT = "require t.example/inner v1.0.0 // indirect\n"


@pytest.fixture(scope="module", autouse=True)
def _published(proxy: ModuleProxy) -> None:
    """t.example/assert, which needs another module and a higher x.example/lib than some policy."""
    proxy.add("t.example/inner", "v1.0.0")
    code = 'package assert\n\nimport (\n\t"t.example/inner"\n\t_ "x.example/lib"\n)\n\nconst Version = inner.Version\n'
    mod = "require t.example/inner v1.0.0\nrequire x.example/lib v1.1.0\n"
    proxy.add(ASSERT, "v1.0.0", {"assert.go": code}, mod=mod)


@pytest.fixture(autouse=True)
def _empty_cache(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "cache"))


def write_policy_with_test(project: Project, *requires: str, lib: str = "v1.1.0", mod: str = INDIRECT) -> Project:
    """The project with a policy whose test imports that module."""
    project.policy("a", f"x.example/lib {lib}", *requires, mod=mod if requires else "")
    project.write("policies/a/a_test.go", TEST)
    return project


def own_tests(project: Project, **settings: object) -> set[str]:
    """The tests of the policy's own that ran."""
    return {each.test for each in policy_tasks.test(project.settings(**settings)).tests if each.policy is None}


@pytest.mark.parametrize("folder", ["the same", "a new one"])
def test_what_was_fetched_is_tested_offline(
    folder: str, project: Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """After `fetch`, which counts them, the tests run without a network, whether or not the build directory is still there."""
    caplog.set_level("INFO")
    write_policy_with_test(project, f"{ASSERT} v1.0.0")
    fetched = fetch(project.settings())
    assert str(fetched) == "x.example/lib v1.1.0"
    assert "fetch: 1 module, and 2 for the policies' tests" in caplog.messages
    monkeypatch.setenv("GOPROXY", "off")
    if folder == "a new one":
        shutil.rmtree(project.root / "build")
    assert own_tests(project, offline=True) == {"TestOwn"}


def test_without_fetch_the_error_names_it(project: Project) -> None:
    """Offline, and not fetched: what is missing, at which import, and the command that fetches it; a build still passes."""
    project.policy("a", "x.example/lib v1.1.0")
    fetch(project.settings())
    write_policy_with_test(project, f"{ASSERT} v1.0.0")
    compile(project.settings(offline=True))
    with pytest.raises(BuildError) as caught:
        policy_tasks.test(project.settings(offline=True))
    error = caught.value
    assert (error.what, error.exit_code) == ("what the policies' tests import cannot be had", 5)
    assert error.where.startswith(f"{project.root}/policies/a/a_test.go:6:2")
    assert "GOPROXY=off" in error.why
    assert "policy-tasks fetch" in error.fix
    assert own_tests(project) == own_tests(project, offline=True) == {"TestOwn"}


def test_what_no_go_mod_asks_for_is_found_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that a test imports and no go.mod requires is taken in its newest version, and is still known offline."""
    write_policy_with_test(project)
    fetch(project.settings())
    monkeypatch.setenv("GOPROXY", "off")
    assert own_tests(project, offline=True) == {"TestOwn"}


def test_the_build_does_not_change(project: Project) -> None:
    """Neither the lock nor the binary nor go.mod knows what only a test imports."""
    write_policy_with_test(project, f"{ASSERT} v1.0.0")
    discover(project.settings(update=True))
    binary = compile(project.settings(locked=True))
    go_mod = project.root / "build/policy-engine/go.mod"
    before = go_mod.read_bytes()
    assert own_tests(project, locked=True) == {"TestOwn"}
    fetch(project.settings(locked=True))
    assert go_mod.read_bytes() == before
    assert compile(project.settings(locked=True)).sha256 == binary.sha256
    assert "t.example" not in (project.root / "policy-tasks.lock").read_text()


def test_tests_run_with_the_versions_of_the_build(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """A test that would bring a higher version of what is built is refused, with both; `fetch` warns of it."""
    write_policy_with_test(project, lib="v1.0.0")
    with pytest.raises(PolicyError) as caught:
        own_tests(project)
    assert caught.value.what == "the tests need x.example/lib v1.1.0"
    assert "the build has v1.0.0" in caught.value.why
    assert "go mod tidy" in caught.value.fix
    fetch(project.settings())
    assert "`policy-tasks test` will fail: the tests need x.example/lib v1.1.0" in caplog.text


def test_a_fetch_does_without_them(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """A module of a test that is nowhere is a warning of `fetch`, since builds pass, and an error of `test`."""
    write_policy_with_test(project, "t.example/gone v1.0.0")
    file = project.root / "policies/a/a_test.go"
    file.write_text(TEST.replace(ASSERT, "t.example/gone").replace("assert.", "gone."))
    fetch(project.settings())
    assert "`policy-tasks test` will fail: what the policies' tests import cannot be had" in caplog.text
    assert f"where: {file}:6:2" in caplog.text
    with pytest.raises(PolicyTasksError, match=r"t\.example/gone") as caught:
        own_tests(project)
    assert caught.value.exit_code == 5
    compile(project.settings())


@pytest.mark.parametrize("status", [404, 500, 0])
def test_a_proxy_that_gives_nothing_for_a_test(
    status: int, project: Project, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the proxy answers, or if it hangs, `fetch` has what a build needs, and `test` says what it was."""
    project.policy("a", "x.example/lib v1.1.0")
    fetch(project.settings())
    write_policy_with_test(project, f"{ASSERT} v1.0.0")
    with answering_proxy(status) as address:
        monkeypatch.setenv("GOPROXY", address)
        fetch(project.settings(timeout=4))
        assert str(status or "did not end") in caplog.text
        with pytest.raises(BuildError) as caught:
            policy_tasks.test(project.settings(timeout=4))
    assert caught.value.exit_code == 5
    assert str(status or "did not end") in str(caught.value)
