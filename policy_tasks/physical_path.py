"""
Paths without a `..`, as Go names what it reads: one that it names otherwise is not known again.
"""

from __future__ import annotations

import os
from pathlib import Path


def without_parents(path: Path) -> Path:
    """
    The same place without a `..`, which after a link means what is around the folder that the link leads to.

    Links behind the last one stay as they are, as they do in a path that has none: a file is replaced where it is named.
    """
    if ".." not in path.parts:
        return path
    split = len(path.parts) - path.parts[::-1].index("..")
    return Path(os.path.realpath(Path(*path.parts[:split])), *path.parts[split:])
