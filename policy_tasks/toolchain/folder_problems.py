"""
What can be wrong with a folder of policies, as it is told.
"""

from __future__ import annotations

import os
from pathlib import Path

from policy_tasks.errors import Problem


def unsound_name(folder: str, name: str) -> Problem:
    """
    A name that Go's tools cannot take.
    """
    why = f"{name!r} has control characters, a backslash or is not UTF-8"
    return Problem(what="a file's name cannot be used", where=folder, why=why, fix="rename it")


def too_deep(folder: str, depth: int) -> Problem:
    """
    A folder in more folders than anybody makes by hand.
    """
    return Problem(
        what="a policy folder is too deep", where=folder, why=f"it is {depth} folders down", fix="move it up"
    )


def special_file(path: str) -> Problem:
    """
    What can be read without end, or not at all.
    """
    what = "a policy folder holds something that is not a file"
    return Problem(what=what, where=path, why="it is a FIFO, socket or device", fix="remove it")


def symbolic_link(path: Path) -> Problem:
    """
    A link, with where it leads.
    """
    try:
        why = f"it leads to {os.readlink(path)}; links are not followed, so that only what is checked is built"
    except OSError as error:
        why = str(error.strerror)
    return Problem(
        what="a policy folder holds a symbolic link",
        where=str(path),
        why=why,
        fix="put the file itself in its place, or move the link out of the policies",
    )


def embedded_output(output: str, go_file: str) -> Problem:
    """
    A Go file that embeds the lock, an archive or a report.
    """
    return Problem(
        what="what a run writes is embedded",
        where=go_file,
        why=f"{output} is the lock, an archive or a report of the settings: with it in the binary no two runs make the same",
        fix="embed another file, or name another place for that one in the settings",
    )


def unreadable(path: Path | str, error: OSError) -> Problem:
    """
    A file or a folder that this user may not read, or that a disk does not give.
    """
    why = error.strerror or str(error)
    return Problem(what="a policy cannot be read", where=str(path), why=why, fix="make it readable for this user")
