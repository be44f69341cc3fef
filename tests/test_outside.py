"""
What has to be outside the build directory is refused in it, before anything is made.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import policy_tasks
from policy_tasks.errors import SettingsError
from policy_tasks.project import load_settings
from policy_tasks.toolchain.outside import check_inputs


@pytest.mark.parametrize(
    "given",
    [
        {"lock": "build/a.lock", "update": True},
        {"lock": "x/../build/a.lock", "update": True},
        {"lock": "build/there.lock"},
        {"lock": "link/a.lock", "update": True},
        {"lock": "to-lock"},
        {"main": "build/app", "interface": "example.com/app.Plugin"},
        {"replaces": {"example.com/a": "./build/a"}},
        {"report": "link/report.json"},
        {"textfile": "x/../build/a.prom"},
    ],
)
def test_what_would_not_last_is_refused(given: dict[str, Any], tmp_path: Path) -> None:
    """By any of the paths that lead there."""
    for folder in ("policies", "x", "build"):
        (tmp_path / folder).mkdir()
    (tmp_path / "build" / "there.lock").write_text("mine")
    (tmp_path / "link").symlink_to("build")
    (tmp_path / "to-lock").symlink_to("build/there.lock")
    with pytest.raises(SettingsError, match="would be in the build directory"):
        policy_tasks.discover(load_settings(tmp_path, build_dir="build", **given))
    assert [path.name for path in (tmp_path / "build").iterdir()] == ["there.lock"]


def test_a_lock_that_nobody_asked_for_is_in_nobodys_way(tmp_path: Path) -> None:
    """The build directory may be the folder of the settings where there is no lock."""
    check_inputs(load_settings(tmp_path, build_dir="."))
