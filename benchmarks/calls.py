"""
What a call of a policy costs in each way to call it, as ratios over a direct call through an interface.

    python benchmarks/calls.py [--rounds 10] [--seconds 0.2]

Runs the Go benchmarks in benchmarks/calls round by round and compares the fastest round of each way: what else the machine does
only adds to a call, and to one of 50 ns a lot. The output of all rounds, in Go's benchmark format, is kept in
build/benchmarks/calls.txt. Needs Go and a C compiler.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RECORD = HERE.parent / "build/benchmarks/calls.txt"
LINE = re.compile(r"^BenchmarkCall/(\S+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op\s+\d+ B/op\s+(\d+) allocs/op$", re.MULTILINE)
BASE = "direct"


def main() -> None:
    """
    Print a table: a row for each way, with its time over the direct call's, what it adds in ns, and its allocations.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=0.2, help="for each way, in each round")
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds <= 0:
        parser.error("without rounds and seconds nothing is measured")
    for program in ("go", "cc"):
        if not shutil.which(program):
            sys.exit(f"calls.py: {program} is not on PATH; package plugin needs Go and a C compiler")
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text("".join(_round(options.seconds) for _ in range(options.rounds)))
    _report(RECORD.read_text())


def _round(seconds: float) -> str:
    command = ["go", "test", "-count=1", "-run=^$", "-bench=BenchmarkCall", f"-benchtime={seconds}s", "."]
    done = subprocess.run(
        command, cwd=HERE / "calls", env={**os.environ, "CGO_ENABLED": "1"}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"calls.py: {' '.join(command)} failed in benchmarks/calls:\n{done.stdout}{done.stderr}")
    return done.stdout


def _report(output: str) -> None:
    times: dict[str, float] = {}
    allocations: dict[str, int] = {}
    for way, took, count in LINE.findall(output):
        times[way] = min(times.get(way, float("inf")), float(took))
        allocations[way] = int(count)
    print(f"| way | over {BASE} | adds | allocations |")
    print("|---|---|---|---|")
    for way, took in times.items():
        print(f"| {way} | {took / times[BASE]:.2f} | {took - times[BASE]:,.0f} ns | {allocations[way]} |")


if __name__ == "__main__":
    main()
