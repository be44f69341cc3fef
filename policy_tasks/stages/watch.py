"""
Policies under development: an engine that serves them, and is replaced with each change that compiles.

What cannot be built, or does not start, is logged, and the engine that serves goes on.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

from policy_tasks.errors import PolicyTasksError, ToolError
from policy_tasks.model import Binary
from policy_tasks.toolchain.running_engine import RunningEngine, listening

log = logging.getLogger(__name__)

# In milliseconds: how long changes are gathered before a build, and how often the engine is looked at while there are none.
_DEBOUNCE = 400
_POLL_INTERVAL = 500


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
        builder = _Builder(build, folders, engine, address)
        try:
            builder.rebuild()
            while True:
                _rebuild_on_changes(changes, builder, engine, written)
        finally:
            listener.close()  # who comes now is refused, and does not wait for an engine that ends
            engine.stop()


class _Builder:
    """
    Builds and serves. `folders` are those that the last build read: the policies', and where their replaces lead.
    """

    def __init__(
        self,
        build: Callable[[], tuple[Binary, frozenset[Path]]],
        folders: frozenset[Path],
        engine: RunningEngine,
        address: str,
    ) -> None:
        self.folders = folders
        self._build = build
        self._engine = engine
        self._address = address

    def rebuild(self) -> None:
        """
        Build, and serve what was built. Where that fails the engine before it goes on, and the error is logged.
        """
        try:
            binary, self.folders = self._build()
            if self._engine.replace(binary):
                log.info("watch: serving at %s", self._address)
        except PolicyTasksError as error:
            log.error("%s", error)  # noqa: TRY400 - it is the user's error: no traceback


def _rebuild_on_changes(
    changes: Callable[..., object], builder: _Builder, engine: RunningEngine, written: frozenset[Path]
) -> None:
    """
    Build with each change, until one reads other folders than are watched.
    """
    watched = builder.folders
    first = True  # one more build catches what changed before the watch began, and is quick where nothing did
    for found in changes(  # type: ignore[attr-defined]
        *watched,
        watch_filter=lambda _, path: _is_relevant(Path(path), written),
        debounce=_DEBOUNCE,
        rust_timeout=_POLL_INTERVAL,
        yield_on_timeout=True,
    ):
        engine.log_if_ended()
        if found or first:
            builder.rebuild()
        if builder.folders != watched:
            return
        first = False


def _is_relevant(path: Path, written: frozenset[Path]) -> bool:
    """
    Whether a change of this file may change what is built: not one that a build writes, not what editors and git leave.

    A folder that is reached through a link has its files told below the link.
    """
    hidden = path.name.startswith(".") or path.name.endswith("~") or ".git" in path.parts
    real = Path(os.path.realpath(path))
    return not hidden and written.isdisjoint((real, *real.parents))


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
