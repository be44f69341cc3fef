"""
What a run writes changes nothing of what the next one builds, wherever it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from policy_tasks import compile, image, load_settings
from policy_tasks.errors import PolicyError
from tests.conftest import write_policy

pytestmark = pytest.mark.needs("go")

LOCK = "policy-tasks.lock"
PLUGIN = """package plugin

import "context"

type Plugin interface {
	Name() string
	Execute(ctx context.Context, input any) (any, error)
	Validate() error
}
"""
MAIN = 'package main\n\nimport "example.com/app/plugin"\n\nfunc Register(plugin.Plugin) {}\n\nfunc main() {}\n'


def _at_the_root(root: Path) -> dict[str, Any]:
    write_policy(root, "example.com/app")
    return {"policies": ["."]}


def _as_core(root: Path) -> dict[str, Any]:
    write_policy(root / "policies" / "a", "example.com/a")
    (root / "plugin").mkdir()
    (root / "plugin" / "plugin.go").write_text(PLUGIN)
    (root / "go.mod").write_text("module example.com/app\n\ngo 1.21\n")
    (root / "main.go").write_text(MAIN)
    return {"main": ".", "interface": "example.com/app/plugin.Plugin", "register": "Register"}


def _behind_a_replace(root: Path) -> dict[str, Any]:
    (root / "go.mod").write_text("module example.com/app\n\ngo 1.21\n")
    (root / "app.go").write_text("package app\n\nconst Version = 1\n")
    extra = "\nvar _ = app.Version\n"
    folder = write_policy(root / "policies" / "a", "example.com/a", extra=extra)
    code = (folder / "policy.go").read_text().replace('"context"', '"context"\nimport "example.com/app"', 1)
    (folder / "policy.go").write_text(code)
    with (folder / "go.mod").open("a") as go_mod:
        go_mod.write("\nrequire example.com/app v0.0.0\n\nreplace example.com/app => ../..\n")
    return {}


@pytest.mark.parametrize("lay_out", [_at_the_root, _as_core, _behind_a_replace])
def test_a_lock_among_the_sources_holds(lay_out: Any, tmp_path: Path) -> None:
    """It is beside a policy, the core or what a replace leads to, and does not lock itself."""
    given = lay_out(tmp_path)
    made = compile(load_settings(tmp_path, **given, update=True))
    text = (tmp_path / LOCK).read_text()
    assert compile(load_settings(tmp_path, **given, locked=True)).sha256 == made.sha256
    compile(load_settings(tmp_path, **given, update=True))
    assert (tmp_path / LOCK).read_text() == text


def test_archives_and_reports_among_the_sources_change_nothing(tmp_path: Path) -> None:
    """Nor does what an interrupted run has left of one: three runs make one binary, and one archive."""
    given = _at_the_root(tmp_path)
    given |= {"output": "image.tar", "report": "report.json", "textfile": "out/run.prom", "engine": "oci"}
    made = set()
    for number in range(3):
        image(load_settings(tmp_path, **given))
        made.add((compile(load_settings(tmp_path, **given)).sha256, (tmp_path / "image.tar").read_bytes()))
        (tmp_path / f".report.json.{number}.partial").write_text("half")
    assert len(made) == 1


def test_what_a_run_writes_is_not_embedded(tmp_path: Path) -> None:
    """Go would say that it does not exist. A pattern that means other files too goes without it."""
    given = _at_the_root(tmp_path) | {"report": "data/report.json"}
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "more.json").write_text("{}")
    compile(load_settings(tmp_path, **given))
    embed = 'package app\n\nimport "embed"\n\n//go:embed {}\nvar Data embed.FS\n'
    (tmp_path / "embed.go").write_text(embed.format("data/*.json"))
    compile(load_settings(tmp_path, **given))
    (tmp_path / "embed.go").write_text(embed.format("data/more.json data/report.json"))
    with pytest.raises(PolicyError, match="what a run writes is embedded") as caught:
        compile(load_settings(tmp_path, **given))
    assert caught.value.where == str(tmp_path / "embed.go")
