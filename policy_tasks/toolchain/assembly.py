"""
What assembly includes: a file elsewhere would be part of the binary, and be known to nobody who reads the module.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from policy_tasks.errors import PolicyError, Problem
from policy_tasks.printable import printable
from policy_tasks.toolchain.policy_folder import SourceModule

# As Go's assembler reads it, for which a comment may stand before it: https://go.dev/doc/asm.
_INCLUDE = re.compile(rb'^(?:[ \t]|/\*.*?\*/)*#[ \t]*include[ \t]*"([^"\n]*)"', re.MULTILINE)


def check_includes(modules: Iterable[SourceModule]) -> None:
    """
    Raise `PolicyError` for every file of assembly that includes one outside its module.
    """
    if problems := [problem for module in modules for problem in _leaving(module)]:
        raise PolicyError(*problems)


def _leaving(module: SourceModule) -> Iterator[Problem]:
    folders = {posixpath.dirname(name) for name in module.files if name.endswith(".s")}
    with_assembly = {folder for folder in folders if not _is_ignored(folder)}
    for name in (
        each for each in module.files if each.endswith((".s", ".h")) and posixpath.dirname(each) in with_assembly
    ):
        for included in (found.decode("utf-8", "replace") for found in _INCLUDE.findall(module.files[name])):
            place = posixpath.normpath(posixpath.join(posixpath.dirname(name), included))
            if place.startswith(("/", "../")):
                yield Problem(
                    what="a policy's assembly includes a file of this machine",
                    where=f"{module.directory}/{name}",
                    why=f'#include "{printable(included)}" leads out of the module, and only what is in there is built',
                    fix="put that file into the module",
                )


def _is_ignored(folder: str) -> bool:
    """
    Whether Go compiles nothing in this folder.
    """
    return any(part.startswith((".", "_")) or part == "testdata" for part in folder.split("/"))
