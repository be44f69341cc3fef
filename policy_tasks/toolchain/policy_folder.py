"""
Read folders of Go modules into memory: regular files only, each opened without following links, within limits.

What is read here is what is built: nothing looks at the user's folder again, so a file that is swapped meanwhile changes
nothing. The rules for which folders count are those of `go list ./...`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from policy_tasks.errors import PolicyError, Problem
from policy_tasks.regular_file import open_regular
from policy_tasks.toolchain.build_directory import STATE
from policy_tasks.toolchain.build_lock import is_build_directory
from policy_tasks.toolchain.embeds import embedded_by_name
from policy_tasks.toolchain.file_names import is_sound
from policy_tasks.toolchain.folder_problems import (
    embedded_output,
    special_file,
    symbolic_link,
    too_deep,
    unreadable,
    unsound_name,
)
from policy_tasks.toolchain.go_mod import GO_MOD
from policy_tasks.toolchain.output_file import finished_name
from policy_tasks.toolchain.python_environment import is_environment

_VERSION_CONTROL = frozenset({".git", ".hg", ".svn", ".bzr", ".fslckout", "_FOSSIL_", "CVS"})
# Go reads these at a module's root, and they would change what the policy is built with: the generated module decides that.
_GO_READS = frozenset({"go.work", "go.work.sum", "vendor"})
_DEEPEST = 100


@dataclass(slots=True, kw_only=True)
class SourceModule:
    """
    A Go module as the user has it: its folder, and every file in it with its contents, by its name with slashes.

    Names are text, not paths: of a thousand modules pathlib would take longer than reading them. `outputs` are the names of
    what a run writes in there, and is not read.
    """

    directory: Path
    files: dict[str, bytes] = field(default_factory=dict)
    outputs: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Reading:
    """
    What was read of some folders, and how much may still be read; a module in another is one too if `nested`,
    and names that begin with a dot count if `hidden`. What is `written` by runs, at these places without links, is not read.
    """

    files_left: int
    bytes_left: int
    nested: bool = True
    hidden: bool = True
    written: frozenset[str] = frozenset()
    modules: dict[Path, SourceModule] = field(default_factory=dict)
    without_module: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_folder(folder: Path, reading: Reading) -> None:
    """
    Add every module at or below this folder. Problems are collected, so that all are reported at once.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        reading.problems.append(unreadable(folder, error))
        return
    known = set(reading.modules)
    _walk(descriptor, str(folder), reading, _Place(depth=0))
    for module in (each for path, each in reading.modules.items() if path not in known and each.outputs):
        _refuse_embedded(module, reading)


class _Place(NamedTuple):
    depth: int
    module: SourceModule | None = None
    inside: str = ""
    ignored: bool = False


def _walk(descriptor: int, folder: str, reading: Reading, place: _Place) -> None:
    try:
        with os.scandir(descriptor) as scanned:
            entries = {entry.name: entry for entry in sorted(scanned, key=lambda entry: entry.name)}
        is_ours = STATE in entries and is_build_directory(Path(folder))
        if place.depth and (is_ours or is_environment(entries)):
            return
        if GO_MOD in entries and not entries[GO_MOD].is_dir(follow_symlinks=False):
            place = _enter(folder, reading, place)
        if place.depth > _DEEPEST:
            reading.problems.append(too_deep(folder, place.depth))
        elif not (place.ignored and place.module is None):
            for entry in entries.values():
                try:
                    _take(descriptor, folder, entry, reading, place)
                except OSError as error:
                    reading.problems.append(unreadable(f"{folder}/{entry.name}", error))
    except OSError as error:
        reading.problems.append(unreadable(folder, error))
    finally:
        os.close(descriptor)


def _enter(folder: str, reading: Reading, place: _Place) -> _Place:
    """
    A go.mod begins a module. One in a folder that Go ignores belongs to nobody: not to the module around it either.
    """
    is_other = place.module is not None and not reading.nested
    # In there already: named twice, or below another folder that is named.
    directory = Path(folder)
    if place.ignored or is_other or directory in reading.modules:
        return _Place(depth=place.depth, ignored=True)
    module = reading.modules[directory] = SourceModule(directory=directory)
    return _Place(depth=place.depth, module=module)


def _take(descriptor: int, folder: str, entry: os.DirEntry[str], reading: Reading, place: _Place) -> None:
    path = f"{folder}/{entry.name}"
    if _is_left_out(entry.name, reading, place) or _is_output(folder, entry, reading, place):
        return
    if not is_sound(entry.name) and (place.module or entry.is_dir(follow_symlinks=False)):
        reading.problems.append(unsound_name(folder, entry.name))
    elif entry.is_symlink():
        _refuse_link(Path(path), reading, place)
    elif entry.is_dir(follow_symlinks=False):
        _descend(descriptor, folder, entry.name, reading, place)
    elif not entry.is_file(follow_symlinks=False):
        reading.problems += [] if place.ignored else [special_file(path)]
    elif place.module is not None:
        _read(descriptor, folder, entry.name, reading, place)
    elif path.endswith(".go"):
        reading.without_module.append(Path(path))


def _is_left_out(name: str, reading: Reading, place: _Place) -> bool:
    at_root = not (place.module and place.inside)
    if name in _VERSION_CONTROL or (name in _GO_READS and at_root):
        return True
    return name.startswith(".") and not reading.hidden


def _is_output(folder: str, entry: os.DirEntry[str], reading: Reading, place: _Place) -> bool:
    is_one = f"{folder}/{finished_name(entry.name)}" in reading.written and entry.name != GO_MOD
    if not is_one or entry.is_dir(follow_symlinks=False):
        return False
    if place.module is not None:
        place.module.outputs.add(place.inside + entry.name)
    return True


def _refuse_embedded(module: SourceModule, reading: Reading) -> None:
    for output, go_file in embedded_by_name(module.files, module.outputs):
        reading.problems.append(embedded_output(f"{module.directory}/{output}", f"{module.directory}/{go_file}"))


def _descend(descriptor: int, folder: str, name: str, reading: Reading, place: _Place) -> None:
    ignored = place.ignored or name.startswith((".", "_")) or name == "testdata"
    child = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
    inside = f"{place.inside}{name}/"
    below = _Place(depth=place.depth + 1, module=place.module, inside=inside, ignored=ignored)
    _walk(child, f"{folder}/{name}", reading, below)


def _refuse_link(path: Path, reading: Reading, place: _Place) -> None:
    # Outside a module a link to some file does no harm; a folder or a go.mod behind one would be missed in silence.
    if not place.ignored and (place.module is not None or not path.is_file() or path.suffix == ".go"):
        reading.problems.append(symbolic_link(path))


def _read(descriptor: int, folder: str, name: str, reading: Reading, place: _Place) -> None:
    assert place.module is not None
    with open_regular(name, links=False, folder=descriptor) as file:
        size = os.fstat(file.fileno()).st_size
        reading.files_left -= 1
        reading.bytes_left -= size
        if min(reading.files_left, reading.bytes_left) < 0:
            raise _too_much(reading, f"{folder}/{name}")
        place.module.files[place.inside + name] = file.read(size)


def _too_much(reading: Reading, path: str) -> Exception:
    what = "files" if reading.files_left < 0 else "bytes"
    return PolicyError.of(
        f"the policies hold too many {what}",
        where=path,
        why=f"this file exceeds the limit discover.max_{what}",
        fix=f"move what is no part of a policy elsewhere, or raise discover.max_{what}",
    )
