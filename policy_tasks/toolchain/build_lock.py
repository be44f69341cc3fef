"""
Whose a build directory is: ours, and one run's at a time.

A folder is ours when it holds the mark that we made in it, which names the folder's own inode number: a copy of it, or
one that came with somebody's repository, carries a mark of another folder, and nothing in it is believed.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from policy_tasks.errors import SettingsError, output_error
from policy_tasks.toolchain.build_directory import MARK, STATE, BuildDirectory

log = logging.getLogger(__name__)


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
            try:
                yield directory
            finally:
                shutil.rmtree(directory.temporary, ignore_errors=True)
    except OSError as error:
        raise output_error(error, path) from error


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
