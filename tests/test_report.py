"""
The reports of a run: what it made, how long that took, how it ended; also when it ended badly.
"""

from __future__ import annotations

import json
import logging
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

import policy_tasks
from policy_tasks.errors import OutputError, PolicyError, SettingsError
from policy_tasks.model import Binary
from policy_tasks.settings import Settings
from policy_tasks.settings_sources import Source, merge
from policy_tasks.toolchain.measurements import Measurements, measured
from policy_tasks.toolchain.report import report, textfile
from tests.conftest import write_policy


def _settings(root: Path, **values: Any) -> Settings:
    named = {"report": "out/report.json", "textfile": "out/engine.prom", **values}
    return merge(root, Source(name="test", base=root, values=named))


def _samples(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """What Prometheus reads: each metric's values by their labels, without the image's name."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge"
        assert family.documentation.endswith(".")
        for sample in family.samples:
            labels = tuple(sorted((key, value) for key, value in sample.labels.items() if key != "image"))
            found.setdefault(sample.name.removeprefix("policy_tasks_build_"), {})[labels] = sample.value
    return found


def _made(root: Path) -> tuple[dict[str, Any], dict[str, dict[tuple[tuple[str, str], ...], float]]]:
    document = json.loads((root / "out/report.json").read_text())
    return document, _samples((root / "out/engine.prom").read_text())


def test_a_stage_is_measured_and_what_it_made_is_told(tmp_path: Path) -> None:
    """Both reports have the time of every stage, the parts of one stage added up, and what was made."""
    binary = Binary(path=tmp_path / "engine", sha256="00", platform="linux/amd64", size=7, go="1.26.8")
    with measured("compile", _settings(tmp_path, repo="registry/e", tag="v1")) as times:
        times.time("discover", lambda: None)
        times.time("discover", lambda: None)
        times.time("compile", lambda: binary)
    document, metrics = _made(tmp_path)
    assert (document["outcome"], document["exit_code"], document["problems"]) == ("success", 0, [])
    assert (document["image"], document["asked"]) == ("registry/e:v1", "compile")
    assert (document["binary"]["size"], document["binary"]["go"]) == (7, "1.26.8")
    assert list(document["seconds"]) == ["discover", "compile", "total"]
    assert metrics["success"] == {(): 1.0}
    assert metrics["binary_bytes"] == {(): 7.0}
    assert metrics["duration_seconds"] == {(): document["seconds"]["total"]}
    for stage in ("discover", "compile"):
        assert metrics["stage_duration_seconds"][(("stage", stage),)] == document["seconds"][stage]
    (info,) = metrics["info"]
    assert {("go", "1.26.8"), ("platform", "linux/amd64"), ("version", policy_tasks.__version__)} <= set(info)


def test_a_stages_time_is_that_of_its_parts(tmp_path: Path) -> None:
    """The stages' times add up to no more than the total, and a part that fails counts as well."""
    times = Measurements("compile", _settings(tmp_path))
    for work in (lambda: sum(range(100_000)), lambda: 1 / 0):
        try:
            times.time("discover", work)
        except ZeroDivisionError:
            pass
        first = times.seconds["discover"]
    times.time("discover", lambda: sum(range(100_000)))
    assert times.seconds["discover"] > first > 0
    times.end(None)
    assert times.seconds["total"] >= times.seconds["discover"]


ENDS = [
    (PolicyError.of("a policy is wrong", where="p.go:1", why="it is", fix="correct it"), 3),
    (KeyboardInterrupt(), 130),
    (SystemExit(143), 143),
    (ZeroDivisionError(), 1),
]


@pytest.mark.parametrize(("error", "code"), ENDS)
def test_a_run_that_fails_is_reported_too(error: BaseException, code: int, tmp_path: Path) -> None:
    """Whatever ends a run, the reports say how and in which stage, and the error itself goes on to whoever asked."""

    def fail() -> None:
        raise error

    with pytest.raises(type(error)), measured("image", _settings(tmp_path)) as times:
        times.time("discover", fail)
    document, metrics = _made(tmp_path)
    assert (document["outcome"], document["exit_code"], document["failed"]) == ("failure", code, "discover")
    assert metrics["success"] == {(): 0.0}
    assert metrics["exit_code"] == {(): float(code)}
    assert [problem["what"] for problem in document["problems"]] == (["a policy is wrong"] if code == 3 else [])


def test_a_report_is_replaced_in_one_step(tmp_path: Path) -> None:
    """A report is a new file under the old name, readable like any other file, with nothing left beside it."""
    for _ in range(2):
        with measured("compile", _settings(tmp_path)):
            before = (tmp_path / "out/report.json").stat() if (tmp_path / "out").exists() else None
    after = (tmp_path / "out/report.json").stat()
    assert before
    assert after.st_ino != before.st_ino
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(after.st_mode) == 0o666 & ~umask
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["engine.prom", "report.json"]


def test_a_report_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """Where a report cannot be written the run ends with an error that names the setting, and leaves nothing beside it."""
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError) as raised, measured("compile", _settings(tmp_path, textfile="taken")):
        pass
    assert "--textfile" in raised.value.fix
    assert raised.value.where == str(tmp_path / "taken")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "taken"]


def test_a_report_takes_no_devices_place(tmp_path: Path) -> None:
    """A FIFO or a device is not replaced, which root could do to /dev/null."""
    os.mkfifo(tmp_path / "fifo")
    for setting in ("report", "textfile"):
        with pytest.raises(OutputError), measured("compile", _settings(tmp_path, **{setting: "fifo"})):
            pass
    assert (tmp_path / "fifo").is_fifo()


def test_a_failing_run_keeps_its_own_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where the run fails and the report cannot be written as well, the run's error is told, and the other in the story."""
    (tmp_path / "taken").mkdir()
    with (
        caplog.at_level(logging.WARNING, "policy_tasks"),
        pytest.raises(ZeroDivisionError),
        measured("compile", _settings(tmp_path, report="taken")),
    ):
        raise ZeroDivisionError
    assert "a report cannot be written" in caplog.text


def test_a_report_stays_out_of_the_build_directory(tmp_path: Path) -> None:
    """A report in the build directory, which another run would remove, is refused before anything is written."""
    with pytest.raises(SettingsError, match="a report would be in the build directory"):
        policy_tasks.compile(_settings(tmp_path, report="build/policy-engine/report.json"))
    assert not list(tmp_path.iterdir())


def test_nothing_is_written_unless_asked(tmp_path: Path) -> None:
    """Without the settings there is no report, and the code that writes one is not even loaded."""
    with measured("compile", Settings(root=tmp_path)) as times:
        times.time("discover", lambda: None)
    assert not list(tmp_path.iterdir())


@settings(deadline=None)  # the first call loads what later ones have
@given(st.text())
def test_any_label_is_read_as_it_was_meant(text: str) -> None:
    """A label's value reaches Prometheus as it is, whatever stands in it."""
    times = Measurements("compile", Settings(root=Path("/")))
    times.end(None)
    facts = {**report(times), "image": text}
    for family in text_string_to_metric_families(textfile(facts)):
        for sample in family.samples:
            assert sample.labels["image"] == text


@pytest.mark.needs("go")
def test_a_real_run_is_reported(tmp_path: Path) -> None:
    """A run of the pipeline reports its stages in order, its counts, and what it took from the run before."""
    write_policy(tmp_path / "policies/a", "example.com/a")
    nearly = 'type Nearly struct{}\n\nfunc (Nearly) Name() string { return "" }\n\nfunc (Nearly) Validate() error { return nil }\n'
    write_policy(tmp_path / "policies/b", "example.com/b", extra=nearly)
    for again in (False, True):
        policy_tasks.compile(_settings(tmp_path, policies=["policies"]))
        document, metrics = _made(tmp_path)
        assert list(document["seconds"]) == ["discover", "generate", "compile", "total"]
        assert sum(document["seconds"].values()) <= 2 * document["seconds"]["total"]
        assert (document["policies"], document["modules"], document["near_misses"]) == (2, 2, 1)
        assert document["binary"]["size"] == Path(document["binary"]["path"]).stat().st_size
        assert set(document["reused"].values()) == {again}
        assert set(metrics["reused"].values()) == {float(again)}
    assert metrics["policies"] == {(): 2.0}
