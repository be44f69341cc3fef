"""
Where the compiled inspector is kept, and for how long.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from policy_tasks.toolchain.build_lock import locked_build_directory
from policy_tasks.toolchain.go_command import find_go
from policy_tasks.toolchain.inspector import make_inspector
from policy_tasks.toolchain.process import Processes

pytestmark = pytest.mark.needs("go")

_DAY = 24 * 60 * 60


def _leave(folder: Path, days: float) -> Path:
    folder.mkdir(parents=True)
    then = time.time() - days * _DAY
    os.utime(folder, (then, then))
    return folder


def test_each_release_of_go_has_one_inspector_wherever_it_is_installed(tmp_path: Path) -> None:
    """
    Compiled once in Go's cache. Another place of the same release, such as pip makes for each wheel, compiles no other; what was
    not used for a month goes when a new one comes, and what is used stays.
    """
    cache = tmp_path / "cache" / "policy-tasks"
    unused, used = _leave(cache / "unused", 31), _leave(cache / "used", 29)
    (tmp_path / "scratch").mkdir()
    found = find_go("", tmp_path / "scratch", Processes())
    go = found._replace(environment={**found.environment, "GOCACHE": str(tmp_path / "cache")})
    with locked_build_directory(tmp_path / "build") as directory:
        made = make_inspector(go, directory)
        assert not unused.exists()
        assert used.exists()
        (folder,) = set(cache.iterdir()) - {used}
        long_ago = time.time() - 20 * _DAY
        os.utime(folder, (long_ago, long_ago))
        moved = go._replace(path=tmp_path / "no-such-go", environment={**go.environment, "GOROOT": "/elsewhere"})
        again = make_inspector(moved, directory)
        assert time.time() - folder.stat().st_mtime < _DAY
        assert again.compress(b"x") == made.compress(b"x")
    assert set(cache.iterdir()) == {used, folder}
