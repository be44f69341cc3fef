"""
go.mod files: read with the go command's own parser, and the generated one composed from the policies'.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from policy_tasks.errors import PolicyError, Problem
from policy_tasks.model import Requirement
from policy_tasks.names import major_of
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import Go

GO_MOD = "go.mod"
GO_SUM = "go.sum"


class Replace(NamedTuple):
    """
    A replace directive. A target without a version is a folder, relative to the go.mod that has the directive.
    """

    old: str
    new: str
    is_folder: bool


class GoMod(NamedTuple):
    """
    What the pipeline needs of a go.mod. `replaces` and `excludes` are written as `go mod edit` takes them.
    """

    path: str
    go: str
    requires: tuple[Requirement, ...]
    replaces: tuple[Replace, ...]
    excludes: tuple[str, ...]
    ignores: tuple[str, ...]


def parse_go_mods(
    files: dict[Path, bytes], go: Go, directory: BuildDirectory, *, keep: bool = True
) -> dict[Path, GoMod]:
    """
    Parse the go.mod files, each of which has been read from the folder that is its key.

    What was parsed is remembered by its contents, if it is to be kept: a process for each of a thousand modules takes seconds.
    Raises `PolicyError` with every one that does not parse.
    """
    known = directory.recall("go-mods") or {}
    keys = {path: hashlib.sha256(text).hexdigest() for path, text in files.items()}
    unknown = {keys[path]: path for path in files if keys[path] not in known}
    problems: list[Problem] = []
    pool = ThreadPoolExecutor()
    try:
        parsed = list(pool.map(lambda folder: _parse(folder, files[folder], go, directory), unknown.values()))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # an interrupt does not wait for a thousand of them
    for key, result in zip(unknown, parsed, strict=True):
        if isinstance(result, Problem):
            problems.append(result)
        else:
            known[key] = result
    if problems:
        raise PolicyError(*problems)
    if unknown and keep:
        # With what other calls of the same run keep, until it is mostly of runs long gone.
        kept = known if len(known) < 4 * len(keys) + 1000 else {key: known[key] for key in keys.values()}
        directory.remember("go-mods", kept)
    return {path: _go_mod(known[keys[path]]) for path in files}


def parse_text(text: bytes, go: Go, directory: BuildDirectory) -> GoMod:
    """
    Parse a go.mod of our own.
    """
    return parse_go_mods({directory.path: text}, go, directory, keep=False)[directory.path]


def _parse(folder: Path, text: bytes, go: Go, directory: BuildDirectory) -> dict[str, Any] | Problem:
    copy = directory.temporary_file(text)
    done = go.run("mod", "edit", "-json", str(copy), cwd=directory.state)
    if done.code == 0:
        parsed: dict[str, Any] = json.loads(done.stdout)
        if parsed["Module"]["Path"]:
            return parsed
        return _broken(folder, "", "it has no module line")
    match = re.search(rf"{re.escape(str(copy))}:(\d+(?::\d+)?)?:?\s*(.*)", done.message)
    return _broken(folder, match[1] or "", match[2]) if match else _broken(folder, "", done.message)


def _broken(folder: Path, line: str, why: str) -> Problem:
    where = f"{folder / GO_MOD}:{line}" if line else str(folder / GO_MOD)
    fix = "save it as UTF-8 without a byte order mark" if r"\ufeff" in why else "correct that file"
    return Problem(what="a go.mod does not parse", where=where, why=why, fix=f"{fix}; see https://go.dev/ref/mod")


def _go_mod(parsed: dict[str, Any]) -> GoMod:
    replaces = []
    for each in parsed.get("Replace") or ():
        is_folder = not each["New"].get("Version")
        new = each["New"]["Path"] if is_folder else _versioned(each["New"])
        replaces.append(Replace(old=_versioned(each["Old"]), new=new, is_folder=is_folder))
    return GoMod(
        path=parsed["Module"]["Path"],
        go=parsed.get("Go", ""),
        requires=tuple(
            Requirement(module=each["Path"], version=each.get("Version", ""), indirect=each.get("Indirect"))
            for each in parsed.get("Require") or ()
        ),
        replaces=tuple(replaces),
        excludes=tuple(_versioned(each) for each in parsed.get("Exclude") or ()),
        ignores=tuple(each["Path"] for each in parsed.get("Ignore") or ()),
    )


def _versioned(module: dict[str, str]) -> str:
    return f"{module['Path']}@{module['Version']}" if module.get("Version") else module["Path"]


def local_version(path: str) -> str:
    """
    A version for a module that is replaced by a folder: older than any real one, of the major that the path demands.
    """
    without, major = major_of(path)
    return f"v{0 if path == without else major}.0.0-00010101000000-000000000000"


@cache
def go_version_key(version: str) -> tuple[int, ...]:
    """
    Go versions in order: `1.9` before `1.21`, `1.26rc1` before `1.26.0`.
    """
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+)|(rc|beta)(\d+))?", version)
    if not match:
        return (0,)
    rank = {"beta": 0, "rc": 1}.get(match[4] or "", 2)
    return int(match[1]), int(match[2]), rank, int(match[3] or match[5] or 0)


@cache
def version_key(version: str) -> tuple[tuple[int, ...], int, tuple[tuple[int, int, str], ...]]:
    """
    Versions in the order of https://semver.org: `v1.2.0-rc.2` before `v1.2.0-rc.10` before `v1.2.0` before `v1.10.0`.
    """
    plain = version.removeprefix("v").partition("+")[0]
    numbers, _, before = plain.partition("-")
    release = tuple(int(part) if part.isdecimal() else 0 for part in numbers.split("."))
    parts = tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in before.split(".") if before)
    return release, 0 if before else 1, parts


def merge_sums(files: Iterable[bytes]) -> bytes:
    """
    One go.sum of several: every line once, sorted as Go sorts them.
    """
    lines = {line.strip() for text in files for line in text.splitlines() if line.strip()}
    return b"".join(line + b"\n" for line in sorted(lines))
