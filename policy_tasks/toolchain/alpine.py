"""
Which Alpine image `base = "auto"` means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# The newest Alpine release whose support has not ended: https://alpinelinux.org/releases/
ALPINE = "alpine:3.23"


def newest(tags: Iterable[str]) -> str | None:
    """
    Of the images that are there, the Alpine to take: the release above, else the newest release, else any.
    """
    alpines = sorted((tag for tag in tags if tag.startswith("alpine:")), key=_age)
    return ALPINE if ALPINE in alpines else (alpines[-1] if alpines else None)


def _age(tag: str) -> tuple[bool, list[int], str]:
    """
    Releases last, the newest the very last: before them come `edge` and its snapshots, which are named by their day.
    """
    release = re.fullmatch(r"alpine:(3(?:\.\d+)+)", tag)
    return bool(release), [int(number) for number in release[1].split(".")] if release else [], tag
