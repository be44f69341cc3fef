"""
What people do all day, timed: nothing changed, and one policy edited; against bare `go build` and, where it is installed, ko.

    python benchmarks/warm.py [--policies 2] [--rounds 7] [--imports net/http]

All run in turn, round by round, on the same generated module, and the medians are compared: only ratios mean anything. What the
policies import is linked by all alike: net/http stands for an engine of some size, `context` for the smallest there is. ko takes
its base from a registry: KO_DEFAULTBASEIMAGE, by default 127.0.0.1:5000/alpine:3.23, and pushes to KO_DOCKER_REPO.
"""

from __future__ import annotations

import argparse
import compileall
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import policy_tasks

POLICY = """package p{0}

import (
	"context"
	_ "IMPORTS"
)

type Policy struct{{}}

func (*Policy) Name() string {{ return "p{0}" }}

func (*Policy) Execute(ctx context.Context, input any) (any, error) {{ return "{1}", nil }}

func (*Policy) Validate() error {{ return nil }}
"""
FIELDS = "Dir,Error,Export,GoFiles,ImportPath,Module,Name"
BARE = ("go", "build", "-trimpath", "-buildvcs=false", "-pgo=off", "-ldflags=-s -w", "-o", "policy-engine", ".")


def main() -> None:
    """
    Print a table: a row for each tool, with its medians in seconds and over bare `go build`.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--policies", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--imports", default="net/http")
    options = parser.parse_args()
    compileall.compile_dir(str(Path(policy_tasks.__file__).parent), quiet=1)  # as pip does where it installs a wheel
    with tempfile.TemporaryDirectory() as scratch:
        policy = POLICY.replace("IMPORTS", options.imports)
        tools = _tools(Path(scratch), options.policies, policy)
        times: dict[str, list[list[float]]] = {name: [[], []] for name in tools}
        for number in range(options.rounds + 1):  # in turn, so that whatever else the machine does hits all alike
            for name, (folder, run) in tools.items():
                for kind in (1, 0):  # an edit first, then nothing: what both leave behind is warm
                    if kind:
                        folder.write_text(policy.format(0, random.random()))
                    took = _timed(run)
                    if number:  # the first round warms the caches
                        times[name][kind].append(took)
    _report(times)


def _tools(scratch: Path, count: int, policy: str) -> dict[str, tuple[Path, Callable[[], None]]]:
    project = scratch / "project"
    for number in range(count):
        folder = project / "policies" / f"p{number}"
        folder.mkdir(parents=True)
        (folder / "go.mod").write_text(f"module example.com/p{number}\n\ngo 1.26\n")
        (folder / "policy.go").write_text(policy.format(number, "first"))
    ours = [sys.executable, "-m", "policy_tasks"]
    _run([*ours, "generate"], project)
    generated = scratch / "generated"
    shutil.copytree(project / "build/policy-engine", generated)
    edited = generated / "policies/example.com-p0/policy.go"
    source = project / "policies/p0/policy.go"
    bare = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": ""}
    packages = [f"example.com/p{number}" for number in range(count)]
    listing = ("go", "list", "-e", "-export", *BARE[2:5], "-mod=mod", f"-json={FIELDS}", "--", *packages)
    tools: dict[str, tuple[Path, Callable[[], None]]] = {
        "bare go build": (edited, lambda: _run(BARE, generated, bare)),
        "bare go list -export": (edited, lambda: _run(listing, generated, bare)),
        "discover": (source, lambda: _run([*ours, "discover"], project)),
        "compile": (source, lambda: _run([*ours, "compile"], project)),
        "image, oci": (source, lambda: _run([*ours, "image", "--engine", "oci"], project)),
    }
    if (
        shutil.which("docker")
        and subprocess.run(["docker", "version"], capture_output=True, check=False).returncode == 0
    ):
        tools["image, Docker"] = (source, lambda: _run([*ours, "image", "--engine", "docker"], project))
    if shutil.which("ko"):
        ko = {
            **bare,
            "KO_DEFAULTBASEIMAGE": os.environ.get("KO_DEFAULTBASEIMAGE", "127.0.0.1:5000/alpine:3.23"),
            "KO_DOCKER_REPO": os.environ.get("KO_DOCKER_REPO", "127.0.0.1:5000/benchmark"),
        }
        tools["ko, Docker"] = (edited, lambda: _run(["ko", "build", "-L", "--sbom=none", "."], generated, ko))
        tools["ko, registry"] = (edited, lambda: _run(["ko", "build", "--sbom=none", "."], generated, ko))
    return tools


def _run(command: list[str] | tuple[str, ...], folder: Path, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"warm.py: {' '.join(command)} failed in {folder}:\n{done.stdout}{done.stderr}")


def _timed(run: Callable[[], None]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _report(times: dict[str, list[list[float]]]) -> None:
    medians = {name: [statistics.median(each) for each in both] for name, both in times.items()}
    base = medians["bare go build"]
    print("| | nothing changed | over bare go | one policy edited | over bare go |")
    print("|---|---|---|---|---|")
    for name, (same, edited) in medians.items():
        print(f"| {name} | {same:.2f} s | {same / base[0]:.1f} | {edited:.2f} s | {edited / base[1]:.1f} |")


if __name__ == "__main__":
    main()
