"""
A build directory that is named by its way up, or behind a link: what is told are the user's own files all the same.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_tasks import discover, load_settings
from policy_tasks.errors import PolicyError
from tests.conftest import write_policy

pytestmark = pytest.mark.needs("go")

NEARLY = """
type Nearly struct{ Policy }

func (Nearly) Execute() error { return nil }
"""


@pytest.mark.parametrize("build_dir", ["../b", "../x/../b", "far/../b", "far/b"])
def test_the_users_own_files_are_told(build_dir: str, tmp_path: Path) -> None:
    """Of policies, near misses and errors."""
    project, far = tmp_path / "project", tmp_path / "somewhere" / "far"
    far.mkdir(parents=True)
    project.mkdir()
    (project / "far").symlink_to(far)
    code = write_policy(project / "policies" / "a", "example.com/a", extra=NEARLY) / "policy.go"
    settings = load_settings(project, build_dir=build_dir)
    found = discover(settings)
    assert [each.file for each in found.policies] == [each.file for each in found.near_misses] == [code]
    code.write_text(code.read_text() + "\nvar x int = true\n")
    with pytest.raises(PolicyError) as caught:
        discover(settings)
    assert caught.value.where.startswith(f"{code}:")
    assert str(settings.build_dir) not in str(caught.value)
