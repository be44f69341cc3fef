"""
What has to be outside the build directory, where it would not last: what the user has, and what a run writes for them.
"""

from __future__ import annotations

import os
from pathlib import Path

from policy_tasks.errors import SettingsError
from policy_tasks.settings import Settings

_FIX = "name another place for it, or another build directory with --build-dir"


def check_outside(settings: Settings, path: Path | None, what: str, setting: str, fix: str = _FIX) -> None:
    """
    Raise `SettingsError` where this path, if there is one, is in the build directory, or leads there.
    """
    if path is None:
        return
    full, kept = settings.path(path), os.path.realpath(settings.build_dir)
    places = (os.path.realpath(full), os.path.join(os.path.realpath(full.parent), full.name))
    if any(Path(place).is_relative_to(kept) for place in places):
        raise SettingsError.of(
            f"{what} would be in the build directory",
            where=f"{setting}: {full}",
            why=f"everything in {settings.build_dir} may be replaced or removed",
            fix=fix,
        )


def check_inputs(settings: Settings) -> None:
    """
    The same for the core, for the folders of replaces, and for a lock that is there or will be.
    """
    check_outside(settings, settings.core.main, "the core", "core.main")
    for old, new in settings.modules.replaces:
        if os.path.isabs(new):
            check_outside(settings, Path(new), f"what {old} is taken from", "modules.replaces")
    lock = settings.modules.lock
    if settings.modules.update or os.path.lexists(settings.path(lock)):
        check_outside(settings, lock, "the lock", "modules.lock")
