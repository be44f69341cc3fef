"""
What the policies' own tests need beside the build: in a go.mod and a go.sum of their own, since those of the build say what is
in the binary.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from policy_tasks.errors import BuildError, PolicyError, Problem
from policy_tasks.model import Module, StagedModule, staged
from policy_tasks.printable import printable
from policy_tasks.toolchain.build_directory import STATE, BuildDirectory
from policy_tasks.toolchain.go_command import Go, json_stream
from policy_tasks.toolchain.go_mod import GO_MOD, GO_SUM, parse_text
from policy_tasks.toolchain.inspection_errors import NETWORK_ERROR, unresolved_module, unresolved_modules
from policy_tasks.toolchain.newer_go import newer_go
from policy_tasks.toolchain.staging import SourcePaths

_GO_MOD, _GO_SUM = f"{STATE}/test.mod", f"{STATE}/test.sum"
# For the commands that build tests.
MODFILE = f"-modfile={_GO_MOD}"


class TestedPackages(NamedTuple):
    """
    Packages that are tested, and the modules that they need for that and the build does not.
    """

    packages: list[str]
    modules: set[str]


def tested_packages(modules: tuple[Module, ...], go: Go, directory: BuildDirectory) -> TestedPackages:
    """
    The packages with tests of the user's, when all that these import is there, downloaded if need be: not those of modules
    that policies only import, and not what other people have tested.

    Raises `BuildError` for what cannot be had, `PolicyError` where a test would not run with the build's own versions.
    """
    own = [module for module in staged(modules) if not module.helper and not module.version]
    source_paths = SourcePaths(staged(modules), directory)
    packages = _packages(own, source_paths, go, directory)
    _begin(own, directory)
    needed = _complete(packages, source_paths, go, directory) if packages else set()
    return TestedPackages(packages, needed - {module.path for module in modules})


def _packages(modules: list[StagedModule], source_paths: SourcePaths, go: Go, directory: BuildDirectory) -> list[str]:
    """
    The packages of these modules. What Go matches with their paths can be in modules of other people's as well: those of the
    build, which may have been lost since.
    """
    patterns = [f"{module.path}/..." for module in modules]
    folders = tuple(f"{directory.path / module.staged}{os.sep}" for module in modules)
    listed = go.run("list", "-find", "-mod=readonly", "-f", "{{.Dir}}\t{{.ImportPath}}", *patterns, cwd=directory.path)
    if listed.code != 0 and (missing := unresolved_modules("go list", source_paths.text(listed.message))):
        raise missing
    pairs = [line.split("\t") for line in listed.stdout.decode().splitlines()]
    return [path for folder, path in pairs if f"{folder}{os.sep}".startswith(folders)]


def _begin(modules: list[StagedModule], directory: BuildDirectory) -> None:
    """
    Begin with the build's go.mod; with what was found for just the same before, so that no network is asked for it again.
    """
    key = [directory.digest(GO_MOD, GO_SUM), *(module.digest for module in modules)]
    if directory.recall("tests") != key or not (directory.path / _GO_MOD).is_file():
        directory.write(_GO_MOD, (directory.path / GO_MOD).read_bytes())
        directory.write(_GO_SUM, (directory.path / GO_SUM).read_bytes())
        directory.remember("tests", key)


def _complete(packages: list[str], source_paths: SourcePaths, go: Go, directory: BuildDirectory) -> set[str]:
    """
    Get all that these packages and their tests import, and return the modules that have it.
    """
    flags = ("-e", "-test", "-deps", "-mod=mod", MODFILE, "-json=ImportPath,Error,Module")
    done = go.run("list", *flags, "--", *packages, cwd=directory.path)
    listed = list(json_stream(done.stdout))
    failed = [each["Error"] for each in listed if each.get("Error")]
    errors = failed or [{"Err": done.message}] * (done.code != 0)
    if newer := newer_go("\n".join(each["Err"] for each in errors)):
        raise newer
    # What is wrong with the tests themselves is for go test to tell.
    if missing := [each for each in errors if NETWORK_ERROR.search(each["Err"])]:
        raise BuildError(*(_missing(each, source_paths) for each in missing))
    if raised := list(_raised(go, directory)):
        raise PolicyError(*raised)
    return {each["Module"]["Path"] for each in listed if each.get("Module") and not each["Module"].get("Main")}


def _missing(error: dict[str, Any], source_paths: SourcePaths) -> Problem:
    where = printable(source_paths.text(error.get("Pos", ""))) or "go list"
    problem = unresolved_module(where, printable(source_paths.text(error["Err"])))
    return replace(problem, what="what the policies' tests import cannot be had")


def _raised(go: Go, directory: BuildDirectory) -> Iterator[Problem]:
    """
    The modules that a test brings in a higher version than that of the build.
    """
    with_tests, build = ((directory.path / name).read_bytes() for name in (_GO_MOD, GO_MOD))
    if with_tests == build:
        return
    versions = {each.module: each.version for each in parse_text(build, go, directory).requires}
    for each in parse_text(with_tests, go, directory).requires:
        if versions.get(each.module, each.version) != each.version:
            yield Problem(
                what=f"the tests need {each.module} {each.version}",
                where=GO_MOD,
                why=f"the build has {versions[each.module]}, and a test of anything else tells nothing of it",
                fix="run `go mod tidy` in the policies, so that their go.mod files ask for what their tests import",
            )
