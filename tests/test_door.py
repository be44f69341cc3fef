"""
How a run ends with a stdout or stderr that cannot be written, and before it has begun.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from policy_tasks.__main__ import main
from policy_tasks.console import Console


def _shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    line = command.replace("policy-tasks", f"'{sys.executable}' -m policy_tasks")
    return subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("ask", ["--help", "--list", "--version", "image --help"])
@pytest.mark.parametrize("variable", ["PYTHONUNBUFFERED=1", "PYTHONUNBUFFERED="])
def test_help_that_cannot_be_written_is_an_error(ask: str, variable: str, tmp_path: Path) -> None:
    """Where stdout's disk is full the help ends with the error and exit code of any answer."""
    done = _shell(f"{variable} policy-tasks {ask} >/dev/full", tmp_path)
    assert done.returncode == 7
    assert done.stderr.startswith("error: a file cannot be read or written\n  where: stdout\n")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("ask", ["--help", "--list", "--version", "image --help"])
def test_help_that_nobody_wants_is_no_error(ask: str, tmp_path: Path) -> None:
    """Neither a reader who has gone nor a closed stdout gets anything said."""
    for nobody in ("| true", ">&-"):
        done = _shell(f"set -o pipefail; policy-tasks {ask} {nobody}", tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("nobody", ["2>&-", "2>/dev/full"])
def test_an_error_that_nobody_can_read_stays_off_stdout(nobody: str, tmp_path: Path) -> None:
    """With stderr closed or full an error is the exit code alone."""
    done = _shell(f"policy-tasks discover {nobody}", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


def test_ctrl_c_before_a_task_begins_is_told_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the command line is parsed it ends the program with the same exit code."""

    def interrupted(_: Console) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Console, "parse_tasks", interrupted)
    monkeypatch.setattr(sys, "argv", ["policy-tasks", "discover"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 130
