"""
What is wrong with dependencies, told with the file or the setting that causes it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from policy_tasks import discover
from policy_tasks.errors import SettingsError
from tests.end_to_end.module_project import Project, answering
from tests.module_proxy import ModuleProxy, answering_proxy

pytestmark = pytest.mark.needs("go")

CORE = {"main": "app", "interface": "example.com/app/plugin.Plugin"}


@pytest.mark.parametrize("way", ["policy", "settings", "core", "helper of the core"])
def test_a_newer_go_of_a_folder_is_named_with_its_go_mod(way: str, project: Project) -> None:
    """A helper that a policy, the settings or the core replaces a module with, and the core itself, may ask for too new a Go."""
    mod = "require h.example/new v0.0.0\n\nreplace h.example/new => "
    project.policy("a", mod=f"{mod}../../new\n" if way == "policy" else "")
    project.write("new/go.mod", "module h.example/new\n\ngo 1.99\n")
    project.write(
        "app/go.mod",
        f"module example.com/app\n\ngo {'1.99' if way == 'core' else '1.21'}\n\n"
        f"{mod if way == 'helper of the core' else 'replace h.example/new => '}../new\n",
    )
    project.write("app/main.go", "package main\n\nfunc main() {}\n")
    error = project.refuse(
        **(CORE if "core" in way else {}),
        replaces={"h.example/new": "./new"} if way == "settings" else {},
    )
    named = "app" if way == "core" else "new"
    assert (error.exit_code, error.where) == (3, str(project.root / named / "go.mod"))
    assert "it asks for go 1.99" in error.why
    assert "install Go 1.99 or newer" in error.fix


@pytest.mark.parametrize("way", ["another version", "a fork", "the settings"])
def test_a_pin_that_a_replace_makes_void_is_refused(way: str, project: Project) -> None:
    """What is taken from elsewhere has no version that a pin could hold: both places are named, and no binary is made."""
    new = "x.example/fork v1.5.0" if way == "a fork" else "x.example/lib v1.2.0"
    mod = "" if way == "the settings" else f"replace x.example/lib => {new}\n"
    project.policy("a", "x.example/lib v1.0.0", mod=mod)
    replaces = {"x.example/lib": new.replace(" ", "@")} if way == "the settings" else {}
    error = project.refuse(pins={"x.example/lib": "v1.1.0"}, replaces=replaces)
    origin = "modules.replaces" if way == "the settings" else f"{project.root}/policies/a/go.mod:6"
    assert (error.exit_code, error.where) == (3, f"modules.pins and {origin}")
    assert new.replace(" ", "@") in error.why


def test_a_pin_and_a_replace_may_agree(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """
    The pinned version may be taken from elsewhere, and a replace may lead to it; a replace of a version that is not in the
    build is told as such.
    """
    project.policy("a", "x.example/lib v1.0.0", mod="replace x.example/lib v1.1.0 => x.example/fork v1.5.0\n")
    with caplog.at_level("INFO", logger="policy_tasks"):
        assert project.answers(pins={"x.example/lib": "v1.2.0"}) == {"a": "v1.2.0"}
    line = f"{project.root}/policies/a/go.mod:6"
    assert f"discover: x.example/lib@v1.1.0 is not in the build, which {line} replaces" in caplog.text
    assert "is taken from" not in caplog.text
    assert project.answers(pins={"x.example/lib": "v1.1.0"}) == {"a": "fork"}
    project.policy("a", "x.example/lib v1.0.0", mod="replace x.example/lib => x.example/lib v1.1.0\n")
    assert project.answers(pins={"x.example/lib": "v1.1.0"}) == {"a": "v1.1.0"}


def warned(project: Project, caplog: pytest.LogCaptureFixture, **settings: Any) -> list[str]:
    """
    What discover warns of.
    """
    caplog.clear()
    with caplog.at_level("WARNING", logger="policy_tasks"):
        discover(project.settings(**settings))
    return [record.getMessage() for record in caplog.records]


def test_an_exclude_that_decides_a_version_is_named(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """A higher version than what is excluded, and a lower one that somebody else asks for: the exclude's line says why."""
    project.policy("a", "x.example/lib v1.1.0", mod="exclude x.example/lib v1.1.0\n")
    told, line = "discover: example.com/a asks for x.example/lib v1.1.0 and runs with", f"{project.root}/policies/a"
    assert warned(project, caplog) == [f"{told} v1.2.0, as {line}/go.mod:6 excludes v1.1.0"]
    project.policy("b", "x.example/lib v1.0.0")
    assert warned(project, caplog) == [f"{told} v1.0.0, as {line}/go.mod:6 excludes v1.1.0"]


def test_a_remote_policys_version_is_that_of_the_settings(
    project: Project, proxy: ModuleProxy, caplog: pytest.LogCaptureFixture
) -> None:
    """A policy that imports another one in a lower version than discover.policies names is told just that, without a lock."""
    for version in ("v1.0.0", "v1.1.0"):
        proxy.add("x.example/other", version, {"other.go": answering("other", '""', extra='\nconst Version = "x"\n')})
    project.policy("a", "x.example/other v1.0.0")
    assert warned(project, caplog, policies=["policies", "x.example/other@v1.1.0"]) == [
        "discover: example.com/a asks for x.example/other v1.0.0 and runs with v1.1.0, which discover.policies names"
    ]


def test_several_that_raise_a_version_ask_for_it(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """Two modules that ask for the chosen version are both named."""
    project.policy("a", "x.example/lib v1.0.0")
    project.policy("b", "x.example/lib v1.1.0")
    project.policy("c", "x.example/lib v1.1.0")
    assert warned(project, caplog) == [
        "discover: example.com/a asks for x.example/lib v1.0.0 and runs with v1.1.0, which example.com/b and example.com/c ask for"
    ]


def test_a_cycle_through_other_modules_has_a_place_for_each_import(project: Project, proxy: ModuleProxy) -> None:
    """A helper and a module from elsewhere are in a cycle with policies: each import has its file and line, the policies too."""
    mod = "require h.example/back v0.0.0\n\nreplace h.example/back => ../../back\n"
    code = answering("a", '""', "h.example/back")
    project.policy("a", mod=mod)
    project.write("policies/a/a.go", code)
    project.write("back/go.mod", "module h.example/back\n\ngo 1.21\n")
    project.write("back/back.go", 'package back\n\nimport _ "example.com/a"\n')
    error = project.refuse()
    imports = [line for line in error.why.splitlines() if " imports " in line]
    assert imports == [
        f"{project.root}/policies/a/a.go:6 imports h.example/back",
        f"{project.root}/back/back.go:3 imports example.com/a",
    ]
    assert (error.exit_code, error.where) == (3, f"{project.root}/policies/a/a.go:6:2")

    files = {"round.go": 'package round\n\nimport _ "example.com/a"\n'}
    proxy.add("x.example/round", "v1.0.0", files, mod="require example.com/a v0.0.0\n")
    project.policy("a", "x.example/round v1.0.0", answer='""')
    project.write("policies/a/a.go", answering("a", '""', "x.example/round"))
    assert f"{proxy.cache}/x.example/round@v1.0.0/round.go:3 imports example.com/a" in project.refuse().why


@pytest.mark.parametrize(
    ("setting", "value", "why"),
    [
        ("pins", {"x.example/lib": "v2.0.0"}, "the versions of a module of that path are v0 and v1 alone"),
        ("pins", {"x.example/lib/v2": "v1.0.0"}, "are v2 alone"),
        ("replaces", {"x.example/lib": "x.example/fork@v2.5.0"}, "are v0 and v1 alone"),
        ("replaces", {"x.example/lib": "x.example/fo rk@v1.5.0"}, "want a module such as"),
        ("replaces", {"no path": "./lib"}, "found the module 'no path'"),
        ("replaces", {"x.example/lib@v1": "./lib"}, "found the module 'x.example/lib@v1'"),
        ("replaces", {"x.example/lib": "./nope"}, "there is no folder"),
    ],
)
def test_a_setting_that_go_would_not_take_is_named(
    setting: str, value: dict[str, str], why: str, project: Project
) -> None:
    """A version of another major, what is no path, a folder that is not there: exit 2 with the setting, before Go is asked."""
    project.policy("a", "x.example/lib v1.0.0")
    with pytest.raises(SettingsError) as caught:
        discover(project.settings(**{setting: value}))
    assert f"modules.{setting}" in caught.value.what + caught.value.where
    assert why in caught.value.why


def test_a_version_that_is_incompatible_may_be_pinned(project: Project, proxy: ModuleProxy) -> None:
    """What has a higher major without its path saying so is a version of that path."""
    proxy.add("x.example/old", "v2.0.0+incompatible")
    (proxy.place("x.example/old") / "v2.0.0+incompatible.mod").write_text("module x.example/old\n")
    project.policy("a", "x.example/old v2.0.0+incompatible", answer='""')
    project.write("policies/a/a.go", answering("a", '""'))
    discover(project.settings(pins={"x.example/old": "v2.0.0+incompatible"}))


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("x.example/tri.Policy", "x.example/tri/at-v1.0.0.Policy or x.example/tri/at-v1.1.0.Policy"),
        ("x.example/tri", "x.example/tri/at-v1.0.0 or x.example/tri/at-v1.1.0"),
        ("example.com/a.Plicy", "example.com/a.Policy"),
    ],
)
def test_a_constructor_of_no_policy_names_what_is_meant(
    name: str, near: str, project: Project, proxy: ModuleProxy
) -> None:
    """A policy that is there in several versions is named by one of their paths, a misspelt one by its name."""
    for version in ("v1.0.0", "v1.1.0"):
        proxy.add("x.example/tri", version, {"tri.go": answering("tri", '""')})
    project.policy("a")
    policies = ["policies", "x.example/tri@v1.0.0", "x.example/tri@v1.1.0"]
    error = project.refuse(policies=policies, constructors={name: "zero"})
    assert (error.exit_code, error.where) == (2, "discover.constructors")
    assert error.fix.startswith(f"name it as {near}")


def test_what_only_the_lock_asks_for_is_told_of_the_lock(project: Project) -> None:
    """A version that no proxy has and no go.mod requires: the lock is named, and --update."""
    project.policy("a", "x.example/lib v1.0.0")
    discover(project.settings(update=True))
    lock = project.root / "policy-tasks.lock"
    lock.write_text(lock.read_text().replace('version = "v1.0.0"', 'version = "v1.0.9"'))
    error = project.refuse()
    assert error.where.startswith("the lock, for ")
    assert "--update" in error.fix
    assert "correct the go.mod" not in error.fix


UNREACHABLE = ("http://127.0.0.1:1", "http://nowhere.invalid", "ftp://127.0.0.1", "garbage", "http://[::1", "500")


@pytest.mark.parametrize("address", [*UNREACHABLE, "404", "403", "0"])
def test_a_remote_policy_that_cannot_be_had_says_what_to_do(
    address: str, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network's faults have its fix, a refusal credentials, what is not there the module's; a proxy that hangs names it."""
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "cache"))
    with answering_proxy(int(address) if address.isdecimal() else 404) as answering_address:
        monkeypatch.setenv("GOPROXY", answering_address if address.isdecimal() else address)
        error = project.refuse(policies=["x.example/lib@v1.0.0"], timeout=3 if address == "0" else 60)
    assert (error.exit_code, error.where) == (5, "discover.policies")
    assert "x.example/lib@v1.0.0" in error.what + error.why
    fixes = {
        "404": "correct the module or its version",
        "403": "give Go credentials",
        "0": "a module proxy that does not",
    }
    assert fixes.get(address, "see to GOPROXY and the network") in error.fix


def test_a_sum_that_is_not_that_of_the_module_names_its_go_sum(project: Project) -> None:
    """The go.sum with the line is named, of a policy or of a helper, and the fix is none of the network."""
    sum_ = "h1:" + "A" * 43 + "="
    project.policy("a", "x.example/lib v1.0.0")
    project.policy("b", "x.example/lib v1.0.0")
    file = project.write("policies/b/go.sum", f"\nx.example/lib v1.0.0/go.mod {sum_}\n")
    error = project.refuse()
    assert (error.exit_code, error.where) == (5, f"{file}:2")
    assert f"take that line out of {file}:2" in error.fix
    assert "GOPROXY" not in error.fix


@pytest.mark.parametrize("line", ["garbage", "x.example/lib v1.0.0", "<<<<<<< HEAD"])
def test_a_go_sum_that_does_not_parse_is_named(line: str, project: Project) -> None:
    """A line that is none is the author's to put right: exit 3, with its place."""
    project.policy("a", "x.example/lib v1.0.0")
    file = project.write("policies/a/go.sum", f"\n{line}\n")
    error = project.refuse()
    assert (error.exit_code, error.where) == (3, f"{file}:2")
    assert line in error.why


def test_a_broken_go_sum_of_a_remote_policy_does_not_count(project: Project, proxy: ModuleProxy) -> None:
    """Go does not look at the go.sum of other people's modules."""
    proxy.add("x.example/messy", "v1.0.0", {"m.go": answering("messy", '""'), "go.sum": "garbage\n"})
    assert project.answers(policies=["x.example/messy@v1.0.0"]) == {"messy": ""}


def test_an_embed_without_a_file_says_so(project: Project) -> None:
    """What a //go:embed line does not find is no fault of an import."""
    project.policy("a")
    file = project.write("policies/a/e.go", 'package a\n\nimport _ "embed"\n\n//go:embed none.txt\nvar S string\n')
    error = project.refuse()
    assert (error.exit_code, error.where) == (3, f"{file}:5:12")
    assert "//go:embed" in error.fix


def test_a_sum_in_the_go_sum_of_a_remote_policy_is_its_own(project: Project, proxy: ModuleProxy) -> None:
    """Nobody can correct a module of other people: another version of it is what there is to name."""
    files = {
        "m.go": answering("sums", '""', extra="\nvar _ = lib.Version\n").replace(
            "import (", 'import (\n\t"x.example/lib"'
        )
    }
    wrong = f"x.example/lib v1.0.0 h1:{'A' * 43}=\n"
    proxy.add("x.example/sums", "v1.0.0", {**files, "go.sum": wrong}, mod="require x.example/lib v1.0.0\n")
    error = project.refuse(policies=["x.example/sums@v1.0.0"])
    assert error.where.endswith("x.example/sums@v1.0.0/go.sum:1")
    assert "name another version of the policies" in error.fix
    assert "take that line out" not in error.fix
