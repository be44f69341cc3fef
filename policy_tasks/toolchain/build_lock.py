"""
Whose a build directory is: ours, and one run's at a time.

A folder is ours when it holds the mark that we made in it. The mark names the folder and the moment at which a file beside
it was made, to the nanosecond of the kernel's own clock, which nobody can set: a copy, or a folder that came with somebody's
repository, carries a mark that does not fit, and nothing in it is believed.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from policy_tasks.errors import SettingsError, output_error
from policy_tasks.regular_file import read_regular
from policy_tasks.toolchain.build_directory import ARCHIVES, BINARIES, STATE, BuildDirectory
from policy_tasks.toolchain.leftovers import end_commands_of
from policy_tasks.toolchain.output_file import is_regular_file

log = logging.getLogger(__name__)

MARK = f"{STATE}/owner"
ANCHOR = f"{STATE}/anchor"
_FORMAT = re.compile(r"\d+ \d+ \d+")
_IGNORED = {".gitignore": b"*\n", ".dockerignore": f"{STATE}\n{BINARIES}\n{ARCHIVES}\n".encode()}


@contextmanager
def locked_build_directory(path: Path) -> Iterator[BuildDirectory]:
    """
    Hold the build directory for the length of a run, making it if need be; a second run waits for the first.

    Raises `SettingsError` where the folder holds things that are not ours, `OutputError` where it cannot be written.
    """
    directory = BuildDirectory(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with _locked(path):
            _claim(directory)
            # Where a run was killed its folder is still there, and perhaps a command of it.
            end_commands_of(frozenset(path.name for path in directory.state.glob("tmp/*")))
            _remove(directory.state / "tmp")
            directory.temporary.mkdir(parents=True)
            for name, text in _IGNORED.items():
                directory.write(name, text)
            try:
                yield directory
            finally:
                # Not all of tmp: where somebody has removed the folder meanwhile, another run may have its own there.
                shutil.rmtree(directory.temporary, ignore_errors=True)
                with suppress(OSError):
                    directory.temporary.parent.rmdir()
    except OSError as error:
        if type(error).__module__ != "builtins":  # requests' errors are OSErrors as well: one that comes here is a bug
            raise
        raise output_error(error, path) from error


def is_build_directory(path: Path) -> bool:
    """
    Whether some run has made this very folder its build directory.
    """
    try:
        return _mark(path) == _owner(path)
    except OSError:
        return False


def _mark(path: Path) -> str:
    """
    The mark in this folder, nothing where there is none.
    """
    mark = path / MARK
    try:
        return "" if mark.parent.is_symlink() else read_regular(mark, 100, links=False).decode()
    except (OSError, ValueError):
        return ""


def _owner(path: Path) -> str:
    anchor = (path / ANCHOR).lstat()
    return f"{path.stat().st_ino} {anchor.st_ino} {anchor.st_ctime_ns}"


def _claim(directory: BuildDirectory) -> None:
    path = directory.path
    if is_build_directory(path):
        return
    if foreign := _foreign(directory):
        raise SettingsError.of(
            "the build directory holds files that are not ours",
            where=path,
            why=f"{foreign[0]!r} is in it, and everything in a build directory may be replaced or removed",
            fix="name an empty or new folder with --build-dir, or remove that one",
        )
    if os.path.lexists(directory.state):
        log.info("%s was made elsewhere, or in another layer of an image: it is made anew, from Go's caches", path)
        _empty(path)
    directory.state.mkdir()
    (path / ANCHOR).touch()
    (path / MARK).write_text(_owner(path))


def _foreign(directory: BuildDirectory) -> list[str]:
    """
    What is not ours in this folder: of a copy what no run has put there, of a making that was cut off nothing, else all.
    """
    there = sorted(os.listdir(directory.path))
    if directory.state.is_dir() and not directory.state.is_symlink():
        if _FORMAT.fullmatch(_mark(directory.path)):
            return directory.foreign()
        left = list(directory.state.iterdir())
        ours = (directory.path / ANCHOR, directory.path / MARK)
        if there == [STATE] and all(each in ours and is_regular_file(each) for each in left):
            return []
    return there


def _empty(path: Path) -> None:
    # Our own folder goes last: should this be cut off, the next run still knows what it has before it.
    for entry in sorted(path.iterdir(), key=lambda entry: entry.name == STATE):
        if entry.is_symlink() or entry.name not in (BINARIES, ARCHIVES):
            _remove(entry)
    # People keep things beside what was made. Go builds onto the last binary, and must not onto somebody's.
    for folder in path.glob(f"{BINARIES}/*"):
        if folder.is_symlink():
            folder.unlink()
        elif folder.is_dir():
            _remove(folder / "policy-engine")
            _remove(folder / "policy-engine.exe")


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
    descriptor = -1
    try:
        while descriptor < 0 or not _is_there(descriptor, path):
            if descriptor >= 0:  # somebody has removed the folder meanwhile: this lock is of no use
                os.close(descriptor)
                descriptor = -1
                path.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                log.info("waiting for another run that builds in %s", path)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def _is_there(descriptor: int, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False
