"""
Broken and hostile policy folders: each is refused with an error that helps, or built as what it is, and nothing in it runs.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from policy_tasks import Settings, compile, discover, load_settings
from policy_tasks.errors import PolicyTasksError
from policy_tasks.model import Binary, PolicySet
from policy_tasks.toolchain import go_core
from tests.conftest import run_console, write_policy

pytestmark = pytest.mark.needs("go")

CORE = go_core.MODULE
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
Files = Mapping[str, str | bytes]


def source(package: str = "a", *, name: str = "", imports: str = "", extra: str = "") -> str:
    """
    A policy, whose line 5 declares the type; `extra` begins on line 12.
    """
    return f"""package {package}

import "context"
{imports and "import " + imports}
type Policy struct{{}}

func (*Policy) Name() string {{ return "{name or package}" }}

func (*Policy) Execute(ctx context.Context, input any) (any, error) {{ return nil, nil }}

func (*Policy) Validate() error {{ return nil }}
{extra}"""


def mod(path: str, extra: str = "", go: str = "1.21") -> str:
    """
    A go.mod.
    """
    return f"module {path}\n\ngo {go}\n{extra}"


def one(module: str = "example.com/a", code: str = source(), **files: str | bytes) -> dict[str, str | bytes]:
    """
    A single module in the folder `a`.
    """
    return {"a/go.mod": mod(module), "a/a.go": code, **files}


def helper(replace: str, *, folder: str = "_h", path: str = "example.com/h") -> Files:
    """
    A module in the folder `a` that imports `example.com/h`, replaced so, and a module that may be it.
    """
    return {
        "a/go.mod": mod("example.com/a", f"require example.com/h v0.0.0\nreplace example.com/h => {replace}\n"),
        "a/a.go": source(imports='_ "example.com/h"'),
        f"{folder}/go.mod": mod(path),
        f"{folder}/h.go": "package h\n",
    }


def two(**second: str) -> Files:
    """
    Two modules with a policy each, of which the second is written in these words.
    """
    return {**one(), "b/go.mod": mod(second.get("path", "example.com/b")), "b/b.go": second.get("code", source("b"))}


def lay_out(folder: Path, files: Files) -> Path:
    """
    Write the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


@dataclass(frozen=True, kw_only=True)
class Build:
    """
    A build directory that holds the binary of a sound policy, and is used again and again, as a user's is.
    """

    directory: Path

    def settings(self, policies: Path, **more: object) -> Settings:
        """The settings for a run in it."""
        return load_settings(policies.parent, build_dir=self.directory, policies=[policies], **more)

    def refuse(self, policies: Path, **more: object) -> PolicyTasksError:
        """Run, and return the error. The previous binary is as it was."""
        before = self.sha256()
        with pytest.raises(PolicyTasksError) as caught:
            compile(self.settings(policies, **more))
        for problem in caught.value.problems:
            assert problem.what
            assert problem.where
            assert problem.why
            assert problem.fix
            shown = f"{problem.what} {problem.where} {problem.why}"
            assert f"{self.directory}/policies" not in shown, "the user knows nothing of the staged copy"
        assert self.sha256() == before
        return caught.value

    def sha256(self) -> str:
        """The digest of its binary."""
        (binary,) = self.directory.glob("bin/*/policy-engine")
        return hashlib.sha256(binary.read_bytes()).hexdigest()

    def discover(self, policies: Path, **more: object) -> PolicySet:
        """Run, and return what was found."""
        return discover(self.settings(policies, **more))


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The build directory of the module."""
    root = tmp_path_factory.mktemp("sound")
    write_policy(root / "policies" / "sound", "example.com/sound")
    compile(load_settings(root, build_dir=root / "build", policies=[root / "policies"]))
    return Build(directory=root / "build")


# What is refused: the files, the exit code, and what the error says: (what, where, why), each a part of it, with the
# policies' folder for `~`. Where a fault is in a file, its line and column.
COMPILE = "does not compile"
LOAD = "cannot be loaded"
NAME = "a file's name cannot be used"
NONE = "there are no policies"
TAKEN = "is taken"
UNUSABLE = "cannot be used"
PARSE = "a go.mod does not parse"
REFUSED: dict[str, tuple[Files, int, tuple[str, str, str]]] = {
    "no module": ({}, 3, (NONE, "~", "is empty")),
    "no go.mod": (
        {"a/a.go": source()},
        3,
        (f"{NONE}: these files are in no module", "~/a/a.go:1", "~/a holds Go files but belongs to no module"),
    ),
    "go.mod is a folder": ({"a/go.mod/x": "", "a/a.go": source()}, 3, (NONE, "~", "it has no go.mod")),
    "type error": (one(code=source(extra='var x int = "s"\n')), 3, (COMPILE, "~/a/a.go:12:13", "cannot use")),
    "type error below": (
        {"a/go.mod": mod("example.com/a"), "a/b/c/c.go": source("c", extra='var x int = "s"\n')},
        3,
        ("example.com/a/b/c does not compile", "~/a/b/c/c.go:12:13", "cannot use"),
    ),
    "type error in an import": (
        one(code=source(imports='_ "example.com/a/b"'), **{"a/b/b.go": "package b\n\nvar x int = true\n"}),
        3,
        ("example.com/a/b does not compile", "~/a/b/b.go:3:13", "cannot use"),
    ),
    "words of the network": (
        one(code=source(extra='var x int = "no such host"\n')),
        3,
        (COMPILE, "~/a/a.go:12", "no such"),
    ),
    "syntax error": (one(code=source(extra="func (\n")), 3, (COMPILE, "~/a/a.go:13:1", "")),
    "no Go": (one(code="hello\n"), 3, (COMPILE, "~/a/a.go:1:1", "expected 'package'")),
    "empty file": (one(code=""), 3, (COMPILE, "~/a/a.go:1:1", "expected 'package'")),
    "zero byte": (one(code="package a\n\0"), 3, ("example.com/a", "~/a", "NUL")),
    "larger than memory": (one(code=source(extra="var X [1<<50]byte\n")), 3, (COMPILE, "~/a/a.go:12:5", "larger")),
    "no function body": (one(code=source(extra="func f()\n")), 3, (COMPILE, "~/a/a.go:12:6", "missing function body")),
    "two packages in a folder": (one(**{"a/b.go": "package b\n"}), 3, (LOAD, "~/a", "found packages a")),
    "missing import": (one(code=source(imports='_ "fmt/none"')), 3, (LOAD, "~/a/a.go:4:8", "fmt/none")),
    "the core's program as import": (one(code=source(imports=f'_ "{CORE}"')), 3, (LOAD, "~/a", CORE)),
    "embedding from above": (
        one(code=source(imports='_ "embed"', extra="//go:embed ../secret\nvar s string\n"), secret="x"),
        3,
        (LOAD, "~/a/a.go:12:12", "invalid pattern"),
    ),
    "unknown directive": (one(**{"a/go.mod": "modul x\n"}), 3, (PARSE, "~/a/go.mod:1", "unknown directive: modul")),
    "no module line": (one(**{"a/go.mod": "go 1.21\n"}), 3, (PARSE, "~/a/go.mod", "no module line")),
    "empty go.mod": (one(**{"a/go.mod": ""}), 3, (PARSE, "~/a/go.mod", "no module line")),
    "BOM in go.mod": (one(**{"a/go.mod": "\ufeff" + mod("example.com/a")}), 3, (PARSE, "~/a/go.mod:1", "ufeff")),
    "escape in go.mod": (one(**{"a/go.mod": "module a.b/a\n\x1b[31m x\n"}), 3, (PARSE, "~/a/go.mod:2", "\\x1b")),
    "space in path": (one(**{"a/go.mod": 'module "a.b/a b"\n'}), 3, ("brought together", "~/a/go.mod", "invalid char")),
    "path upwards": (one("../a"), 3, ("brought together", "~/a/go.mod", '".."')),
    "path like a flag": (one("-x"), 3, ("brought together", "~/a/go.mod", "leading dash")),
    "path with a version": (one("example.com/a@v1.0.0"), 3, ("cannot be imported", "~/a", "@")),
    "path with vendor": (one("example.com/vendor/a"), 3, (UNUSABLE, "~/a/go.mod", "vendor")),
    "assembly that includes a file elsewhere": (
        one(**{"a/a.s": '#include "textflag.h"\n#include "b/in.h"\n#include "/etc/passwd"\n', "a/b/in.h": ""}),
        3,
        ("includes a file of this machine", "~/a/a.s", "/etc/passwd"),
    ),
    "assembly that includes a file above": (
        one(
            **{"a/b/b.go": "package b\n", "a/b/b.s": '/* */ # include "../../c.h"\n#include "../in.h"\n', "a/in.h": ""}
        ),
        3,
        ("includes a file of this machine", "~/a/b/b.s", "../../c.h"),
    ),
    "path that says v1": (one("example.com/a/v1"), 3, (UNUSABLE, "~/a/go.mod", "v2")),
    "newer Go": (one(**{"a/go.mod": mod("example.com/a", go="1.99")}), 3, ("newer Go", "~/a/go.mod", "go 1.99")),
    "a method is missing": (
        one(code=source().replace("func (*Policy) Validate() error { return nil }", "")),
        3,
        ("example.com/a.Policy is not a policy", "~/a/a.go:5", "Validate"),
    ),
    "one path twice": (two(path="example.com/a"), 3, ("two modules", "~/a/go.mod and ~/b/go.mod", "one module")),
    "paths that differ in case": (
        two(path="example.com/A"),
        3,
        ("example.com/A and example.com/a differ only in upper and lower case", "~/b and ~/a", "into one binary"),
    ),
    "two packages in a folder, one in all.go": (
        one(**{"a/two/a.go": "package b\n", "a/two/all.go": "package c\n"}),
        3,
        (LOAD, "~/a/two", "found packages b (a.go) and c (all.go)"),
    ),
    "one name twice": (
        two(code=source("b", name="a")),
        3,
        ("two policies have the name 'a'", "~/a/a.go:5 and ~/b/b.go:5", "example.com/a.Policy and in example.com/b"),
    ),
    "empty name": (one(code=source(name="x").replace('"x"', '""')), 3, ("no name", "~/a/a.go:5", "is empty")),
    "long name": (
        one(code=source(name="x" * 129)),
        3,
        ("no name", "~/a/a.go:5", "129 bytes long, over the limit of 128"),
    ),
    "control character in a name": (one(code=source(name="a\\x1bb")), 3, ("no name", "~/a/a.go:5", "a\\x1bb")),
    "name that is not UTF-8": (one(code=source(name="a\\xff")), 3, ("no name", "~/a/a.go:5", "not valid UTF-8")),
    "blank name": (one(code=source(name=" ")), 3, ("no name", "~/a/a.go:5", "white space")),
    "import cycle": (
        {**two(code=source("b", imports='_ "example.com/a"')), "a/a.go": source(imports='_ "example.com/b"')},
        3,
        ("cycle", "~/a/a.go:4", "example.com/a -> example.com/b -> example.com/a"),
    ),
    "imports itself": (one(code=source(imports='_ "example.com/a"')), 3, ("cycle", "~/a/a.go:4", "-> example.com/a")),
    "the core's path": (one(CORE), 3, (TAKEN, "~/a/go.mod", CORE)),
    "below the core's path": (one(f"{CORE}/engine"), 3, (TAKEN, "~/a/go.mod", CORE)),
    "above the core's path": (one(CORE.rpartition("/")[0]), 3, (TAKEN, "~/a/go.mod", CORE)),
    **{
        f"path {path}": (one(path), 3, (TAKEN, "~/a/go.mod", "standard library"))
        for path in ("fmt", "sort", "net/http")
    },
    **{
        f"path {path}": (one(path), 3, (UNUSABLE, "~/a/go.mod", "to Go")) for path in ("all", "std", "main", "cmd", "C")
    },
    "package main": (one(code=source("main")), 3, (NONE, "~", "package main")),
    "below internal": ({"a/go.mod": mod("a.b/a"), "a/internal/a.go": source()}, 3, (NONE, "~", "internal")),
    "only tests": ({"a/go.mod": mod("a.b/a"), "a/a_test.go": source()}, 3, (NONE, "~", "a_test.go")),
    "another system": ({"a/go.mod": mod("a.b/a"), "a/a_windows.go": source()}, 3, (NONE, "~", "a_windows.go")),
    "cgo": (one(code=source(imports='"C"')), 3, (NONE, "~", 'imports "C", and cgo is not available')),
    "assembly that does not assemble": (one(**{"a/a.s": "nonsense\n"}), 3, (COMPILE, "~/a", "")),
    "an object for the system's linker": (
        {**one(), "a/a.syso": b"INPUT(/etc/hostname)\n"},
        3,
        ("do not compile together", "", "link"),
    ),
    "a library of the system": (
        one(**{"a/d.go": 'package a\n\n//go:cgo_import_dynamic _ _ "libc.so.6"\n'}),
        5,
        ("the binary is not what was asked for", "", "it is not static: it needs"),
    ),
    "a symbol that is nowhere": (
        one(
            **{
                "a/d.go": 'package a\n\nimport _ "unsafe"\n\n//go:linkname f no.f\nfunc f()\n\nfunc init() { f() }\n',
                "a/d.s": "",
            }
        ),
        3,
        ("do not compile together", "", "no.f not defined"),
    ),
    "a foreign line": (
        one(code=source(extra='//line /etc/passwd:7\nvar x int = ""\n')),
        3,
        (COMPILE, "~/a/a.go:13", ""),
    ),
    "a replace that leads nowhere": (helper("../none"), 3, ("leads to no module", "~/a/go.mod", "~/none")),
    "a replace by a folder that is no module": (helper("/etc"), 3, ("leads to no module", "~/a/go.mod", "/etc has no")),
    "a replace by the whole disk": (helper("/"), 3, ("leads to no module", "~/a/go.mod", "no go.mod")),
    "two replaces": (
        {
            **helper("../_h"),
            "b/go.mod": mod("example.com/b", "require example.com/h v0.0.0\nreplace example.com/h => ../_i\n"),
            "b/b.go": source("b", imports='_ "example.com/h"'),
            "_i/go.mod": mod("example.com/h"),
        },
        3,
        ("taken from two places", "~/a/go.mod:5 and ~/b/go.mod:5", "the first means ~/_h, the second ~/_i"),
    ),
    **{
        f"file {name!r}": (one(**{f"a/{name}": "package a\n"}), 3, (NAME, "~/a", repr(name)))
        for name in ("x\ny.go", "x\ty.go", "x\\y.go", "\x1b[31mx.go", "x\u202ey.go")
    },
    **{f"file {name}": (one(**{f"a/{name}": "package a\n"}), 3, (LOAD, "~/a", name)) for name in ("-x.go", "$(id).go")},
    **{
        f"folder {name}": ({"a/go.mod": mod("example.com/a"), f"a/{name}/a.go": source()}, 3, (name, "~/a", ""))
        for name in ("x...y", "x@v")
    },
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_broken_is_refused_with_its_place_and_the_binary_stays(case: str, tmp_path: Path, build: Build) -> None:
    """Each broken folder gives what, where, why and fix, in the user's own paths, and its exit code."""
    files, code, told = REFUSED[case]
    policies = lay_out(tmp_path / "policies", files)
    error = build.refuse(policies)
    assert error.exit_code == code
    for part, text in zip(told, (error.what, error.where, error.why), strict=True):
        assert part.replace("~/", f"{policies}/").replace("~", str(policies)) in text


# What helps, in an error that has no other problem.
FIXES: dict[str, tuple[Files, str]] = {
    "package main": (one(code=source("main")), "move it to a package of its own"),
    "cgo": (one(code=source(imports='"C"')), "do without cgo: the binary is static"),
    "unexported": (one(code=source().replace("Policy", "policy")), "rename it to Policy"),
    "a method is missing": (
        one(code=source().replace("Validate", "Check")),
        "a policy is an exported type with Name()",
    ),
    "no module": ({"a/a.go": source()}, "run `go mod init example.com/a` there"),
    "no version of the language": (
        one(code=source(extra="var x, y any\n"), **{"a/go.mod": "module example.com/a\n"}),
        "` into ~/a/go.mod",
    ),
}


@pytest.mark.parametrize("case", FIXES)
def test_the_fix_is_one_for_that_fault(case: str, tmp_path: Path, build: Build) -> None:
    """Where the methods are right, nobody is told what methods a policy has; a go.mod is told once of all that it brings about."""
    files, fix = FIXES[case]
    policies = lay_out(tmp_path / "policies", files)
    (problem,) = build.refuse(policies).problems
    assert fix.replace("~", str(policies)) in problem.fix
    assert ("a policy is" in fix) == ("a policy is" in problem.fix)


ODD_PACKAGES = ("init", "Policy", "RegisterPolicy", "context", "engine", "p0", "string", "nil")
ODD_NAMES = (
    'x"y',
    "x'y",
    "x y",
    "x...y",
    "üß",
    "a~1",
    "x*y",
    "x:y",
    "x@v",
    "x=>y",
    "x;y",
    "x`y",
    "x%y",
    "x//y".replace("/", "|"),
)
ODD_FOLDERS = ('x"y', "x y", "x...y", "-x", "ü", "$(id)", "CON", "x=>y", "internal", "x`y")
# What is accepted: the files, and the packages that hold the policies.
ACCEPTED: dict[str, tuple[Files, list[str]]] = {
    "a module at the root": ({"go.mod": mod("example.com/a"), "a.go": source()}, ["example.com/a"]),
    "a path without a domain": (one("policy1"), ["policy1"]),
    "a major version": (one("example.com/a/v2"), ["example.com/a/v2"]),
    "a major version as gopkg.in has it": (one("gopkg.in/a.v1"), ["gopkg.in/a.v1"]),
    "an odd path": (one("example.com/a~b/C+d-e_f.g"), ["example.com/a~b/C+d-e_f.g"]),
    "a quoted path": (one(**{"a/go.mod": 'module "example.com/a"\n\ngo 1.21\n'}), ["example.com/a"]),
    "CRLF": (
        {"a/go.mod": mod("example.com/a").replace("\n", "\r\n"), "a/a.go": source().replace("\n", "\r\n")},
        ["example.com/a"],
    ),
    "BOM in a source": (one(code="\ufeff" + source()), ["example.com/a"]),
    "a toolchain line": (one(**{"a/go.mod": mod("example.com/a", "toolchain go1.99.0\n")}), ["example.com/a"]),
    "directives that are the main module's": (
        one(**{"a/go.mod": mod("example.com/a", "retract v1.0.0\nexclude a.b/c v1.0.0\ntool a.b/c\n", "1.24")}),
        ["example.com/a"],
    ),
    "a folder that go.mod ignores": (
        one(**{"a/go.mod": mod("example.com/a", "ignore ./x\n", "1.25"), "a/x/x.go": source("x")}),
        ["example.com/a"],
    ),
    "a nested module": (
        one(**{"a/b/go.mod": mod("example.com/a/b"), "a/b/b.go": source("b")}),
        ["example.com/a", "example.com/a/b"],
    ),
    "what Go ignores": (
        one(**{f"a/{name}/x.go": "broken" for name in ("testdata", "_x", ".x")})
        | {f"a/{name}": "broken" for name in ("_x.go", ".x.go")}
        | {f"{name}/go.mod": "broken" for name in ("testdata", "_x", ".x", "a/testdata/m", "vendor", "a/vendor/m")},
        ["example.com/a"],
    ),
    "a workspace": (
        one(**{"go.work": "broken", "a/go.work": "go 1.21\n\nuse /nowhere\n", "a/go.work.sum": "broken"}),
        ["example.com/a"],
    ),
    "a broken go.sum": (one(**{"a/go.sum": "\x1b[31mbroken\n"}), ["example.com/a"]),
    "modules that require each other": (
        {
            "a/go.mod": mod("example.com/a", "require example.com/b v0.0.0\n"),
            "a/a.go": source(imports='_ "example.com/b/x"'),
            "a/x/x.go": "package x\n",
            "b/go.mod": mod("example.com/b", "require example.com/a v0.0.0\n"),
            "b/b.go": source("b", imports='_ "example.com/a/x"'),
            "b/x/x.go": "package x\n",
        },
        ["example.com/a", "example.com/b"],
    ),
    "a helper that is a policy module too": (helper("../h", folder="h"), ["example.com/a"]),
    "a helper": (helper("../_h"), ["example.com/a"]),
    "a helper under another path": (helper("../_h", path="example.com/fork"), ["example.com/a"]),
    "a helper outside the policies": (helper("../../h", folder="../h"), ["example.com/a"]),
    "a helper's helper": (
        {
            **helper("../_h"),
            "_h/go.mod": mod("example.com/h", "require example.com/i v0.0.0\nreplace example.com/i => ../_i\n"),
            "_h/h.go": 'package h\n\nimport _ "example.com/i"\n',
            "_i/go.mod": mod("example.com/i"),
            "_i/i.go": "package i\n",
        },
        ["example.com/a"],
    ),
    "a helper that holds all": (
        {**helper("../.."), "../go.mod": mod("example.com/h"), "../h.go": "package h\n"},
        ["example.com/a"],
    ),
    "a replace of the core": (
        {**helper("../_h"), "a/go.mod": mod("example.com/a", f"replace {CORE} => ../_h\n"), "a/a.go": source()},
        ["example.com/a"],
    ),
    "cgo beside it": (one(**{"a/c.go": 'package a\n\nimport "C"\n\nvar x int = "s"\n'}), ["example.com/a"]),
    "embedded files": (
        one(code=source(imports='_ "embed"', extra="//go:embed data\nvar s string\n"), **{"a/data": "x"}),
        ["example.com/a"],
    ),
    "packages named otherwise than their folders, as something of the core's": (
        {"a/go.mod": mod("example.com/a")}
        | {f"a/{number}/a.go": source(name, name=str(number)) for number, name in enumerate(ODD_PACKAGES)},
        [f"example.com/a/{number}" for number in range(len(ODD_PACKAGES))],
    ),
    "odd names of files": (one(**{f"a/{name}.go": "package a\n" for name in ODD_NAMES}), ["example.com/a"]),
    "odd names of modules' folders": (
        {f"{name}/go.mod": mod(f"example.com/{number}") for number, name in enumerate(ODD_FOLDERS)}
        | {f"{name}/a.go": source(name=str(number)) for number, name in enumerate(ODD_FOLDERS)},
        [f"example.com/{number}" for number in range(len(ODD_FOLDERS))],
    ),
}


def test_folders_that_no_import_can_name(tmp_path: Path, build: Build) -> None:
    """Packages in such folders are all told at once, each with its path."""
    names = ('x"y', "x y", "-x", "ü", "$(id)", "a~1", "CON", "x*y", "x:y", "x=>y")
    files = {"a/go.mod": mod("example.com/a"), **{f"a/{name}/a.go": source() for name in names}}
    error = build.refuse(lay_out(tmp_path / "policies", files))
    assert error.exit_code == 3
    assert {problem.what for problem in error.problems} == {
        f"policy package example.com/a/{name} cannot be loaded" for name in names
    }
    assert {problem.where for problem in error.problems} == {f"{tmp_path}/policies/a/{name}" for name in names}
    assert all(str(tmp_path / "policies" / "a") in problem.where for problem in error.problems)


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_is_merely_odd_is_built(case: str, tmp_path: Path) -> None:
    """Each odd folder is found and compiled as what it is."""
    files, packages = ACCEPTED[case]
    policies = lay_out(tmp_path / "policies", files)
    settings = load_settings(tmp_path, build_dir=_SHARED / "build", policies=[policies])
    assert [policy.package for policy in discover(settings).policies] == packages
    assert isinstance(compile(settings), Binary)


@pytest.fixture(autouse=True, scope="module")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> None:
    global _SHARED  # noqa: PLW0603 - one build directory for all that compiles, so that the inspector is compiled once
    _SHARED = tmp_path_factory.mktemp("shared")


_SHARED = Path()


def _link(to: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(to)


def _socket(path: Path) -> None:
    os.chdir(path.parent)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)


def _device(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("making a device takes root")
    os.mknod(path, 0o020666, os.makedev(1, 5))


# What is no file: where it is, how it is made.
NO_FILES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "a link to itself": ("a/x", _link("x")),
    "a link to the folder around it": ("a/x", _link("..")),
    "a link to a source": ("a/x.go", _link("/etc/passwd")),
    "a link to a data file": ("a/x.txt", _link("/etc/passwd")),
    "a link for a go.mod": ("b/go.mod", _link("../a/go.mod")),
    "a link to a folder": ("b", _link("a")),
    "a link to nothing": ("b", _link("nowhere")),
    "a FIFO for a source": ("a/x.go", os.mkfifo),
    "a FIFO for a test": ("a/x_test.go", os.mkfifo),
    "a FIFO for a go.mod": ("b/go.mod", os.mkfifo),
    "a FIFO for data": ("a/data.txt", os.mkfifo),
    "a FIFO outside any module": ("data.txt", os.mkfifo),
    "a socket": ("a/x.go", _socket),
    "a device": ("a/x.go", _device),
}


@pytest.mark.parametrize("case", NO_FILES)
def test_only_files_are_taken(case: str, tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links, FIFOs, sockets and devices are refused by name, without a wait and without a look behind them."""
    monkeypatch.chdir(tmp_path)
    name, make = NO_FILES[case]
    policies = lay_out(tmp_path / "policies", one())
    (policies / name).parent.mkdir(exist_ok=True)
    make(policies / name)
    error = build.refuse(policies)
    assert (error.exit_code, error.where) == (3, str(policies / name))
    assert "link" in error.what or "not a file" in error.what


def test_a_name_that_is_not_utf_8_is_refused(tmp_path: Path, build: Build) -> None:
    """Go could not name such a file in an import, and no JSON document could hold it."""
    policies = lay_out(tmp_path / "policies", one())
    Path(os.fsdecode(os.fsencode(policies) + b"/a/\xff.go")).write_text("package a\n")
    assert "'\\udcff.go'" in build.refuse(policies).why


def test_limits(tmp_path: Path, build: Build) -> None:
    """Too many files, too many bytes (a sparse file of a terabyte) and too many folders are named before they are read."""
    policies = lay_out(tmp_path / "policies", one(**{f"a/{number}.txt": "" for number in range(9)}))
    error = build.refuse(policies, max_files=10)
    assert error.where == str(policies / "a" / "go.mod")
    assert "max_files" in error.fix
    with (policies / "a" / "large").open("wb") as file:
        file.truncate(1 << 40)
    error = build.refuse(policies)
    assert error.where == str(policies / "a" / "large")
    assert "max_bytes" in error.fix
    (policies / "a" / "large").unlink()
    deep = policies.joinpath(*["d"] * 110)
    deep.mkdir(parents=True)
    assert "too deep" in build.refuse(policies).what


def test_folders_that_are_not_there(tmp_path: Path, build: Build) -> None:
    """A missing folder and a file are faults of the settings, and both are told at once."""
    (tmp_path / "file").write_text("")
    settings = load_settings(tmp_path, policies=[tmp_path / "none", tmp_path / "file"], build_dir=build.directory)
    with pytest.raises(PolicyTasksError) as caught:
        discover(settings)
    assert caught.value.exit_code == 2
    assert [(problem.where, problem.why) for problem in caught.value.problems] == [
        (str(tmp_path / "none"), "there is no such folder"),
        (str(tmp_path / "file"), "it is a file"),
    ]


def test_the_platform_decides_which_files_count(tmp_path: Path, build: Build) -> None:
    """A policy in a file for another processor is a near miss here, and a policy there."""
    policies = lay_out(tmp_path / "policies", {**one(), "b/go.mod": mod("example.com/b"), "b/b_s390x.go": source("b")})
    here = build.discover(policies)
    assert [policy.package for policy in here.policies] == ["example.com/a"]
    assert [(miss.package, miss.type) for miss in here.near_misses] == [("example.com/b", "Policy")]
    there = build.discover(policies, platform="linux/s390x")
    assert [policy.package for policy in there.policies] == ["example.com/a", "example.com/b"]


def test_no_program_that_a_repository_names_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git's fsmonitor, in the policy, above it and above the build directory; GOFLAGS, GOENV files and go.work files."""
    marker = tmp_path / "marker"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{marker}'\nexec \"$@\"\n")
    program.chmod(0o755)
    policies = lay_out(tmp_path / "project" / "policies", one())
    for folder in (policies / "a", policies.parent):
        subprocess.run(["git", "init", "-q", str(folder)], check=True)
        subprocess.run(["git", "-C", str(folder), "config", "core.fsmonitor", str(program)], check=True)
    (tmp_path / "goenv").write_text(f"GOFLAGS=-toolexec={program}\nCC={program}\nGOWORK={tmp_path}/go.work\n")
    (tmp_path / "go.work").write_text("go 1.21\n\nuse /nowhere\n")
    monkeypatch.setenv("GOENV", str(tmp_path / "goenv"))
    monkeypatch.setenv("GOFLAGS", f"-toolexec={program}")
    monkeypatch.setenv("GOPACKAGESDRIVER", str(program))
    monkeypatch.setenv("GOCACHEPROG", str(program))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(program))
    compile(load_settings(policies.parent, policies=[policies]))
    assert not marker.exists()


def test_policies_do_not_run_where_they_are_built(tmp_path: Path, build: Build) -> None:
    """Neither `init`, nor a package's variables, nor Name() runs while a binary is built and checked."""
    marker = tmp_path / "marker"
    touch = f'os.WriteFile("{marker}", nil, 0o600)'
    extra = f"func init() {{ {touch} }}\n\nvar X = {touch}\n\nfunc TestMain() {{ {touch} }}\n"
    code = source(imports='"os"', extra=extra).replace('return "a"', f'{touch}; return "a"')
    policies = lay_out(tmp_path / "policies", one(code=code))
    made = compile(load_settings(tmp_path, build_dir=_SHARED / "build", policies=[policies]))
    assert not marker.exists()
    subprocess.run([made.path, "list"], capture_output=True, check=True)
    assert marker.exists(), "or this test shows nothing"


def test_names_that_only_the_engine_can_compare(tmp_path: Path) -> None:
    """Two policies whose equal names are computed pass the build; the engine ends with code 4 and names both."""
    code = source("b").replace('return "b"', "return string([]byte{97})")
    policies = lay_out(tmp_path / "policies", two(code=code))
    made = compile(load_settings(tmp_path, build_dir=_SHARED / "build", policies=[policies]))
    ran = subprocess.run([made.path], capture_output=True, text=True, check=False)
    assert ran.returncode == 4
    assert "example.com/a" in ran.stdout + ran.stderr
    assert "example.com/b" in ran.stdout + ran.stderr


HOSTILE_TEXTS: dict[str, Files] = {
    "in a file's name": one(**{"a/\x1b[31mx.go": "package a\n"}),
    "in a folder's name": one(**{"\x1b]0;evil\x07/go.mod": mod("example.com/b")}),
    "in a value": one(code=source(extra='var x int = "\x1b]0;evil\x07\x1b[2J\u202e"\n')),
    "in an identifier": one(code=source(extra="var x = \x1b[31m\n")),
    "in an import": one(code=source(imports='_ "\x1b[31mx"')),
    "in an escaped import": one(code=source(imports='_ "\\x1b[31mx"')),
    "in an embed pattern": one(code=source(imports='_ "embed"', extra="//go:embed \x1b[31mx\nvar s string\n")),
    "in a line directive": one(code=source(extra='//line \x1b[31mevil.go:7\nvar x int = "s"\n')),
    "in a go.mod": one(**{"a/go.mod": "module a.b/c\n\n\x1b[31m x\n"}),
    "in a module path": one(**{"a/go.mod": 'module "\\x1b[31m/x"\n'}),
    "in a replace": one(**{"a/go.mod": mod("a.b/a", 'replace a.b/c => "./\\x1b[31m"\n')}),
    "in a policy's name": {
        **one(code=source(name="\\x1b[31m")),
        "b/go.mod": mod("a.b/b"),
        "b/b.go": source(name="\\x1b[31m"),
    },
    "in an assembler's message": one(**{"a/a.s": '#include "\x1b[31m"\n'}),
}


@pytest.mark.parametrize("case", HOSTILE_TEXTS)
def test_no_control_character_reaches_the_terminal(case: str, tmp_path: Path, build: Build) -> None:
    """Whatever a policy writes into a message is shown with its control characters escaped."""
    lay_out(tmp_path / "policies", HOSTILE_TEXTS[case])
    ran = run_console("compile", "--build-dir", str(build.directory), cwd=tmp_path)
    assert ran.returncode == 3, ran.stderr
    assert not CONTROL.search(ran.stdout + ran.stderr), repr(ran.stdout + ran.stderr)


def _invoke(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    (cwd / "tasks.py").write_text("from policy_tasks import collection\n\nnamespace = collection()\n")
    command = [sys.executable, "-m", "invoke", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=600)


DOORS: dict[str, Callable[..., subprocess.CompletedProcess[str]]] = {"console": run_console, "invoke": _invoke}
AT_THE_DOORS = (
    "no module",
    "type error",
    "unknown directive",
    "a method is missing",
    "one path twice",
    "one name twice",
    "import cycle",
    "path fmt",
    "a library of the system",
)


@pytest.mark.parametrize("door", DOORS)
def test_both_doors_tell_the_same(door: str, tmp_path: Path) -> None:
    """A broken folder ends `image` with its exit code, one document or a text on stderr, and binary and archive stay."""
    run = DOORS[door]
    policies = tmp_path / "policies"
    write_policy(policies / "sound", "example.com/sound")
    flags = ("image", "--engine", "oci", "--build-dir", str(_SHARED / door))
    assert run(*flags, cwd=tmp_path).returncode == 0
    outputs = [*(_SHARED / door).glob("bin/*/*"), *(_SHARED / door).glob("image/*")]
    before = [hashlib.sha256(path.read_bytes()).hexdigest() for path in outputs]
    assert len(before) == 4
    for case in AT_THE_DOORS:
        files, code, (what, _, _) = REFUSED[case]
        folder = lay_out(tmp_path / case.replace(" ", "-"), files)
        told = run(*flags, "--format", "json", "--policies", str(folder), cwd=tmp_path)
        assert told.returncode == code, (case, told.stdout, told.stderr)
        assert "Traceback" not in told.stderr
        document = json.loads(told.stdout)
        assert what in document["error"]["what"]
        assert {"what", "where", "why", "fix"} <= set(document["error"])
        shown = run(*flags, "--policies", str(folder), cwd=tmp_path)
        assert (shown.returncode, shown.stdout) == (code, ""), case
        assert f"error: {document['error']['what']}" in shown.stderr
        assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in outputs] == before, case


@pytest.mark.needs("docker")
def test_a_broken_policy_leaves_the_image_alone(tmp_path: Path, build: Build) -> None:
    """The name of the image that was built before still means that image."""
    write_policy(tmp_path / "policies" / "a", "example.com/a")
    flags = ("image", "--engine", "docker", "--base", "static", "--repo", "policy-tasks-test/hostile")
    assert run_console(*flags, cwd=tmp_path).returncode == 0
    asked = ["docker", "image", "inspect", "--format", "{{.Id}}", "policy-tasks-test/hostile"]
    before = subprocess.run(asked, capture_output=True, check=True).stdout
    for case in ("no module", "type error", "a library of the system"):
        folder = lay_out(tmp_path / case.replace(" ", "-"), REFUSED[case][0])
        assert run_console(*flags, "--policies", str(folder), cwd=tmp_path).returncode == REFUSED[case][1]
        assert subprocess.run(asked, capture_output=True, check=True).stdout == before
    subprocess.run(["docker", "rmi", "policy-tasks-test/hostile"], capture_output=True, check=True)


@pytest.mark.needs("root")
def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    """A file, a folder and the whole of the policies that this user may not read: each is named, and none is left out."""
    outside = Path("/tmp") / f"policy-tasks-{os.getpid()}"
    script = (
        "import os, sys\n"
        "from policy_tasks import load_settings, discover\n"
        "from policy_tasks.errors import PolicyTasksError\n"
        "sys.path\nos.setgid(65534); os.setuid(65534)\n"
        "import policy_tasks.toolchain.policy_folder as p\n"
        "reading = p.Reading(files_left=100, bytes_left=10000)\n"
        "p.read_folder(p.Path(sys.argv[1]), reading)\n"
        "print(*(f'{problem.where}|{problem.why}' for problem in reading.problems), sep='\\n')\n"
    )
    try:
        lay_out(outside, {**one(), "b/go.mod": mod("example.com/b"), "c/c.go": "", "d/x.go": ""})
        (outside / "b" / "go.mod").chmod(0)
        (outside / "c").chmod(0)

        def read(folder: Path) -> list[str]:
            command = [sys.executable, "-c", script, str(folder)]
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")[:-1]

        assert read(outside) == [f"{outside / name}|Permission denied" for name in ("b/go.mod", "c")]
        outside.chmod(0o700)
        assert read(outside) == [f"{outside}|Permission denied"]
    finally:
        subprocess.run(["rm", "-rf", str(outside)], check=True)
