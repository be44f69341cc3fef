"""
Caddy with two plugins, nothing changed since the last build: policy_tasks against bare `go build` and xcaddy.

    python benchmarks/caddy.py [--rounds 5]

All build the same versions on the same warm caches, in turn. xcaddy is built first, from its module, in a folder of its own.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

CADDY = "v2.11.9"
XCADDY = "v0.4.5"
PLUGINS = ("github.com/caddy-dns/cloudflare@v0.2.1", "github.com/mholt/caddy-ratelimit@v0.1.0")
MAIN = """package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/standard"
)

func main() { caddycmd.Main() }
"""
BARE = ("go", "build", "-trimpath", "-buildvcs=false", "-pgo=off", "-ldflags=-s -w", "-o")


def write_project(root: Path) -> None:
    """
    Write a project whose core is Caddy's own main package, with the two plugins as policies.
    """
    (root / "app").mkdir(parents=True)
    requires = f"require github.com/caddyserver/caddy/v2 {CADDY}\n"
    (root / "app/go.mod").write_text(f"module example.com/my-caddy\n\ngo 1.26.0\n\n{requires}")
    (root / "app/main.go").write_text(MAIN)
    policies = ", ".join(f'"{plugin}"' for plugin in PLUGINS)
    (root / "pyproject.toml").write_text(
        f'[tool.policy-tasks]\npolicies = [{policies}]\n\n[tool.policy-tasks.core]\nmain = "app"\n'
        'interface = "github.com/caddyserver/caddy/v2.Module"\n'
    )


def main() -> None:
    """
    Print the median of each in seconds.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        tools = _tools(Path(scratch))
        times: dict[str, list[float]] = {name: [] for name in tools}
        for number in range(options.rounds + 1):
            for name, run in tools.items():
                start = time.perf_counter()
                run()
                if number:  # the first round warms the caches
                    times[name].append(time.perf_counter() - start)
    for name, each in times.items():
        print(f"{name:24} {statistics.median(each):6.2f} s")


def _tools(scratch: Path) -> dict[str, Callable[[], None]]:
    project, xcaddy = scratch / "project", scratch / "xcaddy"
    write_project(project)
    ours = (sys.executable, "-m", "policy_tasks", "compile")
    _run((*ours, "--update"), project)
    xcaddy.mkdir()
    (xcaddy / "go.mod").write_text(f"module x\n\ngo 1.26.0\n\nrequire github.com/caddyserver/xcaddy {XCADDY}\n")
    (xcaddy / "main.go").write_text(
        'package main\n\nimport xcaddycmd "github.com/caddyserver/xcaddy/cmd"\n\nfunc main() { xcaddycmd.Main() }\n'
    )
    _run(("go", "mod", "tidy"), xcaddy)
    _run(("go", "build", "-o", "xcaddy", "."), xcaddy)
    plugins = [part for plugin in PLUGINS for part in ("--with", plugin)]
    return {
        "bare go build": lambda: _run((*BARE, str(scratch / "caddy"), "."), project / "build/policy-engine"),
        "policy_tasks": lambda: _run(ours, project),
        "policy_tasks --locked": lambda: _run((*ours, "--locked", "--offline"), project),
        "xcaddy build": lambda: _run(("./xcaddy", "build", CADDY, *plugins, "--output", "caddy"), xcaddy),
    }


def _run(command: tuple[str, ...], folder: Path) -> None:
    env = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": ""}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command}: {done.stderr}")


if __name__ == "__main__":
    main()
