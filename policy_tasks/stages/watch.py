"""
Policies under development: an engine that serves them, and is replaced with each change that compiles.

What cannot be built, or does not start, is logged, and the engine that serves goes on.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from policy_tasks.errors import PolicyTasksError, ToolError
from policy_tasks.model import Binary
from policy_tasks.toolchain.output_file import finished_name
from policy_tasks.toolchain.python_environment import files_outside, is_inside
from policy_tasks.toolchain.running_engine import RunningEngine, listening

log = logging.getLogger(__name__)

# In milliseconds: how long changes are gathered before a build, and how often the engine is looked at while there are none.
_DEBOUNCE = 400
_POLL_INTERVAL = 500
# As watchfiles has them by default; other names that begin with a dot may be embedded.
_OF_EDITORS = re.compile(r"~$|\.sw.$|^\.#|^#.*#$|^\.DS_Store$|^\.___jb_|^4913$")


def serve_changes(
    build: Callable[[], tuple[Binary, frozenset[Path]]],
    folders: frozenset[Path],
    outputs: frozenset[Path],
    address: str,
) -> None:
    """
    Serve at `HOST:PORT` until interrupted what `build` makes, which also says the folders that it read. `outputs` are the files
    and folders that it writes.

    Raises `SettingsError` for an address where nobody can listen, `ToolError` without watchfiles.
    """
    changes = _watcher()
    written = frozenset(Path(os.path.realpath(output)) for output in outputs)
    with listening(address) as listener:
        engine = RunningEngine(listener)
        builder = _Builder(build, folders, engine, address, written)
        try:
            builder.rebuild()
            while True:
                _rebuild_on_changes(changes, builder, engine)
        finally:
            engine.stop()


class _Builder:
    """
    Builds and serves. `folders` are those that the last build read: the policies', and where their replaces lead; `built` is
    what their files were before it.
    """

    built: Mapping[str, object] = {}

    def __init__(
        self,
        build: Callable[[], tuple[Binary, frozenset[Path]]],
        folders: frozenset[Path],
        engine: RunningEngine,
        address: str,
        written: frozenset[Path],
    ) -> None:
        self.folders = folders
        self.written = written
        self._build = build
        self._engine = engine
        self._address = address

    def rebuild(self) -> None:
        """
        Build, and serve what was built. Where that fails the engine before it goes on, and the error is logged.
        """
        self.built = self.files()
        try:
            binary, folders = self._build()
            if folders != self.folders:
                before, self.folders = self.folders, folders
                # Of the folders that are new, what their files are now. A file that came into another meanwhile is a change.
                new = {path: state for path, state in self.files().items() if before.isdisjoint(Path(path).parents)}
                self.built = {**new, **self.built}
            as_before = "" if self._engine.replace(binary) else " as before"
            log.info("watch: serving at %s%s", self._address, as_before)
        except PolicyTasksError as error:
            log.error("%s", error)  # noqa: TRY400 - it is the user's error: no traceback

    def files(self) -> Mapping[str, object]:
        """
        The files that a build reads, with what changes when they do.
        """
        walked = (path for folder in self.folders for path in files_outside(folder))
        return {str(path): _state(path) for path in walked if self.reads(path)}

    def reads(self, path: Path) -> bool:
        """
        Whether a change of this file may change what is built: not one that a build writes, not what editors and git leave.

        A folder that is reached through a link has its files told below the link.
        """
        left = _OF_EDITORS.search(path.name) or ".git" in path.parts
        real = Path(os.path.realpath(path))
        real = real.with_name(finished_name(real.name))
        return not left and self.written.isdisjoint((real, *real.parents))


def _state(path: Path) -> object:
    with suppress(OSError):  # gone, or not for us to see
        status = path.stat()
        return status.st_ino, status.st_size, status.st_mtime_ns
    return None


def _places(folders: frozenset[Path]) -> Mapping[Path, object]:
    """
    The folders that are there, each with its inode: another one may come in its place, as with a `git checkout`.
    """
    return {folder: folder.stat().st_ino for folder in folders if folder.is_dir()}


def _rebuild_on_changes(changes: Callable[..., object], builder: _Builder, engine: RunningEngine) -> None:
    """
    Build with each change, until one reads other folders than are watched, or one of these is another than it was.
    """
    watched = builder.folders
    there = _places(watched)
    unwatched = True  # what changed before the watch began is found by looking
    with suppress(FileNotFoundError):  # of a folder that has gone since
        for found in _changes(changes, there, builder):
            engine.log_if_ended()
            if found or (unwatched and builder.files() != builder.built):
                builder.rebuild()
            if builder.folders != watched or _places(watched) != there:
                return
            unwatched = False


def _changes(watch: Callable[..., object], folders: Iterable[Path], builder: _Builder) -> Iterable[object]:
    """
    The changes in these folders, again and again: none when it is only time to look at the engine.
    """
    if not folders:
        return _ticks()
    return watch(  # type: ignore[return-value]
        *folders,
        watch_filter=lambda _, path: builder.reads(Path(path)) and not is_inside(Path(path), builder.folders),
        debounce=_DEBOUNCE,
        rust_timeout=_POLL_INTERVAL,
        yield_on_timeout=True,
    )


def _ticks() -> Iterator[None]:
    while True:
        time.sleep(_POLL_INTERVAL / 1000)
        yield


def _watcher() -> Callable[..., object]:
    try:
        from watchfiles import watch
    except ImportError:
        raise ToolError.of(
            "the package watchfiles is missing",
            where="the Python environment",
            why="it tells when a policy changes",
            fix="install policy-tasks[watch] there, as with: pip install 'policy-tasks[watch]'; the builder image is for images "
            "alone, and cannot watch",
        ) from None
    return watch
