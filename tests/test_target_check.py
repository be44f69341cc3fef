"""
What a run would write over something else is refused before anything is made.
"""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

import policy_tasks
from policy_tasks.errors import SettingsError
from policy_tasks.project import load_settings
from policy_tasks.toolchain.lock_content import as_text
from policy_tasks.toolchain.measurements import measured
from policy_tasks.toolchain.target_check import check_targets
from tests.conftest import write_policy

CODE = "policies/hello/policy.go"


def _refused(root: Path, **given: Any) -> SettingsError:
    """
    The error of a run with these settings, which leaves every file as it was.
    """
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    with pytest.raises(SettingsError) as caught:
        policy_tasks.image(load_settings(root, engine="oci", **given))
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before
    return caught.value


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"report": CODE}, "begins with package hello"),
        ({"textfile": CODE}, "no textfile on a run"),
        ({"output": CODE}, "no tar archive"),
        ({"output": "policies/hello/go.mod"}, "begins with module example.com/hello"),
        ({"archive_dir": "."}, "begins with not a tar"),
        ({"lock": "policies/hello/go.mod", "update": True}, "no lock of ours"),
        ({"report": "pyproject.toml"}, "begins with [tool"),
        ({"report": "link"}, "begins with package hello"),
        ({"report": "other.json"}, "no JSON report on a run"),
        ({"report": "x/../other.json"}, "no JSON report on a run"),
    ],
)
def test_a_file_of_somebodys_is_not_replaced(given: dict[str, Any], told: str, tmp_path: Path) -> None:
    """It is named with its setting, and what it begins with."""
    write_policy(tmp_path / "policies" / "hello", "example.com/hello")
    (tmp_path / "pyproject.toml").write_text("[tool.policy-tasks]\n")
    (tmp_path / "other.json").write_text('{"mine": {"policy_tasks": 1}}')
    (tmp_path / "policy-engine.tar").write_text("not a tar\n" * 99)
    (tmp_path / "link").symlink_to(CODE)
    error = _refused(tmp_path, **given)
    assert "would replace another file" in error.what
    assert told in error.why


@pytest.mark.parametrize(
    "given",
    [
        {"report": "x", "textfile": "./x"},
        {"report": "x", "output": "y/../x"},
        {"textfile": "y/x", "output": "to-y/x"},
        {"report": "to-x", "output": "x"},
        {"report": "policy-tasks.lock", "update": True},
        {"report": "policy-tasks.lock"},
        {"output": "new.lock", "lock": "new.lock"},
        {"archive_dir": "y", "report": "y/policy-engine.tar"},
    ],
)
def test_two_targets_are_not_one_file(given: dict[str, Any], tmp_path: Path) -> None:
    """By whichever way they are named."""
    (tmp_path / "y").mkdir()
    (tmp_path / "to-y").symlink_to("y")
    (tmp_path / "to-x").symlink_to("x")
    assert "would be one file" in _refused(tmp_path, **given).what


def test_what_an_earlier_run_wrote_is_replaced(tmp_path: Path) -> None:
    """So is an empty file, as `mktemp` makes one, and a lock by its usual name, in whichever state."""
    names = {"report": "a.json", "textfile": "a.prom", "output": "a.tar", "lock": "a.lock"}
    settings = load_settings(tmp_path, update=True, **names)
    for name in names.values():
        (tmp_path / name).touch()
    check_targets(settings)
    with measured("image", settings):
        pass
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("x"), io.BytesIO())
    lock = as_text({"format": 1, "go": "1.26"})
    for text in (lock, lock.partition("\n")[2], f"<<<<<<< HEAD\n{lock}"):
        (tmp_path / "a.lock").write_text(text)
        check_targets(settings)
    (tmp_path / "policy-tasks.lock").write_text("\0")
    check_targets(load_settings(tmp_path, update=True))


def test_what_is_no_file_is_left_to_who_writes_it(tmp_path: Path) -> None:
    """A FIFO keeps nobody waiting."""
    os.mkfifo(tmp_path / "fifo")
    check_targets(load_settings(tmp_path, report="fifo", textfile=".", output="gone/x"))
