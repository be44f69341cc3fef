"""
What a run writes for the user, outside the build directory: the lock, the archive of an image, and the reports.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from policy_tasks.settings import Settings
from policy_tasks.toolchain.archive_place import archive_name


class Kind(NamedTuple):
    """
    A kind of files, as errors begin and go on with it, and what is found at the beginning of each.
    """

    what: str
    name: str
    pattern: re.Pattern[bytes]


LOCK = Kind("the lock", "lock of ours", re.compile(rb"^(# What the engine is built of|format = \d+\s*$)", re.MULTILINE))
REPORT = Kind("a report", "JSON report on a run", re.compile(rb'\A\s*\{\s*"policy_tasks"\s*:'))
TEXTFILE = Kind("a report", "textfile on a run", re.compile(rb"\A# HELP policy_tasks_build_"))
# POSIX's mark, which GNU's begins with too.
ARCHIVE = Kind("the archive", "tar archive", re.compile(rb"\A.{257}ustar", re.DOTALL))


class Target(NamedTuple):
    """
    A file that is written, what it is, and the setting that says where.
    """

    path: Path
    kind: Kind
    setting: str

    @property
    def place(self) -> str:
        """
        Where that is, with no link on the way. One at its end stays: it is itself what is replaced.
        """
        return os.path.join(os.path.realpath(self.path.parent), self.path.name)


def targets(settings: Settings) -> Iterator[Target]:
    """
    Every file that some stage writes with these settings, whichever stage is asked for.
    """
    yield Target(settings.path(settings.modules.lock), LOCK, "modules.lock")
    wanted = settings.metrics
    if wanted.report:
        yield Target(settings.path(wanted.report), REPORT, "metrics.report (--report)")
    if wanted.textfile:
        yield Target(settings.path(wanted.textfile), TEXTFILE, "metrics.textfile (--textfile)")
    image = settings.image
    if image.output:
        yield Target(settings.path(image.output), ARCHIVE, "image.output (--output)")
    elif image.archive_dir:
        archive = settings.path(image.archive_dir) / archive_name(image.repo)
        yield Target(archive, ARCHIVE, "image.archive_dir")


def written_places(settings: Settings) -> frozenset[str]:
    """
    Where these files are. What is built does not depend on them, wherever they are: else each run would change the next.
    """
    return frozenset(target.place for target in targets(settings))
