"""
The main job, for real: a folder of policies in, an image that runs out.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import policy_tasks
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
    from policy_tasks.toolchain.process import Processes

    folder = tmp_path / "policies" / "u"
    folder.mkdir(parents=True)
    (folder / "policy.go").write_text(THIRD_PARTY)
    go = find_go("", tmp_path, Processes())
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


@pytest.mark.needs("go")
def test_the_engine_knows_where_its_policies_come_from(tmp_path: Path) -> None:
    """The list has each policy's module and the digest of its files as the manifest has it, after an edit as well."""
    for name in ("one", "two"):
        write_policy(tmp_path / "policies" / name, f"example.com/{name}")
    digests = []
    for edit in ("", "// edited\n"):
        with (tmp_path / "policies" / "one" / "policy.go").open("a") as file:
            file.write(edit)
        binary = run_console("compile", cwd=tmp_path).stdout.strip()
        listed = subprocess.run([binary, "list"], capture_output=True, check=True)
        found = {each["module"]: each["digest"] for each in json.loads(listed.stdout)["policies"]}
        manifest = json.loads((tmp_path / "build" / "policy-engine" / "manifest.json").read_text())
        assert found == {each["path"]: each["digest"] for each in manifest["modules"]}
        digests.append(found)
    assert digests[0]["example.com/one"] != digests[1]["example.com/one"]
    assert digests[0]["example.com/two"] == digests[1]["example.com/two"]


@pytest.mark.needs("go")
def test_a_decision_leads_to_the_build_that_took_it(tmp_path: Path) -> None:
    """`version` has the digest of the binary that the manifest has, and another after an edit of a policy."""
    write_policy(tmp_path / "policies" / "one", "example.com/one")
    versions = []
    for edit in ("", "\nfunc init() { println(1) }\n"):
        with (tmp_path / "policies" / "one" / "policy.go").open("a") as file:
            file.write(edit)
        binary = run_console("compile", cwd=tmp_path).stdout.strip()
        version = json.loads(subprocess.run([binary, "version"], capture_output=True, check=True).stdout)
        manifest = json.loads(Path(f"{binary}.manifest.json").read_text())
        assert version["version"] == policy_tasks.__version__
        assert version["build"] == f"sha256:{manifest['binary']['sha256']}"
        versions.append(version)
    assert versions[0]["build"] != versions[1]["build"]
    assert versions[0]["policies"] != versions[1]["policies"]


LIBRARY = """package {package}

import (
	"context"

	"example.com/lib"
)

type Policy struct{{}}

func (Policy) Name() string {{ return "{package}" }}

func (Policy) Execute(ctx context.Context, input any) (any, error) {{ return lib.Answer, nil }}

func (Policy) Validate() error {{ return nil }}
"""


@pytest.mark.needs("go")
@pytest.mark.parametrize("version", ["", " v1.2.3"])
def test_replaces_of_two_policies_have_to_agree(version: str, tmp_path: Path) -> None:
    """A replace holds for all; two that differ are an error with both lines, also when one is for a single version."""
    for number in (1, 2):
        (tmp_path / f"lib{number}").mkdir()
        (tmp_path / f"lib{number}" / "go.mod").write_text("module example.com/lib\n")
        (tmp_path / f"lib{number}" / "lib.go").write_text(f"package lib\n\nconst Answer = {number}\n")
    for name, directive in (("a", "example.com/lib => ../../lib1"), ("b", f"example.com/lib{version} => ../../lib2")):
        folder = tmp_path / "policies" / name
        folder.mkdir(parents=True)
        (folder / "policy.go").write_text(LIBRARY.format(package=name))
        (folder / "go.mod").write_text(
            f"module example.com/{name}\n\ngo 1.21\n\nrequire example.com/lib v1.2.3\n\nreplace {directive}\n"
        )
    refused = run_console("compile", cwd=tmp_path)
    assert refused.returncode == 3
    assert f"{tmp_path}/policies/a/go.mod:7 and {tmp_path}/policies/b/go.mod:7" in refused.stderr
    (folder / "go.mod").write_text((folder / "go.mod").read_text().replace("lib2", "lib1"))
    agreed = run_console("compile", cwd=tmp_path)
    assert agreed.returncode == 0, agreed.stderr
    ran = subprocess.run([agreed.stdout.strip()], capture_output=True, check=True)
    assert [each["result"] for each in json.loads(ran.stdout)["results"]] == [1, 1]


@pytest.mark.needs("go")
def test_what_the_network_does_not_give_is_not_the_authors_fault(tmp_path: Path) -> None:
    """A module that cannot be downloaded has the exit code of other people's tools, and the fix names GOPROXY."""
    folder = write_policy(tmp_path / "policies" / "a", "example.com/a")
    (folder / "go.mod").write_text("module example.com/a\n\ngo 1.21\n\nrequire example.com/none v1.0.0\n")
    (folder / "other.go").write_text('package a\n\nimport _ "example.com/none"\n')
    env = {"GOPROXY": "http://127.0.0.1:1", "GOMODCACHE": str(tmp_path / "modules"), "GONOSUMDB": "*"}
    done = run_console("compile", cwd=tmp_path, env=env)
    assert done.returncode == 5, done.stderr
    assert "GOPROXY" in done.stderr


def test_a_run_without_policies_leaves_nothing(tmp_path: Path) -> None:
    """Where the policies folder is missing, no build directory is made."""
    assert run_console("image", cwd=tmp_path).returncode == 2
    assert not any(tmp_path.iterdir())
