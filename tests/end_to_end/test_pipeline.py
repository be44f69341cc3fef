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


THIRD_PARTY = """package u

import (
	"context"

	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

type Policy struct{}

func (*Policy) Name() string { return uuid.NameSpaceDNS.String() }

func (*Policy) Execute(ctx context.Context, input any) (any, error) { return jsonschema.NewCompiler() != nil, nil }

func (*Policy) Validate() error { return nil }
"""


@pytest.mark.needs("go", "proxy")
def test_modules_of_other_people_are_resolved_once(tmp_path: Path) -> None:
    """A policy may depend on modules that depend on others; once they are there, nothing is asked of the network."""
    from policy_tasks.toolchain.go_command import find_go

    folder = tmp_path / "policies" / "u"
    folder.mkdir(parents=True)
    (folder / "policy.go").write_text(THIRD_PARTY)
    go = find_go("", tmp_path)
    for arguments in (
        ("mod", "init", "example.com/u"),
        ("get", "github.com/google/uuid@v1.6.0", "github.com/santhosh-tekuri/jsonschema/v6@v6.0.2"),
        ("mod", "tidy"),
    ):
        done = go.run(*arguments, cwd=folder)
        assert done.code == 0, done.message
    for proxy in ({}, {"GOPROXY": "off"}):
        built = run_console("compile", cwd=tmp_path, env=proxy)
        assert built.returncode == 0, built.stderr
    # Standing there, one can go on with Go alone.
    alone = go.run("build", "-o", str(tmp_path / "alone"), ".", cwd=tmp_path / "build" / "policy-engine")
    assert alone.code == 0, alone.message
    ran = subprocess.run([built.stdout.strip()], capture_output=True, check=True)
    assert json.loads(ran.stdout)["results"] == [{"name": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "result": True}]


@pytest.mark.needs("go")
def test_a_thousand_policies_work(tmp_path: Path) -> None:
    """A thousand small modules are discovered, compiled and put into an image, and the engine has them all."""
    for number in range(1000):
        write_policy(tmp_path / "policies" / f"p{number}", f"example.com/p{number}")
    found = run_console("discover", "--format", "json", cwd=tmp_path)
    assert len(json.loads(found.stdout)["policies"]) == 1000
    built = run_console("image", "--engine", "oci", cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    binary = run_console("compile", cwd=tmp_path).stdout.strip()
    listed = subprocess.run([binary, "list"], capture_output=True, check=True)
    assert len(json.loads(listed.stdout)["policies"]) == 1000
