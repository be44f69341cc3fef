"""
What a server takes: memory and goroutines, its own and those of the processes that it has started. Linux only.
"""

from __future__ import annotations

import re
import statistics
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from servers import Server

FEWEST_SAMPLES = 8

# What counts as growth: a fifth more, and more than what the requests that are going on just now explain.
GROWTH = 1.2
SLACK = {"memory": 2 << 20, "goroutines": 10}


@dataclass(frozen=True, slots=True)
class Sample:
    """
    Resident memory in bytes, of the server and of its worker processes together, and the server's goroutines.
    """

    memory: int
    workers: int
    workers_memory: int
    goroutines: int

    @classmethod
    def of(cls, server: Server) -> Sample:
        """
        A sample of a server that has /metrics.
        """
        children = _children(server.process.pid)
        return cls(
            _resident(server.process.pid),
            len(children),
            sum(map(_resident, children)),
            _metric(server, "go_goroutines"),
        )

    def __str__(self) -> str:
        mib = 1 << 20
        return f"{self.memory / mib:.1f} MiB | {self.workers} | {self.workers_memory / mib:.1f} MiB | {self.goroutines}"


def growth(samples: Sequence[Sample]) -> list[str]:
    """
    What has grown: the median of the last quarter of the samples against that of the second, since the first warms up.
    """
    if len(samples) < FEWEST_SAMPLES:
        return [f"whether the server grew is not known: {len(samples)} samples are too few"]
    quarter = len(samples) // 4
    grown = []
    for name, slack in SLACK.items():
        early, late = (
            statistics.median(getattr(each, name) for each in part)
            for part in (samples[quarter : 2 * quarter], samples[-quarter:])
        )
        if late > early * GROWTH + slack:
            grown.append(f"the server's {name} grew from {early:,.0f} to {late:,.0f}")
    return grown


def _children(pid: int) -> list[int]:
    found = [int(each) for file in Path(f"/proc/{pid}/task").glob("*/children") for each in file.read_text().split()]
    return found + [each for child in found for each in _children(child)]


def _resident(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:  # a worker that has just ended
        return 0
    resident = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    return int(resident[1]) * 1024 if resident else 0  # a zombie has none


def _metric(server: Server, name: str) -> int:
    with urllib.request.urlopen(server.url + "/metrics", timeout=10) as answer:
        text = answer.read().decode()
    value = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
    if not value:
        raise SystemExit(f"{server.url}/metrics has no {name}")
    return int(float(value[1]))
