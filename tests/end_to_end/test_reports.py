"""
Reports of whole runs, as those who run builds for others read them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import REGISTRY, run_console, write_policy

_FLAGS = ("--report", "report.json", "--textfile", "engine.prom")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one policy."""
    write_policy(tmp_path / "policies" / "a", "example.com/a")
    return tmp_path


def _report(root: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((root / "report.json").read_text())
    return report


def _metrics(root: Path) -> dict[str, dict[str, float]]:
    """Each metric's values by the stage, or the cache, that they are of."""
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families((root / "engine.prom").read_text()):
        for sample in family.samples:
            labels = sample.labels
            key = labels.get("stage") or labels.get("cache") or ""
            found.setdefault(sample.name.removeprefix("policy_tasks_build_"), {})[key] = sample.value
    return found


@pytest.mark.needs("go")
def test_an_image_is_reported(project: Path) -> None:
    """The report of an image says what was made, on what and by whom; of a second run, that all of it was there."""
    image = ("image", "--engine", "oci", "--base", "static", "--repo", "team/engine", "--tag", "v1")
    for again in (False, True):
        done = run_console(*image, *_FLAGS, cwd=project)
        assert done.returncode == 0, done.stderr
        report, metrics = _report(project), _metrics(project)
        assert set(report["seconds"]) == {"discover", "generate", "compile", "image", "total"}
        assert (report["built"]["engine"], report["built"]["base"], report["image"]) == (
            "oci",
            "static",
            "team/engine:v1",
        )
        assert report["reused"]["archive"] is again
        assert metrics["reused"]["archive"] == again
        assert metrics["stage_duration_seconds"]["image"] == report["seconds"]["image"]


@pytest.mark.needs("go", "registry")
def test_a_published_image_is_reported(project: Path) -> None:
    """The report of `publish` has its time and the digest in the registry."""
    repo = f"{REGISTRY}/policy-tasks-test/reports"
    done = run_console("publish", "--engine", "oci", "--base", "static", "--repo", repo, *_FLAGS, cwd=project)
    assert done.returncode == 0, done.stderr
    assert _report(project)["published"]["reference"] == done.stdout.strip()
    assert _metrics(project)["stage_duration_seconds"]["publish"] > 0


@pytest.mark.needs("go")
def test_a_failure_replaces_what_the_last_run_reported(project: Path) -> None:
    """A run that fails leaves nothing of the last run's values in the reports, and says in which stage it failed."""
    assert run_console("compile", *_FLAGS, cwd=project).returncode == 0
    assert "binary_bytes" in _metrics(project)
    write_policy(project / "policies" / "a", "example.com/a", extra="var broken int = nothing\n")
    assert run_console("compile", *_FLAGS, cwd=project).returncode == 3
    report, metrics = _report(project), _metrics(project)
    assert (report["outcome"], report["failed"], report["exit_code"]) == ("failure", "discover", 3)
    assert "undefined: nothing" in report["problems"][0]["why"]
    assert "binary_bytes" not in metrics
    assert (metrics["success"], metrics["exit_code"]) == ({"": 0.0}, {"": 3.0})


@pytest.mark.needs("go")
def test_a_run_that_is_ended_is_reported(project: Path) -> None:
    """A run that is told to end writes its report on the way out."""
    command = [sys.executable, "-m", "policy_tasks", "compile", *_FLAGS]
    env = {**os.environ, "GOCACHE": str(project / "empty")}  # so that Go has a lot to do
    with subprocess.Popen(command, cwd=project, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not (project / "empty").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 143
    report = _report(project)
    assert (report["outcome"], report["failed"], report["exit_code"]) == ("failure", "discover", 143)
    assert _metrics(project)["success"] == {"": 0.0}


@pytest.mark.needs("go")
def test_the_settings_of_the_project_ask_for_reports(project: Path) -> None:
    """A project's pyproject.toml, or a variable, can ask for reports of every run, at whichever door."""
    (project / "pyproject.toml").write_text('[tool.policy-tasks.metrics]\nreport = "out/report.json"\n')
    variable = {"POLICY_TASKS_METRICS_TEXTFILE": "out/engine.prom"}
    assert run_console("discover", cwd=project, env=variable).returncode == 0
    assert sorted(path.name for path in (project / "out").iterdir()) == ["engine.prom", "report.json"]


@pytest.mark.needs("go")
def test_a_report_that_cannot_be_written_fails_a_run_that_is_done(project: Path) -> None:
    """Where only the report fails, the binary is there, and the exit code says who has to act."""
    (project / "file").touch()
    done = run_console("compile", "--report", "file/report.json", cwd=project)
    assert done.returncode == 7
    assert "--report" in done.stderr
    assert list((project / "build/policy-engine/bin").glob("*/policy-engine"))
