"""
Whether the modules can be in one build: their paths and the Go releases that they ask for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from policy_tasks.errors import PolicyError, Problem
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.go_mod import GO_MOD, GoMod, go_version_key

# Reserved names (`go help packages`), cgo's pseudo-package, and `main`: the go command takes none of them for a module.
_RESERVED_PATHS = frozenset({"all", "cmd", "main", "std", "tool", "work", "C"})
_MAJOR_BELOW_2 = re.compile(r"/v(0\d*|1)$")


def check_modules(parsed: dict[Path, GoMod], policies: set[Path], main: Path, own: bool, go: Go) -> None:  # noqa: FBT001
    """
    Raise `PolicyError` with everything that keeps these modules, by their folder, from being built together: the policies'
    paths, and the Go release of every one, helpers and the core in `main` too. Below the path of go-core nobody has a
    module; below that of a user's own core they may.
    """
    named = {folder: parsed[folder] for folder in sorted(policies)}
    problems = [each for folder, go_mod in named.items() for each in _check(folder, go_mod, parsed[main].path, own)]
    problems += [each for folder in sorted(parsed) for each in _check_go(folder, parsed[folder], go)]
    problems += _same_path(named)
    if problems:
        raise PolicyError(*problems)


def _check(folder: Path, go_mod: GoMod, core: str, own: bool) -> Iterator[Problem]:  # noqa: FBT001
    where = f"{folder}/{GO_MOD}"
    is_near = go_mod.path.startswith(f"{core}/") or core.startswith(f"{go_mod.path}/")
    if go_mod.path == core or (is_near and not own):
        yield Problem(
            what=f"the module path {go_mod.path} is taken",
            where=where,
            why=f"the core has it: {core}",
            fix="name the module otherwise, such as example.com/policy",
        )
    elif go_mod.path in _RESERVED_PATHS or _MAJOR_BELOW_2.search(go_mod.path):
        yield Problem(
            what=f"the module path {go_mod.path} cannot be used",
            where=where,
            why="a major version in a path begins with v2" if "/" in go_mod.path else "it means something else to Go",
            fix="name the module otherwise, such as example.com/policy",
        )
    elif "vendor" in go_mod.path.split("/"):
        yield Problem(
            what=f"the module path {go_mod.path} cannot be used",
            where=where,
            why="of a path with the element vendor Go lets nobody import anything",
            fix="name the module otherwise, such as example.com/policy",
        )


def _check_go(folder: Path, go_mod: GoMod, go: Go) -> Iterator[Problem]:
    needed = go_mod.go
    if needed and go_version_key(needed) > go_version_key(go.version.removeprefix("go")):
        yield Problem(
            what=f"module {go_mod.path} needs a newer Go",
            where=f"{folder}/{GO_MOD}",
            why=f"it asks for go {needed}, and {go.path} is {go.version}",
            fix=f"install Go {needed} or newer, or lower the go line of that go.mod",
        )


def _same_path(parsed: dict[Path, GoMod]) -> Iterator[Problem]:
    first: dict[str, Path] = {}
    for folder, go_mod in parsed.items():
        other = first.setdefault(go_mod.path, folder)
        if other is not folder:
            yield Problem(
                what=f"two modules have the path {go_mod.path}",
                where=f"{other / GO_MOD} and {folder / GO_MOD}",
                why="a module path names one module in a build",
                fix="give one of them another path on its module line, or remove one",
            )
