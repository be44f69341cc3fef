"""
The examples, as they stand in the repository.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY, run_console

EXAMPLES = REPOSITORY / "examples"
_ENGINES = ("example-edge", "example-core")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The engine with the policies of the original document."""
    folder = tmp_path_factory.mktemp("examples")
    built = run_console("compile", "--policies", str(EXAMPLES / "policies"), "--build-dir", "build", cwd=folder)
    assert built.returncode == 0, built.stderr
    return Path(built.stdout.strip())


def _run(engine: Path, value: Any) -> dict[str, Any]:
    ran = subprocess.run([str(engine)], input=json.dumps(value), capture_output=True, text=True, check=True)
    return {each["name"]: each.get("result", each.get("error")) for each in json.loads(ran.stdout)["results"]}


@pytest.mark.needs("go")
def test_the_policies_of_the_original_document_are_found(tmp_path: Path) -> None:
    """Each of the document's own policies is found, under the names that its imports.go uses, and none is a near miss."""
    found = run_console(
        "discover", "--policies", str(EXAMPLES / "policies"), "--build-dir", "build", "--format", "json", cwd=tmp_path
    )
    document = json.loads(found.stdout)
    assert [(each["package"], each["type"], each["module"]) for each in document["policies"]] == [
        ("github.com/user/policy1", "MyPolicy", "github.com/user/policy1"),
        ("github.com/user/policy2", "MyPolicy", "github.com/user/policy2"),
        ("github.com/user/test-policy", "TestPolicy", "github.com/user/test-policy"),
    ]
    assert document["near_misses"] == []


@pytest.mark.needs("go")
def test_the_policies_answer_without_an_input(engine: Path) -> None:
    """Every example policy has an answer to no input at all, which is what `docker run IMAGE` gives it."""
    assert _run(engine, None) == {
        "required-fields": {"allowed": False, "missing": ["name", "owner"]},
        "replica-limit": {"allowed": True, "limit": 10},
        "test-policy": "success",
    }
    empty = subprocess.run([str(engine)], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert empty.returncode == 0


@pytest.mark.needs("go")
def test_the_policies_decide(engine: Path) -> None:
    """The example policies tell a good input from a bad one."""
    good = _run(engine, {"name": "shop", "owner": "alice", "replicas": 10})
    assert good["required-fields"] == {"allowed": True, "missing": []}
    assert good["replica-limit"] == {"allowed": True, "limit": 10}
    bad = _run(engine, {"name": "shop", "replicas": 11})
    assert bad["required-fields"] == {"allowed": False, "missing": ["owner"]}
    assert bad["replica-limit"] == {"allowed": False, "limit": 10}


@pytest.mark.needs("go")
def test_a_policys_error_is_its_own(engine: Path) -> None:
    """An input that one policy cannot read is that policy's error, and the others answer."""
    ran = subprocess.run([str(engine)], input='{"replicas": "many"}', capture_output=True, text=True, check=False)
    results = {each["name"]: each for each in json.loads(ran.stdout)["results"]}
    assert "whole number" in results["replica-limit"]["error"]
    assert results["test-policy"]["result"] == "success"


@pytest.fixture
def two_engines(tmp_path: Path) -> Iterator[Path]:
    """A copy of the project with two engines."""
    yield shutil.copytree(EXAMPLES / "two_engines", tmp_path / "two engines")
    images = [f"{name}:{tag}" for name in _ENGINES for tag in ("latest", "v1")]
    subprocess.run(["docker", "rmi", "-f", *images], capture_output=True, check=False)


def _invoke(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "invoke", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=600, env=os.environ)


@pytest.mark.needs("docker")
def test_two_engines_are_built_in_one_go(two_engines: Path) -> None:
    """`invoke edge.image core.image` builds both engines, each with its own policies, and prints the name of each."""
    built = _invoke("edge.image", "core.image", cwd=two_engines)
    assert built.returncode == 0, built.stderr
    assert built.stdout.splitlines() == ["example-edge:latest", "example-core:latest"]
    held = []
    for image in built.stdout.split():
        listed = subprocess.run(["docker", "run", "--rm", image, "list"], capture_output=True, check=True)
        held.append([policy["name"] for policy in json.loads(listed.stdout)["policies"]])
    assert held == [["allow-list"], ["audit"]]


@pytest.mark.needs("docker")
def test_a_task_of_ones_own_uses_the_python_api(two_engines: Path) -> None:
    """The example's own task builds both images through the Python API, from whichever folder it is run."""
    built = _invoke("release", "--tag", "v1", cwd=two_engines / "policies")
    assert built.returncode == 0, built.stderr
    references = [line.split()[0] for line in built.stdout.splitlines()]
    assert references == ["example-edge:v1", "example-core:v1"]
    assert all(line.split()[1].startswith("sha256:") for line in built.stdout.splitlines())
