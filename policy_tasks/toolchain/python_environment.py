"""
Virtual environments of Python among the sources, as the README makes one: thousands of files that are no part of a policy.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
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
    return _is_one(entries, (name for name in entries if entries[name].is_dir(follow_symlinks=False)))


def files_outside(top: Path) -> Iterator[Path]:
    """
    Every file below this folder, but for those of such environments in it.
    """
    for place, folders, names in os.walk(top):
        if place != str(top) and _is_one(names, folders):
            folders.clear()
        else:
            yield from (Path(place, name) for name in names)


def is_inside(path: Path, tops: Collection[Path]) -> bool:
    """
    Whether this is a file of such an environment in one of these folders, which may themselves be in one: in the project's own.
    """
    between = (folder for folder in path.parents if any(top in folder.parents for top in tops))
    listed = (next(os.walk(folder), ("", [], [])) for folder in between)
    return any(_is_one(names, folders) for _, folders, names in listed)


def _is_one(names: Collection[str], folders: Iterable[str]) -> bool:
    return _MARK in names and GO_MOD not in names and not {*_PROGRAMS}.isdisjoint(folders)
