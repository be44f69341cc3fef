"""
The main job, for real: a folder of policies in, an image that runs out.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import run_console, write_policy


@pytest.mark.needs("docker")
def test_image_runs_and_stdout_is_its_name_alone(tmp_path: Path) -> None:
    """`docker run $(policy-tasks image)` prints the policies' results."""
    write_policy(tmp_path / "policies" / "a", "example.com/a")
    write_policy(tmp_path / "policies" / "b", "example.com/b")
    built = run_console("image", "--repo", "policy-tasks-test/main", cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    ran = subprocess.run(["docker", "run", "--rm", *built.stdout.split()], capture_output=True, check=True)
    assert json.loads(ran.stdout) == {"results": [{"name": "a", "result": "a"}, {"name": "b", "result": "b"}]}
