"""
Where go-core lives: the Go sources of the engine and of the inspector, which come with this package.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

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


@cache
def engine_files() -> Mapping[str, bytes]:
    """
    The files that the generated module takes over: all but the programs below `cmd`.
    """
    return {name: data for name, data in _files().items() if not name.startswith("cmd/")}


@cache
def engine_digest() -> str:
    """
    A digest of those files.
    """
    return digest(engine_files())


@cache
def tools_digest() -> str:
    """
    A digest of the programs below `cmd`, and of the package that they share with the engine: a change of it asks for new
    ones to be compiled.
    """
    return digest({name: data for name, data in _files().items() if name.startswith(("cmd/", "name/"))})


def digest(files: Mapping[str, bytes]) -> str:
    """
    A digest of files, names and contents.
    """
    digest = hashlib.sha256()
    for name, data in files.items():
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()


@cache
def _files() -> Mapping[str, bytes]:
    """
    All that is no test: the sources, and what they embed. As for Go, what begins with a dot is not there.
    """
    root, found = str(directory()), {}
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name != "testdata" and not name.startswith("."))
        inside = folder.removeprefix(root).replace(os.sep, "/").lstrip("/")
        for name in sorted(names):
            if not name.startswith(".") and not name.endswith("_test.go"):
                found[f"{inside}/{name}".lstrip("/")] = Path(folder, name).read_bytes()
    return found
