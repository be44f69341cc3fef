"""
`policy-tasks.lock`: what an engine is built of, in a file that is committed and read in a diff.

Its versions and sums go into every build; `--locked` fails where anything else has changed, `--update` makes it anew.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from policy_tasks.errors import OutputError, PolicyTasksError, SettingsError
from policy_tasks.model import Module, Replace
from policy_tasks.regular_file import read_regular
from policy_tasks.settings import Settings
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.lock_content import FORMAT, Content, as_text, content_of, differences, parse
from policy_tasks.toolchain.output_file import check_target, save
from policy_tasks.toolchain.remote_modules import suffix

log = logging.getLogger(__name__)

# How many differences an error lists.
_MAX_LISTED = 20
# As errors have it, and the setting that says where it is.
_NAMED = ("the lock", "modules.lock")


class LockFile:
    """
    The lock of these settings, which may not be there.
    """

    def __init__(self, settings: Settings, directory: BuildDirectory) -> None:
        self.path = settings.path(settings.modules.lock)
        self._settings = settings
        self._directory = directory
        self._new: Content = {}
        self._differences: list[str] | None = None  # before anything is compared
        if settings.modules.locked and settings.modules.update:
            raise SettingsError.of(
                "--locked and --update contradict each other",
                where="modules.locked and modules.update",
                why="the one holds a build to the lock, the other makes it anew",
                fix="take one of them away",
            )
        if settings.modules.update:
            check_target(self.path, *_NAMED)

    @cached_property
    def content(self) -> Content:
        """
        What the lock says; nothing where there is none. It is parsed once, and then known by its text.

        Raises `SettingsError` where it cannot be read.
        """
        try:
            data = read_regular(self.path)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._unread(error) from None
        key = hashlib.sha256(data).hexdigest()
        known = self._directory.recall("lock") or {}
        if known.get("key") != key:
            try:
                known = {"key": key, "content": parse(data)}
            except ValueError as error:
                raise self._broken(str(error)) from None
            self._directory.remember("lock", known)
        content: Content = known["content"]
        return content

    def _unread(self, error: OSError) -> PolicyTasksError:
        fix = "make it a file that this user can read, or name another with modules.lock"
        return OutputError.of("the lock cannot be read", where=self.path, why=error.strerror or str(error), fix=fix)

    def _broken(self, why: str) -> PolicyTasksError:
        fix = "take it from version control, or run with --update, which makes it anew"
        return SettingsError.of("the lock cannot be read", where=self.path, why=why, fix=fix)

    @property
    def held(self) -> tuple[Module, ...]:
        """
        The modules whose versions and sums a build takes from the lock: none where it is to be made anew.
        """
        if self._settings.modules.update:
            return ()
        return tuple(Module(**each) for each in self.content.get("module", ()))

    @property
    def policies(self) -> tuple[Module, ...]:
        """
        The remote policies, whose versions a build takes where the settings name no exact ones, and whose sums it holds them to.
        """
        if self._settings.modules.update:
            return ()
        known = (each for each in self.content.get("policy", ()) if each.get("version"))
        return tuple(
            Module(
                path=each["path"].removesuffix(suffix(each["version"])), version=each["version"], sum=each.get("sum")
            )
            for each in known
        )

    @property
    def used(self) -> Path | None:
        """
        The lock, where there is or will be one.
        """
        return self.path if self._settings.modules.update or self.content else None

    def check(self, core: str, modules: tuple[Module, ...], replaces: tuple[Replace, ...], go: str) -> None:
        """
        Compare a build with the lock. Raises `SettingsError` with every difference where the build is to be as it says.
        """
        root, wanted = Path(os.path.realpath(self._settings.root)), self._settings.modules
        if not (wanted.update or wanted.locked or self.content):
            return
        self._new |= {
            "format": FORMAT,
            "core": core,
            **content_of(modules, replaces, root),
            "go": go.removeprefix("go"),
        }
        self._compare()

    def check_base(self, name: str, digest: str) -> None:
        """
        The same for the image's base.
        """
        self._new["base"] = {"name": name, "digest": digest}
        self._compare()

    def _compare(self) -> None:
        wanted = self._settings.modules
        if wanted.locked and not self.content:
            raise self._missing()
        if wanted.update or not self.content:
            return
        self._differences = list(differences(self.content, {"base": self.content.get("base"), **self._new}))
        if self._differences and wanted.locked:
            raise self._differs(self._differences)

    def _missing(self) -> PolicyTasksError:
        why, fix = "--locked holds a build to it", "make it with --update, and commit it"
        return SettingsError.of("there is no lock", where=self.path, why=why, fix=fix)

    def _differs(self, found: list[str]) -> PolicyTasksError:
        shown = found[:_MAX_LISTED] + ([f"and {len(found) - _MAX_LISTED} more"] if found[_MAX_LISTED:] else [])
        fix = "undo that, or run with --update and commit the lock"
        if "base" in self._new and not self.content.get("base"):  # as compile --update leaves it
            fix = "run image --update, which puts the base in the lock, and commit it"
        return SettingsError.of(
            "the build is not what the lock says",
            where=self.path,
            why="\n".join(shown),
            fix=fix,
        )

    @contextmanager
    def verdict_at_the_end(self) -> Iterator[None]:
        """
        Tell once, when all is compared or the run has failed, whether the lock is up to date.
        """
        try:
            yield
        finally:
            if self._differences and not self._settings.modules.locked:
                first, *others = self._differences
                more = f", and {len(others)} more" if others else ""
                log.warning("lock: it is not up to date, --update makes it so: %s%s", first, more)
        if self._differences == []:
            log.info("lock: all is as %s says", self.path)

    def write(self) -> None:
        """
        Write what was built, if that is asked for: in one step, and only where it is something else.
        """
        if not self._settings.modules.update:
            return
        base = self._known_base()
        data = as_text(self._new | ({"base": base} if base and "base" not in self._new else {})).encode()
        if not self.path.is_file() or self.path.read_bytes() != data:
            save(self._directory.temporary_file(data), self.path, *_NAMED)
            log.info("lock: %s", self.path)

    def _known_base(self) -> Any:
        try:
            return self.content.get("base")
        except PolicyTasksError:  # it is about to be made anew
            return None
