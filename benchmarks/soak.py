"""
A day's requests in minutes, on a server that has bad policies among its good one.

    python benchmarks/soak.py [--requests 3000000] [--minutes 20] [--slice 5] [--isolate process] [--timeout 250ms]
                              [--faults blocks,crashes,exits,leaks,loops,panics]

wrk asks the good policy (benchmarks/policies/rbac) and looks at every answer. Meanwhile each bad policy of
benchmarks/policies/faults is asked all the time, and a client leaves in the middle of its requests. Fails where

- a request to the good policy gets anything but its decision;
- a request to a bad one gets no answer, or a decision that the policy did not make;
- the server's memory or goroutines grow;
- the server and its workers together take more than 4 GiB: then nothing limits a policy that leaks, and the machine is next.

The engine holds all the policies, whichever are asked. In one process only a panic does no harm: --isolate none --faults panics.
Needs Linux, Go and wrk.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time

import load
import servers
from misuse import FAULTS, BadClient, BadPolicy, Misuse
from processes import FEWEST_SAMPLES, Sample, growth

GOOD = "/v1/policies/rbac/execute"
QUESTIONS = (
    load.Question('{"input":{"user":"alice","action":"write","object":"server123"}}', "true"),
    load.Question('{"input":{"user":"bob","action":"read","object":"server123"}}', "false"),
)
CONNECTIONS = 8
MOST_MEMORY = 4 << 30  # bytes, of all its processes


def main() -> None:
    """
    Print the samples as they come, then what became of the bad requests. The exit code is 1 where something was lost or grew.
    """
    options = _options()
    if missing := servers.missing() or load.missing():
        sys.exit(f"soak.py: {missing}")
    engine = servers.build_engine(servers.HERE / "policies")
    command = [engine, "serve", "--isolate", options.isolate, "--timeout", options.timeout]
    with servers.running(*command) as server:
        problems = _soak(server, options)
    print("\n" + ("\n".join(problems) or "Nothing was lost, nothing grew."))
    sys.exit(bool(problems))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--requests", type=int, default=3_000_000, help="to the good policy; it ends with the slice that has them"
    )
    parser.add_argument("--minutes", type=float, default=20, help="ends with the slice in which they are over")
    parser.add_argument("--slice", type=int, default=5, help="seconds from one sample to the next")
    parser.add_argument("--isolate", default="process", help="as the engine takes it")
    parser.add_argument("--timeout", default="250ms", help="as the engine takes it")
    parser.add_argument("--faults", type=lambda text: [name for name in text.split(",") if name], default=FAULTS)
    options = parser.parse_args()
    if unknown := set(options.faults) - set(FAULTS):
        parser.error(f"no such fault: {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}")
    if options.slice < 1:
        parser.error("a slice is a second at least")
    return options


def _soak(server: servers.Server, options: argparse.Namespace) -> list[str]:
    stop = threading.Event()
    misuses: list[Misuse] = [BadPolicy(name, server, stop) for name in options.faults]
    misuses.append(BadClient("a client that leaves", server, stop))
    for misuse in misuses:
        misuse.start()
    samples, problems = _load(server, options, misuses)
    stop.set()
    for misuse in misuses:
        misuse.join()
    _report(misuses)
    return problems or growth(samples)


def _load(server: servers.Server, options: argparse.Namespace, misuses: list[Misuse]) -> tuple[list[Sample], list[str]]:
    """
    Load in slices, with a sample after each, until something is wrong. Returns the samples and what that is.
    """
    samples: list[Sample] = []
    requests, end = 0, time.monotonic() + options.minutes * 60
    print("| requests | requests/s | p99 | server | workers | they | goroutines |\n|---|---|---|---|---|---|---|")
    while (requests < options.requests or len(samples) < FEWEST_SAMPLES) and time.monotonic() < end:
        seen = load.load(server.url + GOOD, QUESTIONS, connections=CONNECTIONS, seconds=options.slice)
        requests += seen.requests
        samples.append(Sample.of(server))
        print(f"| {requests:,} | {seen.rate:,.0f} | {seen.p99 * 1000:.1f} ms | {samples[-1]} |", flush=True)
        problems = [problem for misuse in misuses for problem in misuse.problems]
        if seen.losses:
            problems.append(f"the good policy lost requests: {seen.losses}")
        if samples[-1].memory + samples[-1].workers_memory > MOST_MEMORY:
            problems.append("the server and its workers take more memory than the machine can spare")
        if problems:
            return samples, problems
    return samples, []


def _report(misuses: list[Misuse]) -> None:
    print("\n| beside them | requests | results | errors |\n|---|---|---|---|")
    for misuse in misuses:
        print(f"| {misuse.name} | {misuse.requests:,} | {misuse.results:,} | {misuse.errors:,} |")


if __name__ == "__main__":
    main()
