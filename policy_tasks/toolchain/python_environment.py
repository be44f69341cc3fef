"""
Virtual environments of Python among the sources, as the README makes one: thousands of files that are no part of a policy.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from policy_tasks.toolchain.go_mod import GO_MOD

# https://docs.python.org/3/library/venv.html; the second is that of Windows.
_MARK = "pyvenv.cfg"
_PROGRAMS = ("bin", "Scripts")


def is_environment(entries: Mapping[str, os.DirEntry[str]]) -> bool:
    """
    Whether a folder with these entries is one, and no more than that: an environment may be made in a module's own folder, and
    a module may embed a template of the mark alone.
    """
    has_programs = any(name in entries and entries[name].is_dir(follow_symlinks=False) for name in _PROGRAMS)
    return _MARK in entries and has_programs and GO_MOD not in entries


def files_outside(folder: Path) -> Iterator[Path]:
    """
    Every file below this folder, but for those of such environments.
    """
    for place, folders, names in os.walk(folder):
        if _MARK in names and GO_MOD not in names and not {*_PROGRAMS}.isdisjoint(folders):
            folders.clear()
        else:
            yield from (Path(place, name) for name in names)


def is_inside(path: Path) -> bool:
    """
    Whether this is a file of such an environment.
    """
    marked = (folder for folder in path.parents if (folder / _MARK).is_file() and not (folder / GO_MOD).exists())
    return any((folder / each).is_dir() for folder in marked for each in _PROGRAMS)
