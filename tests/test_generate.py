"""
The generated files, against golden ones.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from policy_tasks.model import Constructor, Policy, PolicySet, StagedModule, staged
from policy_tasks.settings import Settings
from policy_tasks.stages.generate import generate_sources
from policy_tasks.stages.test import _kit
from policy_tasks.toolchain import templates
from policy_tasks.toolchain.build_lock import locked_build_directory
from policy_tasks.toolchain.core import read_core
from policy_tasks.toolchain.go_command import find_go
from policy_tasks.toolchain.process import Processes

GOLDEN = Path(__file__).parent / "golden"


def _policy(
    package: str,
    kind: str,
    *,
    pointer: bool = True,
    composite: bool = True,
    constructor: Constructor | None = None,
    version: str | None = None,
) -> Policy:
    return Policy(
        package=package,
        type=kind,
        module=package,
        file=Path("/p.go"),
        line=1,
        pointer=pointer,
        composite=composite,
        name=None,
        constructor=constructor,
        version=version,
    )


CORE = read_core(Settings())
FOUND = PolicySet(
    core="example.com/core",
    policies=(
        _policy("example.com/a", "Pointer"),
        _policy("example.com/a", "Value", pointer=False),
        _policy("example.com/b/v2", "Text", pointer=False, composite=False),
        _policy("example.com/main", "Func", composite=False),
        _policy('example.com/it"s', "Quoted"),
        _policy("example.com/twice/at-v1.0.0", "Value", pointer=False, version="v1.0.0"),
        _policy(
            "example.com/twice/at-v1.1.0",
            "Made",
            constructor=Constructor(name="New", pointer=False, error=True),
            version="v1.1.0",
        ),
        *(
            _policy("example.com/made", f"P{number}", pointer=number > 3, constructor=constructor)
            for number, constructor in enumerate(
                Constructor(name=f"New{pointer}{error}", pointer=pointer, error=error)
                for _ in range(2)
                for pointer in (False, True)
                for error in (False, True)
            )
        ),
    ),
    near_misses=(),
    modules=(
        StagedModule(
            path="example.com/a",
            directory=Path("/a"),
            staged="policies/a",
            digest="sha256:0",
            requires=(),
            helper=False,
        ),
    ),
    directory=Path("/nowhere"),
)


@pytest.mark.parametrize("name", ["imports.go", "Dockerfile", "manifest.json"])
def test_generated_file_is_the_golden_one(name: str, tmp_path: Path) -> None:
    """Every generated file is, to the byte, what was reviewed."""
    with locked_build_directory(tmp_path / "build") as directory:
        generate_sources(FOUND, CORE, directory)
    made, golden = (tmp_path / "build" / name).read_bytes(), GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_bytes(made)
    assert made == golden.read_bytes()


def test_generated_test_is_the_golden_one(tmp_path: Path) -> None:
    """The test that runs the kit is, to the byte, what was reviewed; cases are read where a policy has some."""
    with locked_build_directory(tmp_path / "build") as directory:
        directory.write("policies/example.com-a/testdata/policytest/Value.json", b"[]")
        modules = [
            replace(staged(FOUND.modules)[0], path=path, staged=f"policies/{path.replace('/', '-')}")
            for path in sorted({policy.module for policy in FOUND.policies})
        ]
        sources = generate_sources(replace(FOUND, modules=tuple(modules)), CORE, directory)
        made = templates.render("policies_test.go", **_kit(sources, directory))
    golden = GOLDEN / "policies_test.go"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_bytes(made)
    assert made == golden.read_bytes()


@pytest.mark.needs("go")
def test_imports_are_as_gofmt_wants_them(tmp_path: Path) -> None:
    """gofmt has nothing to change in what is generated."""
    go = find_go("", tmp_path, Processes())
    gofmt = Path(go.environment["GOROOT"]) / "bin" / "gofmt"
    done = subprocess.run(
        [gofmt, "-l", GOLDEN / "imports.go", GOLDEN / "policies_test.go"], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""


def test_quoted_texts_are_literals_of_go_and_of_docker() -> None:
    """Go knows no pair of surrogates, as JSON has one beyond 16 bits, and a Dockerfile no number of a character at all."""
    found = _policy("example.com/a", "𐐔olicy", constructor=Constructor(name="New", pointer=True, error=False))
    policy = {"construct": ("return",), "origin": f"{found.package}.{found.type}", "zero": "", "version": None}
    assert '"example.com/a.𐐔olicy"' in templates.render("imports.go", packages=[], policies=[policy]).decode()
    config = {"folder": "/app", "path": "/é:/𐐔:/$x", "labels": [], "user": "1", "entrypoint": "/x"}
    dockerfile = templates.render("image.Dockerfile", base="x", rootfs=False, config=config).decode()
    assert 'ENV PATH="/é:/𐐔:/\\$x"\n' in dockerfile


def test_unchanged_sources_are_not_rendered_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second run touches no file and does not even load the template engine."""
    with locked_build_directory(tmp_path / "build") as directory:
        generate_sources(FOUND, CORE, directory)
        before = {path: path.stat().st_mtime_ns for path in directory.path.iterdir() if path.is_file()}
        monkeypatch.setattr("policy_tasks.toolchain.templates.render", None)
        generate_sources(FOUND, CORE, directory)
        assert {path: path.stat().st_mtime_ns for path in directory.path.iterdir() if path.is_file()} == before


def test_an_edited_file_is_generated_anew(tmp_path: Path) -> None:
    """What somebody changed in the build directory does not survive the next run."""
    with locked_build_directory(tmp_path / "build") as directory:
        generate_sources(FOUND, CORE, directory)
        (directory.path / "imports.go").write_text("package main // edited")
        generate_sources(FOUND, CORE, directory)
        assert (directory.path / "imports.go").read_bytes() == (GOLDEN / "imports.go").read_bytes()
