"""
The server of a built engine, asked by programs that others have written: Prometheus's parser, schemathesis, Docker.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from policy_tasks import compile, load_settings
from tests.conftest import run_console

pytestmark = pytest.mark.needs("go")

IMAGE = "policy-tasks-test/serve"
POLICY = """package guard

import (
	"context"
	"errors"
)

type Policy struct{}

func (*Policy) Name() string { return "guard" }

func (*Policy) Validate() error { return nil }

// Execute allows all but the text "deny", and fails on the text "fail".
func (*Policy) Execute(_ context.Context, input any) (any, error) {
	if input == "fail" {
		return nil, errors.New("told to")
	}
	return input != "deny", nil
}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    A project with one policy, whose build directory stays warm.
    """
    root = tmp_path_factory.mktemp("project")
    folder = root / "policies" / "guard"
    folder.mkdir(parents=True)
    (folder / "go.mod").write_text("module example.com/guard\n\ngo 1.21\n")
    (folder / "policy.go").write_text(POLICY)
    return root


@pytest.fixture(scope="module")
def binary(project: Path) -> Path:
    """
    The project's engine.
    """
    return compile(load_settings(project)).path


@contextmanager
def serving(binary: Path, *arguments: str) -> Iterator[str]:
    """
    A server on a port that is free, which has to end well: its URL.
    """
    command = [str(binary), "serve", "--addr", "127.0.0.1:0", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        lines = map(json.loads, process.stderr)
        address = next(line["addr"] for line in lines if line["msg"] == "listening")
        try:
            yield f"http://{address}"
        finally:
            process.terminate()
            process.communicate(timeout=20)
    assert process.returncode == 0


def ask(url: str, body: Any = None) -> tuple[int, str]:
    """
    The status and the body of the answer to a document, or to a GET without one.
    """
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_metrics_are_read_by_prometheus(binary: Path) -> None:
    """Prometheus's own parser reads the metrics, and they count what was asked."""
    with serving(binary) as url:
        for value in ("allow", "deny", "deny", "fail"):
            ask(f"{url}/v1/policies/guard/execute", {"input": value})
        families = {family.name: family for family in text_string_to_metric_families(ask(f"{url}/metrics")[1])}
    assert all(family.documentation and family.type != "unknown" for family in families.values())
    ended = {
        s.labels["outcome"]: s.value for s in families["policy_executions"].samples if s.labels["policy"] == "guard"
    }
    assert (ended["ok"], ended["error"]) == (3, 1)
    requests = families["http_request_duration_seconds"]
    counted = {(s.labels["handler"], s.labels["code"]): s.value for s in requests.samples if s.name.endswith("_count")}
    assert counted["/v1/policies/{name}/execute", "200"] == 3
    assert counted["/v1/policies/{name}/execute", "500"] == 1
    buckets = [
        s.value
        for s in requests.samples
        if s.name.endswith("_bucket") and s.labels["code"] == "200" and "{name}/execute" in s.labels["handler"]
    ]
    assert buckets == sorted(buckets)


@pytest.mark.parametrize(
    ("path", "excluded"),
    [
        (r"^(?!.*(kubernetes|envoy)).*$", "not_a_server_error"),  # a timeout of 1ms may be over: see below
        (r"envoy", "unsupported_method"),  # any method can be asked about, and the document can name eight
        (r"kubernetes$", "negative_data_rejection"),  # what is no review is denied, with status 200
    ],
)
def test_server_is_as_its_openapi_document_says(binary: Path, path: str, excluded: str) -> None:
    """schemathesis finds no answer that the document does not describe, to requests that it does and does not."""
    with serving(binary) as url:
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", "--include-path-regex", path]
        command += ["--checks", "all", "--exclude-checks", excluded, "--max-examples", "50", "--no-color"]
        done = subprocess.run(
            [*command, "--generation-database", "none"], capture_output=True, text=True, check=False, timeout=300
        )
        metrics = ask(f"{url}/metrics")[1]
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'code="200"' in metrics
    assert not re.findall('code="50[0-3]"', metrics)


def _docker(*arguments: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=check)
    return done.stdout + done.stderr


@contextmanager
def container(*arguments: str) -> Iterator[tuple[str, str]]:
    """
    The server in a container without rights, its port published: the container and the URL.
    """
    hard = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "-p", "127.0.0.1::8080"]
    name = _docker("run", "-d", *hard, IMAGE, "serve", *arguments).strip()
    try:
        yield name, f"http://{_docker('port', name, '8080').strip()}"
    finally:
        _docker("rm", "-f", name)


def until_healthy(name: str) -> None:
    """
    Wait until the engine's own healthcheck, in the container, says that the server is ready.
    """
    for _ in range(100):
        command = ["docker", "exec", name, "/app/policy-engine", "healthcheck"]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.1)
    pytest.fail(_docker("logs", name))


@pytest.mark.needs("docker")
def test_container_answers_when_it_is_told_to_listen_outside(project: Path) -> None:
    """A container answers from outside with --addr 0.0.0.0:8080; without it nobody is let in, and its log says how to."""
    made = run_console("image", "--engine", "docker", "--base", "static", "--repo", IMAGE, cwd=project)
    assert made.returncode == 0, made.stderr
    try:
        with container("--addr", "0.0.0.0:8080") as (name, url):
            until_healthy(name)
            assert ask(f"{url}/v1/policies/guard/execute", {"input": "allow"}) == (200, '{"result":true}\n')
            assert "say who may" in _docker("logs", name)
            _docker("stop", name)
            assert _docker("inspect", "-f", "{{.State.ExitCode}}", name).strip() == "0"
        with container() as (name, url):
            until_healthy(name)
            with pytest.raises((urllib.error.URLError, ConnectionError)):
                ask(f"{url}/livez")
            assert "--addr 0.0.0.0:PORT lets others in" in _docker("logs", name)
    finally:
        _docker("rmi", "-f", IMAGE, check=False)
