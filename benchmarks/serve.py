"""
The same decision served by a bare net/http handler, by OPA and by our engine, under the same load on this machine.

    python benchmarks/serve.py [--servers bare,opa,engine] [--rounds 5] [--seconds 5] [--connections 16]

wrk loads one server at a time, round by round, and the medians are compared: only ratios mean anything. All servers get the
same body and have to give the same answers, before and after. The policy is benchmarks/policies/rbac, and for OPA
benchmarks/opa/rbac.rego. Needs Go and wrk; what is built is kept in build/benchmarks. OPA is told to log no requests and to look
for no newer versions.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import load
import servers

# The first is the load; the others are asked before and after.
DECISIONS: tuple[tuple[dict[str, str], bool], ...] = (
    ({"user": "alice", "action": "write", "object": "server123"}, True),
    ({"user": "alice", "action": "read", "object": "server123"}, True),
    ({"user": "bob", "action": "read", "object": "database456"}, True),
    ({"user": "bob", "action": "read", "object": "server123"}, False),
    ({"user": "carol", "action": "read", "object": "server123"}, False),
    ({}, False),
)

# How each server is started, and the path that it answers on.
Start = Callable[[], tuple[list[str | Path], str]]
SERVERS: dict[str, Start] = {
    "bare": lambda: ([servers.build_bare()], "/execute"),
    "opa": lambda: (
        [servers.build_opa(), "run", "--server", "--log-level=error", "--skip-version-check", servers.HERE / "opa"],
        "/v1/data/rbac/authz/allow",
    ),
    "engine": lambda: (
        [servers.build_engine(servers.HERE / "policies/rbac"), "serve"],
        "/v1/policies/rbac/execute",
    ),
}


def main() -> None:
    """
    Print a table: a row for each server, with its requests per second and p99 over those of the bare handler and of OPA.
    """
    options = _options()
    if missing := servers.missing() or load.missing():
        sys.exit(f"serve.py: {missing}")
    loads: dict[str, list[load.Load]] = {name: [] for name in options.servers}
    with ExitStack() as stack:
        started = {name: SERVERS[name]() for name in options.servers}  # all are built before one runs
        targets = {
            name: (stack.enter_context(servers.running(*command)), path) for name, (command, path) in started.items()
        }
        _check(targets)
        for number in range(options.rounds + 1):  # in turn; the first round warms up
            for name, (server, path) in targets.items():
                seen = _load(name, server.url + path, options.connections, options.seconds)
                if number:
                    loads[name].append(seen)
        _check(targets)
    _report(loads)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--servers", type=lambda text: text.split(","), default=list(SERVERS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="for each server, in each round")
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    if unknown := set(options.servers) - set(SERVERS):
        parser.error(f"no such server: {', '.join(sorted(unknown))}; there are {', '.join(SERVERS)}")
    if min(options.rounds, options.seconds, options.connections) < 1:
        parser.error("rounds, seconds and connections count from 1")
    return options


def _check(targets: dict[str, tuple[servers.Server, str]]) -> None:
    for name, (server, path) in targets.items():
        for question, allowed in DECISIONS:
            status, body = server.ask(path, {"input": question})
            if status != 200 or json.loads(body) != {"result": allowed}:
                sys.exit(f"serve.py: {name} answers {question} with {status} {body!r}, not with {allowed}")


def _load(name: str, url: str, connections: int, seconds: int) -> load.Load:
    question = load.Question(json.dumps({"input": DECISIONS[0][0]}), "")
    seen = load.load(url, [question], connections=connections, seconds=seconds)
    if seen.losses:
        sys.exit(f"serve.py: {name} lost requests: {seen.losses}")
    return seen


def _report(loads: dict[str, list[load.Load]]) -> None:
    rates = {name: statistics.median(each.rate for each in seen) for name, seen in loads.items()}
    p99s = {name: statistics.median(each.p99 for each in seen) for name, seen in loads.items()}
    bases = [name for name in ("bare", "opa") if name in loads]
    print("| server | requests/s | p99 |" + "".join(f" requests/s over {base} | p99 over {base} |" for base in bases))
    print("|---|---|---|" + "---|---|" * len(bases))
    for name, rate in rates.items():
        ratios = (f" {rate / rates[base]:.2f} | {p99s[name] / p99s[base]:.2f} |" for base in bases)
        print(f"| {name} | {rate:,.0f} | {p99s[name] * 1000:.1f} ms |" + "".join(ratios))


if __name__ == "__main__":
    main()
