"""
Which modules a policy's own packages import, whatever its go.mod says.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from pathlib import PurePosixPath

from policy_tasks.toolchain.policy_folder import SourceModule

# Imports come before every declaration: https://go.dev/ref/spec#Source_file_organization.
_DECLARATION = re.compile(rb"^(?:func|type|var|const)\b", re.MULTILINE)
_TEXT = re.compile(rb'["`]([^"`\s]+)["`]')


def imported_modules(module: SourceModule, known: Container[str]) -> set[str]:
    """
    Those of the known modules that Go files of this one import, tests aside.
    """
    return {path for package in _imports(module) if (path := _owner(package, known))}


def _imports(module: SourceModule) -> Iterator[str]:
    for name, text in module.files.items():
        if name.endswith(".go") and not name.endswith("_test.go"):
            yield from (each.decode("utf-8", "replace") for each in _TEXT.findall(_DECLARATION.split(text, 1)[0]))


def _owner(package: str, known: Container[str]) -> str:
    """
    The module that has a package: the one with the longest path.
    """
    path = PurePosixPath(package)
    return next((str(each) for each in (path, *path.parents) if str(each) in known), "")
