"""
Files from places that anybody may have filled: regular ones are read, also behind a link, and nothing else is waited for.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from policy_tasks import Settings
from policy_tasks.errors import OutputError
from policy_tasks.project import find_root, load_settings
from policy_tasks.regular_file import read_regular
from policy_tasks.toolchain.build_lock import locked_build_directory
from policy_tasks.toolchain.go_program import find_program
from policy_tasks.toolchain.lock_file import LockFile

LOCK = b'format = 1\ncore = "sha256:0"\ngo = "1.26.0"\n'


def test_a_regular_file_is_read_and_nothing_else(tmp_path: Path) -> None:
    """A folder, a FIFO and a device are errors at once, and so is a file that is too large."""
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "zero").symlink_to("/dev/zero")
    assert read_regular(tmp_path / "file", 3) == read_regular(tmp_path / "link", 3) == b"abc"
    for name in (".", "fifo", "zero", "none"):
        with pytest.raises(OSError, match=r"."):
            read_regular(tmp_path / name)
    with pytest.raises(OSError, match="more than 2 bytes"):
        read_regular(tmp_path / "file", 2)
    with pytest.raises(OSError, match=r"."):
        read_regular(tmp_path / "link", links=False)


def test_the_lock_may_be_a_link_and_no_fifo(tmp_path: Path) -> None:
    """A link is followed; for a FIFO there is an error that names it."""
    place, settings = tmp_path / "policy-tasks.lock", Settings(root=tmp_path)
    (tmp_path / "kept").write_bytes(LOCK)
    place.symlink_to("kept")
    with locked_build_directory(tmp_path / "build") as directory:
        assert LockFile(settings, directory).content["go"] == "1.26.0"
        place.unlink()
        os.mkfifo(place)
        with pytest.raises(OutputError, match="the lock cannot be read") as caught:
            _ = LockFile(settings, directory).content
    assert caught.value.where == str(place)
    assert "FIFO" in caught.value.why


def test_the_settings_may_be_a_link_and_no_fifo(tmp_path: Path) -> None:
    """A FIFO is no pyproject.toml, and nobody waits for it."""
    (tmp_path / "kept").write_text('[tool.policy-tasks]\nrepo = "mine"\n')
    (tmp_path / "pyproject.toml").symlink_to("kept")
    assert load_settings(tmp_path).image.repo == "mine"
    (tmp_path / "pyproject.toml").unlink()
    os.mkfifo(tmp_path / "pyproject.toml")
    assert find_root(tmp_path) == tmp_path
    assert load_settings(tmp_path).image.repo == "policy-engine"


def test_a_fifo_is_no_go_command_to_wait_for(tmp_path: Path) -> None:
    """It is found where it may be run, and fails when it is."""
    os.mkfifo(tmp_path / "go", 0o755)
    os.chmod(tmp_path / "go", 0o755)
    assert shutil.which(str(tmp_path / "go"))
    assert find_program(str(tmp_path / "go")) == tmp_path / "go"
