"""
A finished file, copied to where the user wants it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path

from policy_tasks.errors import OutputError, output_error


def save(source: Path, target: Path, name: str = "the archive", setting: str = "--output") -> None:
    """
    Copy a finished file to where the user wants it, outside the build directory, in one step. Errors have its name, and
    the setting that says where.
    """
    # Named after the build directory, which one run at a time has: no other run writes this file, and the next one removes it.
    build = hashlib.sha256(str(source.parent.parent).encode()).hexdigest()[:8]
    partial = target.with_name(f".{target.name}.{build}.partial")
    try:
        _check(target, name, setting)
        partial.unlink(missing_ok=True)
        with source.open("rb") as read, partial.open("xb") as write:
            shutil.copyfileobj(read, write)
        os.replace(partial, target)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        if isinstance(error, (IsADirectoryError, FileNotFoundError, NotADirectoryError)):
            raise OutputError.of(
                f"{name} cannot be written",
                where=target,
                why=error.strerror or str(error),
                fix=f"name a file in a folder that exists with {setting}",
            ) from None
        told = output_error(error, target, setting)
        raise OutputError.of(f"{name} cannot be written", where=target, why=told.why, fix=told.fix) from None


def is_regular_file(target: Path) -> bool:
    """
    Whether a file is there, and no link, device or FIFO: reading one of these may never end.
    """
    return not target.is_symlink() and target.is_file()


def _check(target: Path, name: str, setting: str) -> None:
    if target.exists() and not target.is_symlink() and not target.is_file() and not target.is_dir():
        raise OutputError.of(
            f"{name} cannot be written",
            where=target,
            why="there is a device or a FIFO, which would be replaced",
            fix=f"name a file with {setting}, or remove that",
        )
