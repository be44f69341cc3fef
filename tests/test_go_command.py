"""
Finding the go command, and what is in its place.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_tasks.errors import ToolError
from policy_tasks.toolchain.go_command import find_go
from policy_tasks.toolchain.process import Processes


def _program(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("says", ["echo switching versions; echo {}", "echo '{}'", "exit 3", "echo '[]'"])
def test_a_go_that_is_none_is_told(says: str, tmp_path: Path) -> None:
    """A wrapper that talks, or anything else that does not answer as Go does, is an error of the machine, with what it said."""
    go = _program(tmp_path / "go", says)
    with pytest.raises(ToolError) as caught:
        find_go(str(go), tmp_path, Processes())
    assert caught.value.where == str(go)
