"""
`go test` of packages of the generated module, and what it says of each test: https://pkg.go.dev/cmd/test2json.

Only this runs policies' code, and only because a person has asked for it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from policy_tasks.errors import ToolError
from policy_tasks.printable import printable
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.go_program import unusable
from policy_tasks.toolchain.test_modules import MODFILE

# What changes how Go builds, and `go env` does not list: `go help environment`.
_UNLISTED = ("GO_EXTLINK_ENABLED",)
_COMPILERS = ("cc", "gcc", "clang")
# What is told of tests that are cut off, by os.Exit, say, or a stack overflow.
_CUT_OFF = "the process ended during this test"
# What go test says around a test's own output.
_FRAME = re.compile(r"(=== (RUN|PAUSE|CONT|NAME) |\s*--- (PASS|FAIL|SKIP): |(PASS|FAIL|ok)(\s|$))")


class Outcome(NamedTuple):
    """
    How a test ended: `pass`, `skip` or `fail`. Where a package failed without one, for it did not compile, say, `test` is empty.
    """

    package: str
    test: str
    action: str
    seconds: float
    output: str


def go_test(packages: list[str], *, race: bool, go: Go, directory: BuildDirectory) -> list[Outcome]:
    """
    Test these packages, with the race detector if asked for. Raises `ToolError` where it cannot be had.

    The policies' tests get the user's whole environment, except for what would change how Go builds.
    """
    flags = ("-json", "-mod=readonly", MODFILE, "-buildvcs=false", *(["-race"] if race else []))
    command = go.command("test", *flags, *packages, cwd=directory.path)
    detector = {"CGO_ENABLED": "1", "CC": _compiler()} if race else {}
    done = go.processes.run(command._replace(env={**_ambient(go, directory), **command.env, **detector}))
    reader = _Reader()
    outcomes = [outcome for event in _events(done.stdout) for outcome in reader.read(event)]
    if done.code != 0 and not any(each.action == "fail" for each in outcomes):
        outcomes.append(Outcome("", "", "fail", 0.0, done.message or f"go test ended with code {done.code}"))
    return outcomes


def _ambient(go: Go, directory: BuildDirectory) -> dict[str, str]:
    """
    The user's environment without Go's own variables. Others may begin as they do, such as GOOGLE_CLOUD_PROJECT.
    """
    done = go.run("env", "-json", cwd=directory.path)
    if done.code != 0:
        raise unusable(go.path, done.message or f"go env ended with code {done.code}")
    own = {*json.loads(done.stdout), *_UNLISTED}
    return {name: text for name, text in os.environ.items() if name not in own and not name.startswith("CGO_")}


def _compiler() -> str:
    named = os.environ.get("CC")
    found = named or next((name for name in _COMPILERS if shutil.which(name)), None)
    if not found:
        raise ToolError.of(
            "the race detector cannot be used",
            where="PATH",
            why=f"it is linked by a C compiler, and there is none of {', '.join(_COMPILERS)}",
            fix="install one, or name it with the variable CC, or test without --race",
        )
    return found


def _events(stdout: bytes) -> Iterator[Mapping[str, Any]]:
    for line in stdout.splitlines():
        try:
            event = json.loads(line)
        except ValueError:  # a test that writes to the file behind stdout: go test passes on what it cannot read
            continue
        if isinstance(event, dict):
            yield event


class _Reader:
    """
    What is known while a run of go test is read: what each test has said, which ones run, where one has failed.
    """

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], list[str]] = {}
        self._running: dict[tuple[str, str], None] = {}
        self._failed: set[str] = set()

    def read(self, event: Mapping[str, Any]) -> Iterator[Outcome]:
        """
        The outcomes that this event tells of.
        """
        package = event.get("Package") or event.get("ImportPath", "")
        test, action = event.get("Test", ""), event.get("Action", "")
        if action in ("output", "build-output"):
            self._said.setdefault((package, test), []).append(event.get("Output", ""))
        elif action == "run":
            self._running[package, test] = None
        elif action in ("pass", "skip", "fail") and test:
            yield self._ended(package, test, action, event.get("Elapsed", 0.0))
        elif action == "fail":
            yield from self._package_failed(package, event.get("FailedBuild", ""))

    def _ended(self, package: str, test: str, action: str, seconds: float) -> Outcome:
        self._running.pop((package, test), None)
        if action == "fail":
            self._failed.add(package)
        return Outcome(package, test, action, seconds, _own(self._said.get((package, test), [])))

    def _package_failed(self, package: str, build: str) -> Iterator[Outcome]:
        cut_off = self._cut_off(package)
        for test in cut_off:
            yield Outcome(package, test, "fail", 0.0, _own([*self._said.get((package, test), []), _CUT_OFF]))
        if not cut_off and package not in self._failed:
            told = [*self._said.get((build, ""), []), *self._said.get((package, ""), [])]
            yield Outcome(package, "", "fail", 0.0, printable("".join(told).strip("\n")))

    def _cut_off(self, package: str) -> list[str]:
        """
        The package's tests that have not ended, without those that only waited for one of the others.
        """
        tests = [test for its, test in self._running if its == package]
        return [test for test in tests if not any(other.startswith(f"{test}/") for other in tests)]


def _own(lines: list[str]) -> str:
    """
    What the test itself has said.
    """
    text = "".join(line for each in lines for line in each.splitlines(keepends=True) if not _FRAME.match(line))
    return printable(text.strip("\n"))
