"""
The project around the current folder: its root, and the settings that its `pyproject.toml` holds.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from policy_tasks.errors import PolicyTasksError, SettingsError, output_error
from policy_tasks.regular_file import read_regular
from policy_tasks.settings import Settings
from policy_tasks.settings_sources import Source, environment, merge

TABLE = "tool.policy-tasks"


def find_root(start: Path) -> Path:
    """
    The nearest folder upwards that holds a `tasks.py` or a `pyproject.toml` with our table; else `start` itself.
    """
    for folder in (start, *start.parents):
        tasks = (folder / "tasks.py", folder / "tasks" / "__init__.py")
        if any(map(os.path.isfile, tasks)) or _has_table(folder, start):
            return folder
    return start


def current_folder() -> Path:
    """
    The folder that we are in. Raises `SettingsError` where it is no longer there.
    """
    try:
        return Path.cwd()
    except OSError as error:
        raise SettingsError.of(
            "the current folder is gone",
            where=".",
            why=error.strerror or str(error),
            fix="change to a folder that exists",
        ) from None


def pyproject(root: Path) -> Source:
    """
    The settings of `[tool.policy-tasks]` in the root's `pyproject.toml`; none where there is no such file.
    """
    file = root / "pyproject.toml"
    try:
        return Source(name=f"[{TABLE}] in {file}", base=root, values=_table(root) or {})
    except PermissionError as error:
        raise _broken(file, error.strerror or str(error), "make it readable for the user who runs this") from None
    except OSError as error:
        raise output_error(error, file) from None


def _has_table(folder: Path, start: Path) -> bool:
    try:
        return _table(folder) is not None
    except PermissionError:  # above the folder that we are in, what we may not read is not ours
        return folder == start
    except (OSError, PolicyTasksError):  # this is the file that was meant: what is wrong is said when it is read
        return True


def _table(folder: Path) -> Mapping[str, Any] | None:
    file = folder / "pyproject.toml"
    text = _text(file)
    if "policy-tasks" not in text and "policy_tasks" not in text:
        return None
    if text.startswith("\ufeff"):
        raise _broken(file, "it begins with a byte order mark, which TOML does not know: save it as UTF-8 without one")
    try:
        tool = tomllib.loads(text).get("tool", {})
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _broken(file, str(error)) from None
    if not isinstance(tool, Mapping):
        raise _broken(file, "tool is not a table")
    if "policy_tasks" in tool:
        raise _broken(file, f"it has [tool.policy_tasks], which nobody reads: the name is [{TABLE}]")
    table = tool.get("policy-tasks")
    if table is not None and not isinstance(table, Mapping):
        raise _broken(file, f"[{TABLE}] is not a table")
    return table


def _text(file: Path) -> str:
    try:
        return read_regular(file).decode() if os.path.isfile(file) else ""
    except UnicodeDecodeError as error:
        raise _broken(file, f"it is not UTF-8: {error}") from None


def _broken(file: Path, why: str, fix: str = "correct that file") -> SettingsError:
    error = SettingsError.of("the settings cannot be read", where=file, why=why, fix=fix)
    assert isinstance(error, SettingsError)
    return error


def load_settings(root: Path | str | None = None, **settings: Any) -> Settings:
    """
    The settings of the project in `root` (by default around the current folder), with these on top of them.

    A setting is named by its key (`repo="engine"`) or in its section (`image={"repo": "engine"}`). Relative paths among
    them count from the project's root, as all do that are written in a file. Raises `SettingsError`.
    """
    here = current_folder()
    place = Path(root).absolute() if root else find_root(here)
    given = Source(name="the arguments", base=place, values=settings)
    return merge(place, pyproject(place), *environment(os.environ, here), given)
