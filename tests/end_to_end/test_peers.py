"""
The test cases of other builders of Go plugins, replayed: k6foundry and xk6, gobusybox, the OpenTelemetry Collector's builder,
xcaddy, k6build and observIQ's builder. Where they and we differ, the test says what we do instead.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from policy_tasks import compile, discover, generate
from tests.end_to_end.module_project import Project, answering
from tests.module_proxy import ModuleProxy

pytestmark = pytest.mark.needs("go")

EXT = "go.k6.io/k6ext"


@pytest.fixture(scope="module", autouse=True)
def _published(proxy: ModuleProxy) -> None:
    """The modules of k6foundry's own proxy: an extension in two versions, its second major, one that asks for it."""
    for version in ("v0.1.0", "v0.2.0"):
        proxy.add(EXT, version, {"ext.go": answering("k6ext", f'"{version}"')}, mod="retract v0.0.1\n")
    proxy.add(f"{EXT}/v2", "v2.0.0", {"ext.go": answering("k6ext2", '"v2.0.0"')})
    proxy.add("go.k6.io/k6ext2", "v0.1.0", {"ext.go": answering("other", '"remote replace"')})
    proxy.add("private.example/ext", "v1.0.0", {"ext.go": answering("private", '"private"')})


def _local(project: Project) -> None:
    project.write("policies/local/go.mod", f"module {EXT}\n\ngo 1.21\n")
    project.write("policies/local/local.go", answering("k6ext", '"local"'))


# k6foundry's TestBuild: what is set up and asked for, and the answers or the exit code with a part of the error.
BUILDS: dict[
    str, tuple[list[str], Callable[[Project], object] | None, dict[str, str], dict[str, Any] | tuple[int, str]]
] = {
    "an extension in a version": ([f"{EXT}@v0.1.0"], None, {}, {"k6ext": "v0.1.0"}),
    "the latest": ([f"{EXT}@latest"], None, {}, {"k6ext": "v0.2.0"}),
    "a missing version": ([f"{EXT}@v0.9.0"], None, {}, (5, f"{EXT}@v0.9.0")),
    "a missing module": (["go.k6.io/none@v0.1.0"], None, {}, (5, "go.k6.io/none@v0.1.0")),
    "the second major": ([f"{EXT}/v2@v2.0.0"], None, {}, {"k6ext2": "v2.0.0"}),
    "a major that its path does not say": ([f"{EXT}@v2.0.0"], None, {}, (5, "v2.0.0")),
    "two majors": ([f"{EXT}@v0.1.0", f"{EXT}/v2@v2.0.0"], None, {}, {"k6ext": "v0.1.0", "k6ext2": "v2.0.0"}),
    "two versions": (
        [f"{EXT}@v0.1.0", f"{EXT}@v0.2.0"],
        None,
        {},
        {"k6ext@v0.1.0": "v0.1.0", "k6ext@v0.2.0": "v0.2.0"},
    ),
    "a folder in its place": (["policies", f"{EXT}@v0.1.0"], _local, {}, {"k6ext": "local"}),
    "a replace that leads nowhere": ([f"{EXT}@v0.1.0"], None, {"x.example/lib": "./none"}, (2, "there is no folder")),
    "a policy replaced by the settings": (
        [f"{EXT}@v0.1.0"],
        None,
        {EXT: "go.k6.io/k6ext2@v0.1.0"},
        (2, "is a policy module"),
    ),
    "a private module that the proxy has": (["private.example/ext@v1.0.0"], None, {}, {"private": "private"}),
}


@pytest.mark.parametrize("case", BUILDS)
def test_k6foundrys_builds(case: str, project: Project) -> None:
    """Versions, majors, replaces and what is missing, as in k6foundry's TestBuild."""
    policies, prepare, replaces, expected = BUILDS[case]
    if prepare:
        prepare(project)
    settings: dict[str, Any] = {"policies": policies, "replaces": replaces}
    if isinstance(expected, dict):
        assert project.answers(**settings) == expected
    else:
        error = project.refuse(**settings)
        assert error.exit_code == expected[0]
        assert expected[1] in str(error)


@pytest.mark.parametrize("core", ["", "/v2"])
@pytest.mark.parametrize("plugin", ["", "/v2"])
def test_k6foundrys_versioned_extensions(core: str, plugin: str, project: Project) -> None:
    """A core and an extension of one major are built; of two, k6foundry warns, and we refuse, naming the extension."""
    for major, version in (("", "v1.0.0"), ("/v2", "v2.0.0")):
        api = "package api\n\ntype Plugin interface{ Say() string }\n\nvar All []Plugin\n\nfunc Register(p Plugin) { All = append(All, p) }\n"
        place = project.proxy.place(f"k.example/api{major}")
        if not place.exists():
            project.proxy.add(f"k.example/api{major}", version, {"api.go": api})
    versions = {"": "v1.0.0", "/v2": "v2.0.0"}
    project.write("app/go.mod", f"module example.com/app\n\ngo 1.25\n\nrequire k.example/api{core} {versions[core]}\n")
    project.write("app/main.go", f'package main\n\nimport _ "k.example/api{core}"\n\nfunc main() {{}}\n')
    requires = f"require k.example/api{plugin} {versions[plugin]}\n"
    project.write("policies/p/go.mod", f"module example.com/p\n\ngo 1.21\n\n{requires}")
    project.write(
        "policies/p/p.go",
        f'package p\n\nimport _ "k.example/api{plugin}"\n\ntype P struct{{}}\n\nfunc (P) Say() string {{ return "p" }}\n',
    )
    settings = {"main": "app", "interface": f"k.example/api{core}.Plugin", "register": f"k.example/api{core}.Register"}
    if core == plugin:
        compile(project.settings(**settings))
    else:
        error = project.refuse(**settings)
        assert (error.exit_code, error.what) == (3, "there are two majors of k.example/api")
        assert f"example.com/p requires k.example/api{plugin}" in error.why


@pytest.mark.parametrize(
    "module", ["example.com/p_test", "example.com/p_windows", "corp_policy_linux_arm64", "example.com/p.go"]
)
def test_no_module_is_left_out_for_its_name(module: str, project: Project) -> None:
    """xk6 names a generated file after the module: one that ends in _test or _windows is not compiled, and nobody says so."""
    project.write("policies/p/go.mod", f"module {module}\n\ngo 1.21\n")
    project.write("policies/p/p.go", answering("p", '"here"'))
    assert project.answers() == {"p": "here"}


# gobusybox's test/: embedded files and nested modules are in test_modules.py, as is the diamond.


def test_gobusyboxs_implicit_import(project: Project) -> None:
    """A module that a policy imports only by way of another, and that no go.mod of a policy names."""
    project.policy("a", "x.example/needs v1.0.0")
    assert project.answers() == {"a": "needs v1.2.0"}


def test_gobusyboxs_import_name_conflicts(project: Project) -> None:
    """Packages of one name, and packages named like what they import, are told apart."""
    for folder in ("one", "two", "three"):
        project.write(
            f"policies/{folder}/go.mod", f"module example.com/{folder}\n\ngo 1.21\n\nrequire x.example/lib v1.0.0\n"
        )
        code = answering("lib", f'"{folder} " + other.Version').replace(
            '"context"', '"context"\n\n\tother "x.example/lib"'
        )
        project.write(f"policies/{folder}/lib/lib.go", code.replace('return "lib"', f'return "{folder}"'))
    assert project.answers() == {name: f"{name} v1.0.0" for name in ("one", "two", "three")}


@pytest.mark.parametrize("where", ["policy replaces", "another policy asks for a version", "both"])
def test_gobusyboxs_local_and_remote_copy_of_a_module(where: str, project: Project) -> None:
    """A module that is there as a folder and asked for in a version is the folder for all, without a strict mode."""
    project.write("lib/go.mod", "module x.example/lib\n")
    project.write("lib/lib.go", 'package lib\n\nconst Version = "local"\n')
    replace = "replace x.example/lib => ../../lib\n"
    project.policy("a", "x.example/lib v1.0.0", mod=replace)
    if where != "policy replaces":
        project.policy("b", "x.example/lib v1.2.0", mod=replace if where == "both" else "")
    assert set(project.answers().values()) == {"local"}


def test_gobusyboxs_binaries_are_identical(project: Project) -> None:
    """Two builds in two folders, with dependencies and a helper beside the policies, are the same to the byte."""
    project.write("lib/go.mod", "module x.example/lib\n")
    project.write("lib/lib.go", 'package lib\n\nconst Version = "local"\n')
    project.policy("a", "x.example/lib v1.0.0", mod="replace x.example/lib => ../../lib\n")
    project.policy("b", "x.example/lib/v2 v2.0.0", answer="lib.Version")
    one = compile(project.settings())
    elsewhere = Project(project.root / "elsewhere", project.proxy)
    for name in ("lib", "policies"):
        shutil.copytree(project.root / name, elsewhere.root / name)
    assert compile(elsewhere.settings()).sha256 == one.sha256


# The OpenTelemetry Collector's builder


def test_ocbs_aliases(project: Project) -> None:
    """Fourteen components, most with one last path element, get names of their own (TestAliases)."""
    for number in range(14):
        path = f"example.com/{'abcdefghijklmn'[number]}/component{'' if number % 3 else '/v2'}"
        project.write(f"policies/{number}/go.mod", f"module {path}\n\ngo 1.21\n")
        code = answering("component", str(number)).replace('return "component"', f'return "n{number}"')
        project.write(f"policies/{number}/component.go", code)
    assert project.answers() == {f"n{number}": number for number in range(14)}


def test_ocbs_go_mod_is_not_touched(project: Project) -> None:
    """A second run generates nothing anew and asks nothing of the network (TestSkipGetModules, without a flag for it)."""
    project.policy("a", "x.example/lib v1.0.0")
    folder = generate(project.settings()).directory
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir() if path.is_file()}
    generate(project.settings(offline=True))
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir() if path.is_file()} == before


@pytest.mark.parametrize(("pin", "expected"), [("v1.2.0", "v1.2.0"), ("v1.0.0", None)])
def test_ocbs_strict_versioning(pin: str, expected: str | None, project: Project) -> None:
    """A version that is asked for strictly is had or is an error, and never a quiet other one (TestVersioning)."""
    project.policy("a", "x.example/lib v1.0.0")
    project.policy("b", "x.example/lib v1.1.0")
    if expected:
        assert project.answers(pins={"x.example/lib": pin}) == {"a": expected, "b": expected}
    else:
        assert "example.com/b requires x.example/lib v1.1.0" in project.refuse(pins={"x.example/lib": pin}).why


@pytest.mark.parametrize("version", ["v1.0.0", "v1.1.0"])
def test_ocbs_replace_of_a_version_that_is_not_chosen(version: str, project: Project) -> None:
    """A replace of one version counts where that is chosen; where another is, the build has that, and its modules[] say so."""
    mod = f"replace x.example/lib {version} => x.example/fork v1.5.0\n"
    project.policy("a", "x.example/lib v1.1.0", mod=mod)
    assert project.answers() == {"a": "fork" if version == "v1.1.0" else "v1.1.0"}
    found = {each.path: each for each in discover(project.settings()).modules}["x.example/lib"]
    assert found.replaced_by == ("x.example/fork@v1.5.0" if version == "v1.1.0" else None)


# The others


def test_xcaddys_surroundings(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A go.work above, and GOFLAGS that ask for a vendor folder, change nothing."""
    project.policy("a", "x.example/lib v1.0.0")
    project.write("go.work", "go 1.21\n\nuse ./policies/a\n")
    monkeypatch.setenv("GOFLAGS", "-mod=vendor -tags=x")
    assert project.answers() == {"a": "v1.0.0"}


def test_k6builds_idempotent_build(project: Project) -> None:
    """The same policies named in another order are the same engine; another platform is another one."""
    project.policy("a", "x.example/lib v1.0.0")
    (project.root / "policies/a").rename(project.root / "one")
    project.policy("b", "x.example/lib v1.0.0")
    (project.root / "policies/b").rename(project.root / "two")
    first = compile(project.settings(policies=["one", "two"])).sha256
    assert compile(project.settings(policies=["two", "one"])).sha256 == first
    assert compile(project.settings(policies=["one", "two"], platform="linux/arm64")).sha256 != first


def test_observiqs_local_modules(project: Project) -> None:
    """Two helpers whose folders have one name, a folder that is missing, and one that has changed since the last build."""
    for name in ("a", "b"):
        project.write(f"{name}/helper/go.mod", f"module h.example/{name}\n")
        project.write(f"{name}/helper/h.go", f'package {name}h\n\nconst Version = "{name}"\n')
        mod = f"require h.example/{name} v0.0.0\n\nreplace h.example/{name} => ../../{name}/helper\n"
        project.policy(f"p{name}", answer=f"{name}h.Version", mod=mod)
        code = project.root / f"policies/p{name}/p{name}.go"
        code.write_text(code.read_text().replace('"context"', f'"context"\n\n\t{name}h "h.example/{name}"'))
    assert project.answers() == {"pa": "a", "pb": "b"}
    project.write("a/helper/h.go", 'package ah\n\nconst Version = "edited"\n')
    (project.root / "a/helper/old.go").write_text("package ah\n")
    assert project.answers() == {"pa": "edited", "pb": "b"}
    shutil.rmtree(project.root / "a/helper")
    assert "there is no folder" in project.refuse().why


def test_nothing_of_an_old_go_is_set_in_the_binary(project: Project) -> None:
    """A policy with an old go line does not give the engine the settings of that old release."""
    told = []
    for line in ("1.26", "1.18"):
        project.policy("a", "x.example/lib v1.0.0", go=line)
        command = ["go", "version", "-m", str(compile(project.settings()).path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        told.append(re.findall("DefaultGODEBUG=.*", done.stdout))  # some, where Go is newer than the core's own line
    assert told[0] == told[1]
