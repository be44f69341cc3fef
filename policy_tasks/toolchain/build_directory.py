"""
The build directory: the one folder that is written to, held by one run at a time, never left with half a file.

A folder is ours when it holds the mark that we made in it, which names the folder's own inode number: a copy of it, or
one that came with somebody's repository, carries a mark of another folder, and nothing in it is believed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Set
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

from policy_tasks.errors import OutputError, SettingsError, output_error

log = logging.getLogger(__name__)

STATE = ".policy-tasks"
MARK = f"{STATE}/owner"
# Beside the generated module: what later stages make of it.
OUTPUTS = frozenset({STATE, "bin", "image", ".gitignore", ".dockerignore"})


class BuildDirectory:
    """
    A build directory that this run holds.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.state = path / STATE
        # Each run has one of its own: a go command that outlives a killed run does not write into the next one's.
        self.temporary = self.state / "tmp" / secrets.token_hex(8)
        self._folders: set[Path] = set()

    def write(self, name: PurePosixPath | str, data: bytes) -> bool:
        """
        Give the file below this directory these contents, in one step, and say whether that changed it.

        A file that has them already is not touched, so that what watches file times sees no change.
        """
        target = self.path / name
        self._make_parents(target)
        try:
            if not target.is_symlink() and target.read_bytes() == data:
                return False
        except OSError:
            pass
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

    def keep_only(self, folder: str, names: Set[PurePosixPath]) -> None:
        """
        Remove what is below `folder` and is not among these names, counted from this directory, and every link.
        """
        parents = {parent for name in names for parent in name.parents}
        self._prune(PurePosixPath(folder), names, parents)
        self._folders.clear()

    def _prune(self, folder: PurePosixPath, names: Set[PurePosixPath], parents: Set[PurePosixPath]) -> None:
        with suppress(FileNotFoundError), os.scandir(self.path / folder) as entries:
            for entry in entries:
                name = folder / entry.name
                if str(folder) == "." and entry.name in OUTPUTS:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if name in parents:
                        self._prune(name, names, parents)
                    else:
                        shutil.rmtree(entry.path)
                elif name not in names or entry.is_symlink():
                    os.unlink(entry.path)

    def recall(self, name: str) -> Any:
        """
        What was remembered under this name, or None. Whatever cannot be read was never written.
        """
        try:
            return json.loads((self.state / f"{name}.json").read_bytes())
        except (OSError, ValueError):
            return None

    def remember(self, name: str, value: Any) -> None:
        """
        Keep a value that JSON can hold for the next run.
        """
        self.write(f"{STATE}/{name}.json", json.dumps(value, sort_keys=True).encode())


@contextmanager
def hold(path: Path) -> Iterator[BuildDirectory]:
    """
    Hold the build directory for the length of a run, making it if need be; a second run waits for the first.

    Raises `SettingsError` where the folder holds things that are not ours, `OutputError` where it cannot be written.
    """
    directory = BuildDirectory(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with _locked(path):
            _claim(directory)
            _remove(directory.state / "tmp")
            directory.temporary.mkdir(parents=True)
            yield directory
            _remove(directory.state / "tmp")
    except OSError as error:
        raise output_error(error, path) from error


def is_build_directory(path: Path) -> bool:
    """
    Whether some run has made this folder its build directory.
    """
    return (path / MARK).exists()


def _claim(directory: BuildDirectory) -> None:
    path, mark = directory.path, directory.path / MARK
    owner = str(path.stat().st_ino)
    if _is_marked(mark, owner):
        return
    if os.path.lexists(directory.state):
        log.info("%s is a copy of another build directory, or half made: it is made anew", path)
        _empty(path)
    elif any(path.iterdir()):
        raise SettingsError.of(
            "the build directory holds files that are not ours",
            where=path,
            why="everything in a build directory may be replaced or removed",
            fix="name an empty or new folder with --build-dir, or remove that one",
        )
    directory.state.mkdir()
    (path / ".gitignore").write_text("*\n")
    (path / ".dockerignore").write_text(f"{STATE}\nbin\nimage\n")
    mark.write_text(owner)


def _is_marked(mark: Path, owner: str) -> bool:
    try:
        return not mark.parent.is_symlink() and not mark.is_symlink() and mark.read_text() == owner
    except (OSError, ValueError):
        return False


def _empty(path: Path) -> None:
    # Our own folder goes last: should this be cut off, the next run still knows what it has before it.
    for entry in sorted(path.iterdir(), key=lambda entry: entry.name == STATE):
        _remove(entry)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    try:
        import fcntl  # not on Windows, where two runs in one folder are not kept apart yet
    except ImportError:
        yield
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("waiting for another run that builds in %s", path)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def save(source: Path, target: Path) -> None:
    """
    Copy a finished file to where the user wants it, outside the build directory, in one step.
    """
    # One name for each build directory, which one run holds: no other run writes it, and the next one clears it away.
    build = hashlib.sha256(str(source.parent.parent).encode()).hexdigest()[:8]
    partial = target.with_name(f".{target.name}.{build}.partial")
    try:
        partial.unlink(missing_ok=True)
        with source.open("rb") as read, partial.open("xb") as write:
            shutil.copyfileobj(read, write)
        os.replace(partial, target)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        if isinstance(error, (IsADirectoryError, FileNotFoundError, NotADirectoryError)):
            raise OutputError.of(
                "the archive cannot be written",
                where=target,
                why=error.strerror or str(error),
                fix="name a file in a folder that exists with --output",
            ) from None
        raise output_error(error, target) from None
