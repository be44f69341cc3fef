"""
No file of the user's is replaced, and no file by another: what stands where a run writes has to be what an earlier one wrote.

Of a file only its beginning is read, since every run looks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import combinations

from policy_tasks.errors import Problem, SettingsError
from policy_tasks.printable import printable
from policy_tasks.regular_file import open_regular
from policy_tasks.settings import ModulesSettings, Settings
from policy_tasks.toolchain.targets import LOCK, Target, targets

# The mark of a tar ends at byte 262; a lock may begin with a conflict of git's.
_READ = 1024
_SHOWN = 60


def check_targets(settings: Settings) -> None:
    """
    Raise `SettingsError` for two targets that are one file, and for each in whose place something else is.
    """
    wanted = tuple(targets(settings))
    problems = [*_of_one_file(wanted), *_of_something_else(wanted, settings)]
    if problems:
        raise SettingsError(*problems)


def _of_one_file(wanted: tuple[Target, ...]) -> Iterator[Problem]:
    for one, other in combinations(wanted, 2):
        if not {one.place, os.path.realpath(one.path)}.isdisjoint((other.place, os.path.realpath(other.path))):
            yield Problem(
                what=f"{one.kind.what} and {other.kind.what} would be one file",
                where=f"{one.setting} and {other.setting}",
                why=f"{one.path} and {other.path} are one place, in which only one of them would be left",
                fix="name another place for one of them",
            )


def _of_something_else(wanted: tuple[Target, ...], settings: Settings) -> Iterator[Problem]:
    for target in wanted:
        # Without --update a lock is only read; and what has its usual name is one, however damaged.
        is_lock = not settings.modules.update or target.path.name == ModulesSettings().lock.name
        data = b"" if target.kind is LOCK and is_lock else _beginning(target)
        if data and not target.kind.pattern.search(data):
            shown = printable(data[:_SHOWN].partition(b"\n")[0].decode("utf-8", "replace"))
            yield Problem(
                what=f"{target.kind.what} would replace another file",
                where=f"{target.setting}: {target.path}",
                why=f"what is there is no {target.kind.name}: it begins with {shown}",
                fix="name another place for it, or remove that file",
            )


def _beginning(target: Target) -> bytes:
    """
    The first bytes of the file that is there; none where there is no file, which whoever writes it will tell.
    """
    try:
        with open_regular(target.path) as file:
            return file.read(_READ)
    except OSError:
        return b""
