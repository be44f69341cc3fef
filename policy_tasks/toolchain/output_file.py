"""
Files where the user wants them, outside the build directory: written beside, then put in their place in one step.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from policy_tasks.errors import OutputError, PolicyTasksError, output_error

# Beside the file that it is to become, and named after that and who writes it.
_PARTIAL = re.compile(r"\.(.+)\.[^.]+\.partial")


def save(source: Path, target: Path, name: str = "the archive", setting: str = "--output") -> None:
    """
    Copy a finished file out of the build directory. Errors have its name, and the setting that says where.
    """
    # Named after the build directory, which one run at a time has: no other run writes this file, and the next one removes it.
    build = hashlib.sha256(str(source.parent.parent).encode()).hexdigest()[:8]
    with (
        _written_beside(target, build, name, setting) as partial,
        source.open("rb") as read,
        partial.open("xb") as write,
    ):
        shutil.copyfileobj(read, write)


def save_text(text: str, target: Path, name: str, setting: str) -> None:
    """
    Write a text, in a folder that is made if need be. Errors as with `save`.
    """
    with _written_beside(target, str(os.getpid()), name, setting, make_folder=True) as partial:
        partial.write_text(text, encoding="utf-8")


def check_target(target: Path, name: str, setting: str) -> None:
    """
    Raise `OutputError` where no file could be saved at this place, before anything is made.
    """
    try:
        _check(target, name, setting)
        if not target.parent.is_dir():
            code = errno.ENOTDIR if target.parent.exists() else errno.ENOENT
            raise OSError(code, os.strerror(code))
        if not os.access(target.parent, os.W_OK | os.X_OK):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise _not_written(error, target, name, setting) from None


def is_regular_file(target: Path) -> bool:
    """
    Whether a file is there, and no link, device or FIFO: reading one of these may never end.
    """
    return not target.is_symlink() and target.is_file()


def finished_name(name: str) -> str:
    """
    What a file that is still being written will be called; any other has that name already.
    """
    partial = _PARTIAL.fullmatch(name)
    return partial[1] if partial else name


@contextmanager
def _written_beside(target: Path, mark: str, name: str, setting: str, *, make_folder: bool = False) -> Iterator[Path]:
    """
    A file to be written, which then takes the target's place, or is removed when that fails. Raises `OutputError`.
    """
    partial = target.parent / f".{target.name}.{mark}.partial"
    try:
        _check(target, name, setting)
        if make_folder:
            target.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        yield partial
        os.replace(partial, target)
    except OSError as error:
        raise _not_written(error, target, name, setting) from None
    finally:  # also where the run was interrupted
        with suppress(OSError):
            partial.unlink()


def _check(target: Path, name: str, setting: str) -> None:
    """
    See that nothing but a file is replaced, or a link to one: for root a device is as easy to replace as a file.
    """
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    to_device = target.is_symlink() and os.readlink(target).startswith("/proc/")  # /dev/stdout, whatever that is now
    if to_device or (target.exists() and not target.is_file()):
        raise OutputError.of(
            f"{name} cannot be written",
            where=target,
            why="there is a device, a FIFO or a link to one, which would be replaced",
            fix=f"name a file with {setting}, or remove that",
        )


def _not_written(error: OSError, target: Path, name: str, setting: str) -> PolicyTasksError:
    if isinstance(error, (IsADirectoryError, FileNotFoundError, NotADirectoryError, FileExistsError)):
        why, fix = error.strerror or str(error), f"name a file in a folder that exists with {setting}"
    else:
        told = output_error(error, target, setting)
        why, fix = told.why, told.fix
    return OutputError.of(f"{name} cannot be written", where=target, why=why, fix=fix)
