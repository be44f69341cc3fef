"""
The build directory: the one folder that is written to, never left with half a file.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path
from typing import Any

from policy_tasks.regular_file import open_regular, read_regular

STATE = ".policy-tasks"
BINARIES = "bin"
DOCKERFILE, MANIFEST = "Dockerfile", "manifest.json"
# The folder for archives, unless the settings name another.
ARCHIVES = "image"
# Beside the generated module: what later stages make of it.
OUTPUTS = frozenset({STATE, BINARIES, ARCHIVES, ".gitignore", ".dockerignore"})
# What else a run has put at the top, as the state has it: a copy of this directory may have files of the user's beside that.
_ENTRIES = "entries"


class BuildDirectory:
    """
    A build directory that this run holds.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.state = path / STATE
        # Each run has its own, so that a go command that outlives a killed run does not write into the next one's.
        self.temporary = self.state / "tmp" / secrets.token_hex(8)
        self._folders: set[Path] = set()
        self._recalled: set[str] = set()
        self._remembered: set[str] = set()

    def write(self, name: str, data: bytes) -> bool:
        """
        Give the file below this directory these contents, in one step, and return whether that changed it.

        A file that has them already is not touched, so that what watches file times sees no change.
        """
        target = self.path / name
        self._make_parents(target)
        if _has_contents(str(target), data):
            return False
        self.move(self.temporary_file(data), target)
        return True

    def temporary_file(self, data: bytes = b"") -> Path:
        """
        A new file on the same disk, to be filled and then moved.
        """
        handle, name = tempfile.mkstemp(dir=self.temporary)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        # mkstemp makes it for this user only; a generated file is as readable as any other.
        os.chmod(name, 0o644)
        return Path(name)

    def move(self, source: Path, target: Path) -> None:
        """
        Put a finished file in its place below this directory, in one step; a folder that is in its way is removed.
        """
        self._make_parents(target)
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
            self._folders.clear()
        os.replace(source, target)

    def _make_parents(self, target: Path) -> None:
        """
        Make the folders down to this file. A link in their place may lead to files of the user's: it is removed.
        """
        folder = target.parent
        if folder == self.path or folder in self._folders:
            return
        self._make_parents(folder)
        if folder.is_symlink() or not folder.is_dir():
            folder.unlink(missing_ok=True)
            folder.mkdir()
        self._folders.add(folder)

    def sync(self, files: Mapping[str, bytes], others: Set[str]) -> None:
        """
        Make this directory hold these files, and the `others` as they are. Everything else in it is removed, also every link.

        A file that has its contents already is not touched.
        """
        wanted = files.keys() | others
        self.write(f"{STATE}/{_ENTRIES}.json", json.dumps(sorted({name.partition("/")[0] for name in wanted})).encode())
        right = set(self._remove_unwanted("", files, wanted, _folders_of(wanted)))
        self._folders.clear()
        for name in files.keys() - right:
            self.write(name, files[name])

    def _remove_unwanted(
        self, folder: str, files: Mapping[str, bytes], wanted: Set[str], folders: Set[str]
    ) -> Iterator[str]:
        """
        Remove what is not wanted, and yield the names of the files that have their contents already.
        """
        with os.scandir(f"{self.path}/{folder}") as entries:
            for entry in entries:
                name = folder + entry.name
                if name in OUTPUTS:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if name in folders:
                        yield from self._remove_unwanted(f"{name}/", files, wanted, folders)
                    else:
                        shutil.rmtree(entry.path)
                elif name not in wanted or not entry.is_file(follow_symlinks=False):
                    os.unlink(entry.path)
                elif name in files and _has_contents(entry.path, files[name]):
                    yield name

    def foreign(self) -> list[str]:
        """
        What lies in this directory, or in the one that it is a copy of, and no run has put there: no name of ours that is not
        in `OUTPUTS` begins with a dot, whatever the record says that came with somebody's repository.
        """
        entries = self._remembered_value(_ENTRIES)
        recorded = set(map(str, entries)) if isinstance(entries, list) else set()
        others = set(os.listdir(self.path)) - OUTPUTS
        return sorted(name for name in others if name.startswith(".") or name not in recorded)

    def digest(self, *names: str) -> str:
        """
        A digest of these files' contents; a missing file counts as well.
        """
        digest = hashlib.sha256()
        for name in names:
            path = self.path / name
            digest.update(path.read_bytes() if path.is_file() else b"\0missing")
            digest.update(b"\0")
        return digest.hexdigest()

    def recall(self, name: str) -> Any:
        """
        What an earlier run remembered under this name, or None, also where that cannot be read.
        """
        self._recalled.add(name)
        return self._remembered_value(name)

    def _remembered_value(self, name: str) -> Any:
        try:
            return json.loads(read_regular(self.state / f"{name}.json", links=False))
        except (OSError, ValueError, RecursionError):
            return None

    def remember(self, name: str, value: Any) -> None:
        """
        Keep a value that JSON can hold for the next run.
        """
        self._remembered.add(name)
        self.write(f"{STATE}/{name}.json", json.dumps(value, sort_keys=True).encode())

    def reused(self) -> dict[str, bool]:
        """
        The names that this run has recalled, and whether it used what was found: what it remembered anew, it did not.
        """
        return {name: name not in self._remembered for name in sorted(self._recalled)}


def key_of(*parts: str | bytes) -> str:
    """
    A digest of all that something was made of: it is made again when that changes.
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update((part if isinstance(part, bytes) else part.encode()) + b"\0")
    return digest.hexdigest()


def _folders_of(names: Iterable[str]) -> set[str]:
    """
    Every folder on the way to one of these files.
    """
    folders: set[str] = set()
    for name in names:
        while (name := name.rpartition("/")[0]) and name not in folders:
            folders.add(name)
    return folders


def _has_contents(file: str, data: bytes) -> bool:
    try:
        with open_regular(file, links=False) as opened:
            return opened.read(len(data) + 1) == data
    except OSError:
        return False
