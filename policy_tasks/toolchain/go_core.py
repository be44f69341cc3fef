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
    The files that the generated module takes over: all but the tests and the programs below `cmd`.
    """
    for path in _files():
        if path.parts[0] != "cmd" and not path.name.endswith("_test.go") and "testdata" not in path.parts:
            yield path, (directory() / path).read_bytes()


def tools_digest() -> str:
    """
    A digest of the programs below `cmd`: a change of it asks for new ones to be compiled.
    """
    digest = hashlib.sha256()
    for path in _files():
        if path.parts[0] == "cmd" and not path.name.endswith("_test.go"):
            digest.update(f"{path}\0".encode() + (directory() / path).read_bytes() + b"\0")
    return digest.hexdigest()


def _files() -> list[PurePosixPath]:
    found = []
    for path in directory().rglob("*"):
        if path.suffix == ".go" or path.name in ("go.mod", "go.sum"):
            found.append(PurePosixPath(path.relative_to(directory()).as_posix()))
    return sorted(found)
