"""
Where go-core lives: the Go sources of the engine and of the inspector, which come with this package.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

MODULE = "github.com/policy-tasks/policy-tasks/go-core"
INTERFACE = f"{MODULE}/engine.Policy"


@cache
def directory() -> Path:
    """
    The folder of go-core: inside the installed package, or beside it in a checkout.
    """
    package = Path(__file__).resolve().parent.parent
    installed = package / "go-core"
    return installed if installed.is_dir() else package.parent / "go-core"


def engine_files() -> Iterator[tuple[PurePosixPath, bytes]]:
    """
    The files that the generated module takes over: all but the programs below `cmd`.
    """
    for path in _files():
        if path.parts[0] != "cmd":
            yield path, (directory() / path).read_bytes()


def tools_digest() -> str:
    """
    A digest of the programs below `cmd`: a change of it asks for new ones to be compiled.
    """
    digest = hashlib.sha256()
    for path in _files():
        if path.parts[0] == "cmd":
            digest.update(f"{path}\0".encode() + (directory() / path).read_bytes() + b"\0")
    return digest.hexdigest()


def _files() -> list[PurePosixPath]:
    """
    All that is no test: the sources, and what they embed. As for Go, what begins with a dot is not there.
    """
    files = (path.relative_to(directory()) for path in directory().rglob("*") if path.is_file())
    return sorted(PurePosixPath(path.as_posix()) for path in files if not _is_test(path) and not _is_hidden(path))


def _is_test(path: Path) -> bool:
    return path.name.endswith("_test.go") or "testdata" in path.parts


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
