"""
Paths without a `..`, as Go names what it reads: one that it names otherwise is not known again.
"""

from __future__ import annotations

import os
from pathlib import Path

from policy_tasks.errors import SettingsError


def without_parents(path: Path) -> Path:
    """
    The same place without a `..`, which after a link means what is around the folder that the link leads to.

    Links behind the last one stay as they are, as they do in a path that has none: a file is replaced where it is named.
    """
    if ".." not in path.parts:
        return path
    split = len(path.parts) - path.parts[::-1].index("..")
    return Path(os.path.realpath(Path(*path.parts[:split])), *path.parts[split:])


def refuse_texts(*paths: object) -> None:
    """
    Raise `SettingsError` for a text in the place of a path.
    """
    for path in (each for each in paths if isinstance(each, str)):
        raise SettingsError.of(
            f"{path!r} is a text, and no Path",
            where="Settings",
            why="these settings are taken as they are",
            fix=f"write pathlib.Path({path!r}), or let load_settings read it",
        )
