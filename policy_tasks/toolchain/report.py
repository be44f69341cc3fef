"""
The reports of a run: a JSON document, and a textfile for Prometheus's node_exporter.

Formats: https://prometheus.io/docs/instrumenting/exposition_formats/ and, for the file's name and how it is replaced,
https://github.com/prometheus/node_exporter#textfile-collector.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from policy_tasks.errors import PolicyTasksError
from policy_tasks.model import staged, summary
from policy_tasks.toolchain.measurements import Measurements
from policy_tasks.toolchain.output_file import save_text

_BUG = 1
_INTERRUPTED = 130


def write_reports(run: Measurements) -> None:
    """
    Write the reports that the run's settings ask for, each in one step. Raises `OutputError`.
    """
    facts = report(run)
    wanted = run.settings.metrics
    if wanted.report:
        save_text(
            json.dumps(facts, indent=2) + "\n",
            run.settings.path(wanted.report),
            "a report",
            "metrics.report (--report)",
        )
    if wanted.textfile:
        save_text(textfile(facts), run.settings.path(wanted.textfile), "a report", "metrics.textfile (--textfile)")


def report(run: Measurements) -> dict[str, Any]:
    """
    The JSON report: what the run made, how long that took, and how it ended.
    """
    from policy_tasks import __version__

    image = run.settings.image
    code = _exit_code(run.error)
    return {
        "policy_tasks": __version__,
        "image": f"{image.repo}:{image.tag}",
        "asked": run.asked,
        "started": datetime.fromtimestamp(run.started, UTC).isoformat(timespec="milliseconds"),
        "outcome": "success" if not code else "failure",
        "exit_code": code,
        **({"failed": run.stage} if code and run.stage else {}),
        "problems": run.error.document()["problems"] if isinstance(run.error, PolicyTasksError) else [],
        "seconds": {stage: round(seconds, 6) for stage, seconds in run.seconds.items()},
        **_counts(run.values),
        **{key: summary(run.values[kind]) for key, kind in _MADE.items() if kind in run.values},
        "reused": run.directory.reused() if run.directory and not code else {},
    }


# The values that the report has, by their keys.
_MADE = {"binary": "Binary", "built": "Image", "published": "Published", "tests": "Tested"}


def _counts(values: Mapping[str, Any]) -> dict[str, int]:
    found = values.get("PolicySet")
    if not found:
        return {}
    modules = sum(not module.helper for module in staged(found.modules))
    return {"policies": len(found.policies), "near_misses": len(found.near_misses), "modules": modules}


def _exit_code(error: BaseException | None) -> int:
    """
    The code with which the doors end a run: a signal's is 128 and its number.
    """
    if error is None:
        return 0
    if isinstance(error, PolicyTasksError):
        return error.exit_code
    if isinstance(error, SystemExit) and isinstance(error.code, int):
        return error.code
    return _INTERRUPTED if isinstance(error, KeyboardInterrupt) else _BUG


class Metric(NamedTuple):
    """
    A gauge, with a value for each set of labels.
    """

    name: str
    help: str
    values: Sequence[tuple[Mapping[str, str], float]]


def textfile(facts: Mapping[str, Any]) -> str:
    """
    The report as Prometheus reads it. Every metric is labelled with the image's name, so that several engines' files can
    lie beside each other.
    """
    lines = []
    for metric in _metrics(facts):
        name = f"policy_tasks_build_{metric.name}"
        lines += [f"# HELP {name} {metric.help}", f"# TYPE {name} gauge"]
        for labels, value in metric.values:
            said = ",".join(f'{key}="{_escaped(text)}"' for key, text in {"image": facts["image"], **labels}.items())
            lines.append(f"{name}{{{said}}} {value!r}")
    return "\n".join(lines) + "\n"


def _metrics(facts: Mapping[str, Any]) -> Iterator[Metric]:
    seconds = dict(facts["seconds"])
    started = datetime.fromisoformat(facts["started"]).timestamp()
    yield Metric("info", "What was built, and with what.", [(_info(facts), 1)])
    yield Metric("success", "Whether the last run ended well.", [({}, int(facts["exit_code"] == 0))])
    yield Metric("exit_code", "The exit code of the last run.", [({}, facts["exit_code"])])
    yield Metric("start_time_seconds", "When the last run began, in Unix time.", [({}, started)])
    yield Metric("duration_seconds", "How long the last run took.", [({}, seconds.pop("total"))])
    stages = [({"stage": stage}, value) for stage, value in seconds.items()]
    reused = [({"cache": name}, int(hit)) for name, hit in facts["reused"].items()]
    for metric in (
        Metric("stage_duration_seconds", "How long the last run spent on each stage.", stages),
        Metric("policies", "The policies that were found.", _one(facts.get("policies"))),
        Metric("near_misses", "What is nearly a policy, and was not taken.", _one(facts.get("near_misses"))),
        Metric("modules", "The modules that hold the policies.", _one(facts.get("modules"))),
        Metric("binary_bytes", "The size of the binary.", _one(facts.get("binary", {}).get("size"))),
        Metric("reused", "Whether the last run took what an earlier one had made.", reused),
    ):
        if metric.values:
            yield metric


def _info(facts: Mapping[str, Any]) -> dict[str, str]:
    binary, built = facts.get("binary", {}), facts.get("built", {})
    known = {"version": facts["policy_tasks"], "asked": facts["asked"]}
    known |= {key: binary[key] for key in ("go", "platform") if key in binary}
    return known | {key: built[key] for key in ("engine", "base") if key in built}


def _one(value: float | None) -> Sequence[tuple[Mapping[str, str], float]]:
    return [] if value is None else [({}, value)]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
