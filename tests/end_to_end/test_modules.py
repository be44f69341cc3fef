"""
Policies with dependencies of their own: what is replaced, excluded and chosen, with made-up modules from a proxy of files.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from policy_tasks import compile, discover
from policy_tasks.errors import PolicyTasksError, SettingsError
from policy_tasks.model import document
from policy_tasks.toolchain.inspector import Inspector
from tests.end_to_end.module_project import Project, answering
from tests.module_proxy import ModuleProxy

pytestmark = pytest.mark.needs("go")


def test_the_highest_version_asked_for_is_taken(project: Project) -> None:
    """Of two policies that ask for two versions, both get the higher one."""
    project.policy("a", "x.example/lib v1.0.0")
    project.policy("b", "x.example/lib v1.1.0")
    assert project.answers() == {"a": "v1.1.0", "b": "v1.1.0"}


def test_a_replace_by_another_module_holds_for_all(project: Project) -> None:
    """A policy's replace by a fork at a version is taken over; that of two policies, if it is the same, as well."""
    project.policy("a", "x.example/lib v1.0.0", mod="replace x.example/lib => x.example/fork v1.5.0\n")
    project.policy("b", "x.example/lib v1.1.0")
    assert project.answers() == {"a": "fork", "b": "fork"}
    project.policy("b", "x.example/lib v1.1.0", mod="replace x.example/lib => x.example/fork v1.5.0\n")
    assert project.answers() == {"a": "fork", "b": "fork"}


def test_replaces_by_two_modules_are_refused(project: Project) -> None:
    """A fork and a folder for one module are an error with both lines."""
    project.write("lib/go.mod", "module x.example/lib\n")
    project.write("lib/lib.go", 'package lib\n\nconst Version = "local"\n')
    project.policy("a", "x.example/lib v1.0.0", mod="replace x.example/lib => x.example/fork v1.5.0\n")
    project.policy("b", "x.example/lib v1.0.0", mod="replace x.example/lib => ../../lib\n")
    error = project.refuse()
    assert error.exit_code == 3
    assert error.where == f"{project.root}/policies/a/go.mod:6 and {project.root}/policies/b/go.mod:6"
    assert "x.example/fork@v1.5.0" in error.why
    assert str(project.root / "lib") in error.why


def test_an_excluded_version_is_not_taken(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """A policy's exclude holds for the whole build, which is told: the next version that there is is taken."""
    project.policy("a", "x.example/lib v1.1.0", mod="exclude x.example/lib v1.1.0\n")
    with caplog.at_level("INFO", logger="policy_tasks"):
        assert project.answers() == {"a": "v1.2.0"}
    line = f"{project.root}/policies/a/go.mod:6"
    assert f"discover: x.example/lib@v1.1.0 is not taken, as {line} says" in caplog.text


def test_two_majors_of_a_library_are_two_libraries(project: Project) -> None:
    """What is no core may be there in two major versions."""
    project.policy("a", "x.example/lib v1.0.0")
    project.policy("b", "x.example/lib/v2 v2.0.0", answer="lib.Version")
    assert project.answers() == {"a": "v1.0.0", "b": "v2.0.0"}


def test_three_modules_that_replace_each_other(project: Project) -> None:
    """Helpers that replace each other, with folders and forks, are followed to the end (gobusybox's diamond)."""
    project.policy("a", "h.example/one v0.0.0", mod="replace h.example/one => ../../one\n", answer="one.Version")
    project.write("one/go.mod", "module h.example/one\n\ngo 1.21\n\nrequire h.example/two v0.0.0\n\n"
                  "replace h.example/two => ../two\n")  # fmt: skip
    project.write("one/one.go", 'package one\n\nimport "h.example/two"\n\nconst Version = "one " + two.Version\n')
    project.write("two/go.mod", "module h.example/two\n\ngo 1.21\n\nrequire x.example/lib v1.0.0\n\n"
                  "replace x.example/lib => x.example/fork v1.5.0\n")  # fmt: skip
    project.write("two/two.go", 'package two\n\nimport "x.example/lib"\n\nconst Version = "two " + lib.Version\n')
    project.policy("b", "x.example/lib v1.2.0")
    assert project.answers() == {"a": "one two fork", "b": "fork"}


def test_any_shape_of_a_tree(project: Project) -> None:
    """
    A module at the root of the policies with others below it, several packages with several types, policies that import
    each other, internal packages and embedded files, all in one engine.
    """
    project.write("policies/go.mod", "module example.com/root\n\ngo 1.21\n\nrequire example.com/deep v0.0.0\n")
    project.write("policies/root.go", answering("root", "deep.Answer", "example.com/deep"))
    project.write("policies/x/go.mod", "module example.com/deep\n\ngo 1.21\n")
    project.write(
        "policies/x/deep.go", 'package deep\n\nimport "example.com/deep/internal/text"\n\nvar Answer = text.Text\n'
    )
    embed = 'package text\n\nimport _ "embed"\n\n//go:embed text.txt\nvar Text string\n'
    project.write("policies/x/internal/text/text.go", embed)
    project.write("policies/x/internal/text/text.txt", "embedded")
    second = 'type Second struct{ Policy }\n\nfunc (Second) Name() string { return "second" }\n'
    project.write("policies/x/y/z/z.go", answering("z", "1.5", extra=second))
    project.write("policies/x/linux_only_linux.go", "package deep\n\nconst only = 1\n")
    project.write("policies/x/never.go", "//go:build never\n\npackage broken\n")
    project.write("policies/loose/loose.go", "package loose\n")
    project.write("other/stray.go", "package stray\n")
    found = discover(project.settings(policies=["policies", "other"]))
    assert [str(each.package) for each in found.policies] == [
        "example.com/deep/y/z",
        "example.com/deep/y/z",
        "example.com/root",
    ]
    assert ["belongs to no module" in each.reason for each in found.near_misses] == [True]
    assert project.answers() == {"root": "embedded", "z": 1.5, "second": 1.5}


def test_the_go_line_is_the_highest_asked_for(project: Project) -> None:
    """The generated module's go line is that of the policy that asks for most, and never lower than the core's."""
    go_mod = project.root / "build/policy-engine/go.mod"
    project.policy("a", "x.example/lib v1.0.0", go="1.22")
    discover(project.settings())
    assert "\ngo 1.26.0\n" in go_mod.read_text()
    project.policy("b", "x.example/lib v1.0.0", go="1.26.1")
    discover(project.settings())
    assert "\ngo 1.26.1\n" in go_mod.read_text()


@pytest.mark.parametrize("remote", [True, False])
def test_a_newer_go_is_named_with_who_needs_it(remote: bool, project: Project, proxy: ModuleProxy) -> None:
    """A dependency, or a policy of other people, that needs a newer Go than there is: the go.mod that asks for it, and the fix."""
    proxy.add("x.example/newer", "v1.0.0", go="1.99")
    project.policy("a", *([] if remote else ["x.example/newer v1.0.0"]))
    error = project.refuse(policies=["policies", "x.example/newer@v1.0.0"] if remote else ["policies"])
    assert error.exit_code == 3
    assert "newer Go" in error.what
    assert "install Go 1.99 or newer" in error.fix
    assert error.where == "x.example/newer@v1.0.0" if remote else f"{project.root}/policies/a/go.mod" == error.where


@pytest.mark.parametrize(
    ("damage", "told"), [("missing", "no matching versions|not found|no such file"), ("sum", "checksum mismatch")]
)
def test_what_the_proxy_gives_wrongly_is_told(damage: str, told: str, project: Project) -> None:
    """A module that is not there, and one that is not what go.sum says, end with Go's words and the old binary in place."""
    project.policy("a", "x.example/lib v1.0.0")
    before = compile(project.settings())
    version = "v1.9.0" if damage == "missing" else "v1.1.0"
    project.policy("a", f"x.example/lib {version}")
    if damage == "sum":
        wrong = "h1:" + "A" * 43 + "="
        project.write("policies/a/go.sum", f"x.example/lib v1.1.0 {wrong}\nx.example/lib v1.1.0/go.mod {wrong}\n")
    error = project.refuse()
    assert error.exit_code == 5
    assert re.search(told, error.why)
    assert before.path.is_file()


# What the settings decide


def two_places(project: Project) -> None:
    """Two policies that replace x.example/lib differently."""
    project.write("lib/go.mod", "module x.example/lib\n")
    project.write("lib/lib.go", 'package lib\n\nconst Version = "local"\n')
    project.policy("a", "x.example/lib v1.0.0", mod="replace x.example/lib => x.example/fork v1.5.0\n")
    project.policy("b", "x.example/lib v1.0.0", mod="replace x.example/lib v1.0.0 => ../../lib\n")


@pytest.mark.parametrize(
    ("new", "answer"), [("lib", "local"), ("x.example/fork@v1.5.0", "fork"), ("x.example/lib@v1.1.0", "v1.1.0")]
)
def test_a_setting_decides_between_two_replaces(new: str, answer: str, project: Project) -> None:
    """The error names the setting that decides; with it, both policies have what it names."""
    two_places(project)
    assert 'modules.replaces with "x.example/lib" = "x.example/fork@v1.5.0"' in project.refuse().fix
    wanted = {"x.example/lib": f"./{new}" if new == "lib" else new}
    assert project.answers(replaces=wanted) == {"a": answer, "b": answer}
    (told,) = discover(project.settings(replaces=wanted)).replaces
    assert told.origin == "modules.replaces"
    assert told.new == (str(project.root / "lib") if new == "lib" else new)


def test_a_replace_by_a_folder_that_is_none_names_the_setting(project: Project) -> None:
    """A setting that leads nowhere is named, as a go.mod would be."""
    project.policy("a", "x.example/lib v1.0.0")
    error = project.refuse(replaces={"x.example/lib": "./gone"})
    assert (error.what, error.where) == ("a replace leads to no module", "modules.replaces")


def test_a_replace_by_no_exact_version_is_refused(project: Project) -> None:
    """What would be another module tomorrow is refused in the settings."""
    project.policy("a", "x.example/lib v1.0.0")
    for version in ("latest", "main", "v1"):
        with pytest.raises(SettingsError, match="exact version") as caught:
            project.settings(replaces={"x.example/lib": f"x.example/fork@{version}"})
        assert "modules.replaces" in caught.value.what


def test_a_replace_by_a_bare_path_is_refused(project: Project) -> None:
    """Without a dot before it a path is that of a module, as in Go, also where there is such a folder: both ways are named."""
    project.write("lib2/go.mod", "module x.example/lib\n")
    with pytest.raises(SettingsError) as caught:
        project.settings(replaces={"x.example/lib": "lib2"})
    assert "want ./lib2 if that is a folder, or lib2@VERSION" in str(caught.value)


def test_a_policy_is_not_replaced(project: Project) -> None:
    """A setting cannot put another folder in the place of a policy's."""
    project.policy("a", "x.example/lib v1.0.0")
    assert project.refuse(replaces={"example.com/a": "x.example/fork@v1.5.0"}).exit_code == 2


# Which versions


def modules_of(project: Project, **settings: Any) -> dict[str, Any]:
    """
    The modules of the document, by path.
    """
    found = document(discover(project.settings(**settings)))
    return {each["path"]: each for each in found["modules"]}


def test_the_document_says_who_asked_for_which_version(project: Project) -> None:
    """Each module has its version, its sum, who requires it in which version, and what it is replaced by."""
    project.policy("a", "x.example/lib v1.0.0")
    project.policy("b", "x.example/needs v1.0.0")
    project.policy(
        "c",
        "x.example/lib/v2 v2.0.0",
        answer="lib.Version",
        mod="replace x.example/lib/v2 => x.example/lib/v2 v2.0.0\n",
    )
    found = modules_of(project)
    lib = found["x.example/lib"]
    assert lib["version"] == "v1.2.0"
    assert lib["sum"].startswith("h1:")
    assert lib["required_by"] == [
        {"module": "example.com/a", "version": "v1.0.0"},
        {"module": "x.example/needs", "version": "v1.2.0"},
    ]
    assert "replaced_by" not in lib
    assert found["x.example/lib/v2"]["replaced_by"] == "x.example/lib/v2@v2.0.0"
    assert found["example.com/a"]["staged"] == "policies/example.com-a"
    assert found["example.com/a"]["requires"] == [{"module": "x.example/lib", "version": "v1.0.0"}]


def test_a_policy_that_runs_with_a_higher_version_is_told(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """The story warns of a version that another module raised, and names that one; also when nothing has changed."""
    project.policy("a", "x.example/lib v1.0.0")
    project.policy("b", "x.example/needs v1.0.0")
    for _ in range(2):
        caplog.clear()
        with caplog.at_level("WARNING", logger="policy_tasks"):
            discover(project.settings())
        assert [record.getMessage() for record in caplog.records] == [
            "discover: example.com/a asks for x.example/lib v1.0.0 and runs with v1.2.0, which x.example/needs asks for"
        ]


def test_a_version_that_nobody_asks_for_names_who_holds_it(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """A pin, the lock, and a module that is only in the lock any more: each is named as what raises a version."""
    project.policy("a", "x.example/lib v1.0.0")
    told = "discover: example.com/a asks for x.example/lib v1.0.0 and runs with"

    def warned(**settings: Any) -> list[str]:
        caplog.clear()
        with caplog.at_level("WARNING", logger="policy_tasks"):
            discover(project.settings(**settings))
        return [record.getMessage() for record in caplog.records if record.getMessage().startswith(told)]

    assert warned(pins={"x.example/lib": "v1.1.0"}, update=True) == [f"{told} v1.1.0, which modules.pins holds"]
    assert warned(locked=True) == [f"{told} v1.1.0, which the lock holds"]
    assert warned(update=True) == []
    project.policy("b", "x.example/needs v1.0.0")
    assert warned(update=True) == [f"{told} v1.2.0, which x.example/needs asks for"]
    shutil.rmtree(project.root / "policies/b")
    assert warned() == [f"{told} v1.2.0, which x.example/needs, which only the lock holds, asks for"]
    assert warned(update=True) == []


def test_go_get_calls_what_is_imported_indirect(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """What the packages import counts, not the comment; a module that only its dependencies need is not told."""
    for name, code in {"a": 'import ("context"; "x.example/lib")', "c": 'import "context"'}.items():
        file = project.policy(
            name, answer="lib.Version" if name == "a" else '""', mod="require x.example/lib v1.0.0 // indirect\n"
        )
        file.write_text(re.sub(r"import \(.*?\)", code, file.read_text(), count=1, flags=re.DOTALL))
    project.policy("b", "x.example/lib v1.1.0")
    discover(project.settings())
    told = "discover: example.com/{} asks for x.example/lib v1.0.0 and runs with v1.1.0, which example.com/b asks for"
    assert told.format("a") in caplog.messages
    assert told.format("c") not in caplog.messages


def test_the_newest_version_is_warned_of(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """A module that is imported and that no go.mod requires is told, unless a pin or a lock holds its version."""
    file = project.policy("a", answer="lib.Version")
    file.write_text(file.read_text().replace('"context"', '"context"\n\t"x.example/lib"'))
    for settings in ({}, {}, {"pins": {"x.example/lib": "v1.1.0"}}, {"update": True}, {}):
        discover(project.settings(**settings))
    warned = [each for each in caplog.messages if "no go.mod requires" in each]
    assert len(warned) == 2
    assert "example.com/a imports x.example/lib" in warned[0]
    assert "taken, v1.2.0" in warned[0]
    assert "go mod tidy" in warned[0]


def test_a_pin_holds_a_version(project: Project) -> None:
    """A pin above what is asked for raises the version, and goes with the setting."""
    project.policy("a", "x.example/lib v1.0.0")
    assert project.answers(pins={"x.example/lib": "v1.1.0"}) == {"a": "v1.1.0"}
    assert modules_of(project, pins={"x.example/lib": "v1.1.0"})["x.example/lib"]["version"] == "v1.1.0"
    assert project.answers() == {"a": "v1.0.0"}


def test_a_pin_that_cannot_hold_names_who_forces_it_up(project: Project) -> None:
    """The module that requires more is named, with the way from a policy to it."""
    project.policy("a", "x.example/lib v1.0.0")
    project.policy("b", "x.example/needs v1.0.0")
    error = project.refuse(pins={"x.example/lib": "v1.1.0"})
    assert (error.exit_code, error.where) == (3, "modules.pins")
    assert error.why == "x.example/needs requires x.example/lib v1.2.0 which is required by example.com/b"
    assert "pin x.example/lib to v1.2.0" in error.fix


@pytest.mark.parametrize(
    ("path", "version", "code"),
    [
        ("x.example/lib", "v1.9.0", 5),
        ("x.example/gone", "v1.0.0", 5),
        ("example.com/a", "v1.0.0", 2),
        ("x.example/lib", "1", 2),
        ("x.example/lib", "latest", 2),
        ("lib", "v1.0.0", 2),
        ("-x.example", "v1.0.0", 2),
    ],
)
def test_a_pin_of_what_is_not_there_is_refused(path: str, version: str, code: int, project: Project) -> None:
    """A version or a module that nobody has, a policy's own module, and what is no version."""
    project.policy("a", "x.example/lib v1.0.0")
    with pytest.raises(PolicyTasksError) as caught:
        compile(project.settings(pins={path: version}))
    assert caught.value.exit_code == code
    assert path in str(caught.value)
    assert "modules.pins" in str(caught.value)


def test_a_pin_that_is_excluded_names_the_exclude(project: Project) -> None:
    """A version that the settings want and a go.mod excludes: both are named."""
    mod = "exclude (\n\tx.example/lib v1.0.5 // never was\n\tx.example/lib v1.1.0 // broken\n)\n"
    project.policy("a", "x.example/lib v1.0.0", mod=mod)
    error = project.refuse(pins={"x.example/lib": "v1.1.0"})
    assert (error.exit_code, error.where) == (3, f"modules.pins and {project.root}/policies/a/go.mod:8")
    assert "exclude" in error.fix


# What was built


def test_the_records_say_what_is_in_the_binary(project: Project) -> None:
    """Beside the binary are a manifest with its digest, and a valid CycloneDX bill with every module that is linked in."""
    project.policy("a", "x.example/needs v1.0.0")
    project.policy(
        "b",
        "x.example/lib/v2 v2.0.0",
        answer="lib.Version",
        mod="replace x.example/lib/v2 => x.example/lib/v2 v2.0.0\n",
    )
    project.write(
        "policies/b/go.mod", (project.root / "policies/b/go.mod").read_text() + "\nrequire x.example/fork v1.5.0\n"
    )
    binary = compile(project.settings())
    assert binary.manifest
    assert binary.sbom
    manifest = json.loads(binary.manifest.read_text())
    assert manifest["binary"]["sha256"] == hashlib.sha256(binary.path.read_bytes()).hexdigest() == binary.sha256
    assert manifest["sbom"]["sha256"] == hashlib.sha256(binary.sbom.read_bytes()).hexdigest()
    linked = ["example.com/a", "example.com/b", "x.example/lib", "x.example/lib/v2", "x.example/needs"]
    assert sorted(each["path"] for each in manifest["modules"]) == linked
    assert str(project.root) not in binary.manifest.read_text() + binary.sbom.read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(binary.sbom.read_text()) is None
    bill = json.loads(binary.sbom.read_text())
    components = {each["name"]: each for each in bill["components"]}
    assert sorted(components) == [*linked[:2], "std", *linked[2:]]
    needs, lib = components["x.example/needs"], components["x.example/lib"]
    assert needs["purl"] == "pkg:golang/x.example/needs@v1.0.0"
    assert len(needs["hashes"][0]["content"]) == 64
    edges = {each["ref"]: each.get("dependsOn", []) for each in bill["dependencies"]}
    assert edges["example.com/a"] == [needs["bom-ref"]]
    assert edges[needs["bom-ref"]] == [lib["bom-ref"]]


def test_records_are_made_when_they_change_and_not_otherwise(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit changes the manifest and leaves the bill; what is removed or changed by somebody is made again."""
    project.policy("a", "x.example/lib v1.0.0")
    first = compile(project.settings())
    assert first.manifest
    assert first.sbom
    before, bill = first.manifest.read_bytes(), first.sbom.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr("policy_tasks.toolchain.records.make_sbom", None)
        compile(project.settings())
        project.policy("a", "x.example/lib v1.0.0", answer='"edited" + lib.Version')
        edited = compile(project.settings())
    assert edited.manifest
    assert edited.manifest.read_bytes() != before
    first.sbom.write_text("{}")
    first.manifest.unlink()
    compile(project.settings())
    assert first.sbom.read_bytes() == bill
    assert first.manifest.is_file()


def test_a_binary_that_is_not_what_was_planned_is_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The build information of what Go made is held against the plan: version, sum, place, and nothing more or less."""
    project.policy("a", "x.example/lib v1.0.0")
    before = compile(project.settings())
    project.policy("a", "x.example/lib v1.0.0", answer='"edited" + lib.Version')
    real = Inspector.binary
    lies: list[tuple[Callable[[dict[str, Any]], object], str]] = [
        (lambda lib: lib.update(version="v1.1.0"), "module x.example/lib was taken from v1.1.0 h1:"),
        (
            lambda lib: lib.update(sum="h1:other"),
            "module x.example/lib was taken from v1.0.0 h1:other, not from v1.0.0 h1:",
        ),
        (lambda lib: lib.update(path="x.example/evil"), "module x.example/evil is in it, and nobody asked for it"),
    ]
    for lie, told in lies:

        def lying(inspector: Inspector, path: Path, lie: Callable[[dict[str, Any]], object] = lie) -> Any:
            found = real(inspector, path)
            (lib,) = (each for each in found["modules"] if each["path"] == "x.example/lib")
            lie(lib)
            return found

        with monkeypatch.context() as patched:
            patched.setattr(Inspector, "binary", lying)
            error = project.refuse()
        assert error.exit_code == 5
        assert told in error.why
        assert hashlib.sha256(before.path.read_bytes()).hexdigest() == before.sha256
