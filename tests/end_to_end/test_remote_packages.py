"""
The packages of policies of other people: those that the copies of several versions import, and those that no policy needs.
"""

from __future__ import annotations

import pytest

from policy_tasks import fetch
from policy_tasks.errors import BuildError
from tests.end_to_end.module_project import Project, answering
from tests.module_proxy import ModuleProxy, answering_proxy

pytestmark = pytest.mark.needs("go")


@pytest.mark.parametrize("below", ["api", "v2"], ids=["a module in a folder", "the next major"])
def test_several_versions_import_another_module_below_their_path(
    below: str, project: Project, proxy: ModuleProxy
) -> None:
    """A module below the path of one that is there in several versions is what it is, for imports and for linknames."""
    path = f"nested-{below}.example/p"
    hidden = 'package api\n\nimport _ "unsafe"\n\n//go:linkname hidden\nfunc hidden() string { return "api" }\n'
    proxy.add(f"{path}/{below}", "v2.0.0" if below == "v2" else "v1.0.0", {"api.go": hidden})
    linked = (
        f'package p\n\nimport (\n\t_ "unsafe"\n\n\t_ "{path}/{below}"\n)\n\n'
        f"//go:linkname hidden {path}/{below}.hidden\nfunc hidden() string\n"
    )
    for version in ("v1.0.0", "v1.1.0"):
        own = f'package own\n\nconst Version = "{version} "\n'
        files = {
            "p.go": answering("p", "own.Version + hidden()", f"{path}/own"),
            "linked.go": linked,
            "linked.s": "",
            "own/own.go": own,
        }
        proxy.add(path, version, files, mod=f"require {path}/{below} {'v2.0.0' if below == 'v2' else 'v1.0.0'}\n")
    policies = [f"{path}@v1.0.0", f"{path}@v1.1.0"]
    assert project.answers(policies=policies) == {"p@v1.0.0": "v1.0.0 api", "p@v1.1.0": "v1.1.0 api"}


@pytest.mark.parametrize("status", [404, 410])
def test_an_example_may_import_what_there_is_nowhere(
    status: int, project: Project, proxy: ModuleProxy, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What no policy needs, and nobody has, is told and passed by; by fetch as well, and offline."""
    policies = _with_example(proxy, f"nowhere{status}.example/p", "nowhere.example/missing")
    with answering_proxy(status) as address:
        monkeypatch.setenv("GOPROXY", f"{proxy.folder.as_uri()},{address}")
        caplog.set_level("INFO", logger="policy_tasks")
        fetch(project.settings(policies=policies))
        assert (
            "/examples imports what cannot be had: cannot find module providing package nowhere.example" in caplog.text
        )
        assert project.answers(policies=policies) == {"p": "fine"}
    assert "/examples: it does not compile: cannot find module providing package" in caplog.text
    caplog.clear()
    assert project.answers(policies=policies, offline=True, update=True) == {"p": "fine"}
    assert "/examples: it does not compile: cannot find module providing package" in caplog.text


@pytest.mark.parametrize("status", [403, 500])
def test_what_an_example_imports_may_be_there_tomorrow(
    status: int, project: Project, proxy: ModuleProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that fails has not said that there is no such module: that is an error, which may be gone in the next run."""
    policies = _with_example(proxy, f"failing{status}.example/p", "nowhere.example/missing")
    with answering_proxy(status) as address:
        monkeypatch.setenv("GOPROXY", f"{proxy.folder.as_uri()},{address}")
        error = project.refuse(policies=policies)
        with pytest.raises(BuildError):
            fetch(project.settings(policies=policies))
    assert (error.exit_code, error.what) == (5, "the policies' dependencies cannot be resolved")
    assert str(status) in error.why


def test_a_policy_may_not_import_what_there_is_nowhere(project: Project, proxy: ModuleProxy) -> None:
    """What a policy needs has to be there, in the user's folders and in a module of other people."""
    file = project.policy("typo")
    file.write_text(file.read_text().replace('"context"', '"context"\n\t_ "x.example/libb"'))
    error = project.refuse()
    assert (error.exit_code, error.where) == (5, f"{file}:5:2")
    assert "cannot find module providing package x.example/libb" in error.why
    assert "or correct that import or the go.mod" in error.fix
    code = answering("needy", '"fine"').replace('"context"', '"context"\n\t_ "needy.example/p/middle"')
    middle = 'package middle\n\nimport _ "nowhere.example/missing"\n'
    proxy.add("needy.example/p", "v1.0.0", {"needy.go": code, "middle/middle.go": middle})
    error = project.refuse(policies=["needy.example/p@v1.0.0"])
    assert error.exit_code == 5
    assert "/needy.example/p@v1.0.0/middle/middle.go:3:8" in error.where


def test_folders_that_go_cannot_import_are_passed_by(
    project: Project, proxy: ModuleProxy, caplog: pytest.LogCaptureFixture
) -> None:
    """Such folders of other people's hold nothing that a policy needs; what is told names their files, never a copy."""
    files = {
        "p.go": answering("p", '"fine"'),
        "Ünï/a.go": "package a\n",
        "a@b/a.go": "package a\n",
        "a b/a.go": "package a\n",
        "a~1/a.go": "package a\n",
        "two/a.go": "package a\n",
        "two/all.go": "package b\n",
        "self/a.go": 'package self\n\nimport _ "strange.example/p/self"\n',
    }
    proxy.add("strange.example/p", "v1.0.0", files)
    caplog.set_level("INFO", logger="policy_tasks")
    assert project.answers(policies=["strange.example/p@v1.0.0"]) == {"p": "fine"}
    fetch(project.settings(policies=["strange.example/p@v1.0.0"]))
    told = [each.getMessage() for each in caplog.records if "not taken: " in each.getMessage()]
    assert [each.split(": ")[2] for each in told] == ["strange.example/p/self", "strange.example/p/two"]
    assert "/self/a.go:3 imports strange.example/p/self" in told[0]
    assert "/strange.example/p@v1.0.0/two:0)" in told[1]
    assert str(project.root) not in "".join(told)


def _with_example(proxy: ModuleProxy, path: str, imported: str) -> list[str]:
    """
    Publish a policy with an example that imports this, and return what the settings name.
    """
    example = f'package main\n\nimport _ "{imported}"\n\nfunc main() {{}}\n'
    proxy.add(path, "v1.0.0", {"p.go": answering("p", '"fine"'), "examples/main.go": example})
    return [f"{path}@v1.0.0"]
