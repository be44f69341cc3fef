"""
Policies under development: an engine that serves them, and is replaced with each change that compiles.

What cannot be built, or does not start, is told, and the engine that serves goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from policy_tasks.errors import PolicyTasksError, ToolError
from policy_tasks.model import Binary
from policy_tasks.toolchain.running_engine import RunningEngine, listening

log = logging.getLogger(__name__)

# Milliseconds: how long a burst of changes may go on until it is looked at, and how often the engine is looked at without one.
_BURST = 400
_LOOK = 500


def serve_changes(
    build: Callable[[], tuple[Binary, frozenset[Path]]], folders: frozenset[Path], build_dir: Path, address: str
) -> None:
    """
    Serve at `HOST:PORT` until interrupted what `build` makes, which also says the folders that it read.

    Raises `SettingsError` for an address where nobody can listen, `ToolError` without watchfiles.
    """
    changes = _watcher()
    with listening(address) as listener:
        engine = RunningEngine(listener)
        builds = _Builds(build, folders, engine, address)
        try:
            builds.again()
            while True:
                _follow(changes, builds, engine, build_dir)
        finally:
            listener.close()  # who comes now is refused, and does not wait for an engine that ends
            engine.stop()


class _Builds:
    """
    Build after build. `folders` are those that the last one read: the policies', and where their replaces lead.
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

    def again(self) -> None:
        try:
            binary, self.folders = self._build()
            if self._engine.replace(binary):
                log.info("watch: serving at %s", self._address)
        except PolicyTasksError as error:
            log.error("%s", error)  # noqa: TRY400 - the error tells what to do, a traceback does not


def _follow(changes: Callable[..., object], builds: _Builds, engine: RunningEngine, build_dir: Path) -> None:
    """
    Build with each change, until one reads other folders than are watched.
    """
    watched = builds.folders
    first = True  # what changed before anybody watched is seen by one more build, which is quick where nothing did
    for found in changes(  # type: ignore[attr-defined]
        *watched,
        watch_filter=lambda _, path: _matters(Path(path), build_dir),
        debounce=_BURST,
        rust_timeout=_LOOK,
        yield_on_timeout=True,
    ):
        engine.tell_if_ended()
        if found or first:
            builds.again()
        if builds.folders != watched:
            return
        first = False


def _matters(path: Path, build_dir: Path) -> bool:
    """
    Whether a change of this file may change what is built: not in the build directory, not what editors and git leave.
    """
    hidden = path.name.startswith(".") or path.name.endswith("~") or ".git" in path.parts
    return not hidden and not path.is_relative_to(build_dir)


def _watcher() -> Callable[..., object]:
    try:
        from watchfiles import watch
    except ImportError:
        raise ToolError.of(
            "the package watchfiles is missing",
            where="the Python environment",
            why="it tells when a policy changes",
            fix="run: pip install 'policy-tasks[watch]'",
        ) from None
    return watch
