"""
What go test says of each test: https://pkg.go.dev/cmd/test2json.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any, NamedTuple

from policy_tasks.printable import printable

# What is told of tests that are cut off, by os.Exit, say.
_CUT_OFF = "the process ended during this test"
# What go test says around a test's own output.
_FRAME = re.compile(r"(=== (RUN|PAUSE|CONT|NAME) |\s*--- (PASS|FAIL|SKIP): |(PASS|FAIL|ok)(\s|$)|runtime: sp=)")
_FAILED = re.compile(r"\s*--- FAIL: (\S+) ")
# How Go's runtime begins its last words, before it shows the goroutines.
_CRASH = re.compile(
    r"^(?P<why>(?:panic|fatal error): .*(?:\n[\t\[].*)*)\n\n(?=goroutine \d|runtime stack:)", re.MULTILINE
)
_AGAIN = re.compile(r" \[recovered.*\]$", re.MULTILINE)


class Outcome(NamedTuple):
    """
    How a test ended: `pass`, `skip` or `fail`. Where a package failed without one `test` is empty: for it did not compile,
    say, or, `early`, because its process ended before any test began. `stack` is what Go shows of a crash.
    """

    package: str
    test: str
    action: str
    seconds: float
    output: str
    stack: str = ""
    early: bool = False


class Events:
    """
    What is known while a run of go test is read.
    """

    def __init__(self) -> None:
        self._packages: dict[str, _Package] = {}
        self._builds: dict[str, str] = {}

    def read(self, event: Mapping[str, Any]) -> None:
        """
        Take one event. What a build says comes before what its package does.
        """
        if event.get("Action") == "build-output":
            build = event.get("ImportPath", "")
            self._builds[build] = self._builds.get(build, "") + event.get("Output", "")
        elif name := event.get("Package"):
            self._packages.setdefault(name, _Package(name)).read(event, self._builds)

    def outcomes(self) -> list[Outcome]:
        """
        How all tests ended, package by package.
        """
        return [outcome for package in self._packages.values() for outcome in package.outcomes()]

    def failed_builds(self) -> dict[str, str]:
        """
        What was said of each build that failed, by what was built.
        """
        builds = [package.failed_build for package in self._packages.values()]
        return {build: self._builds.get(build, "") for build in builds if build}


class _Package:
    """
    What is known of one package's tests.
    """

    def __init__(self, name: str) -> None:
        self.failed_build = ""
        self._name = name
        self._build_said = ""
        self._lines: list[tuple[str, str]] = []  # each with the test that said it
        self._running: dict[str, bool] = {}  # whether it runs or waits; the last that began or went on is last
        self._ended: list[tuple[str, str, float]] = []
        self._failed = False
        self._last_words: int | None = None  # the line with which those of the whole process begin

    def read(self, event: Mapping[str, Any], builds: Mapping[str, str]) -> None:
        test, action = event.get("Test", ""), event.get("Action", "")
        if action == "output":
            self._lines.append((test, event.get("Output", "")))
        elif action in ("run", "cont", "pause"):
            self._running.pop(test, None)
            self._running[test] = action != "pause"
        elif action in ("pass", "skip", "fail") and test:
            self._running.pop(test, None)
            self._ended.append((test, action, event.get("Elapsed", 0.0)))
        elif action == "fail":
            self._failed, self.failed_build = True, event.get("FailedBuild", "")
            self._build_said = builds.get(self.failed_build, "")

    def outcomes(self) -> Iterator[Outcome]:
        """
        How its tests ended. Of those that a crash has cut off only the one that crashed has failed.
        """
        cut_off = self._cut_off() if self._failed else None
        for test, action, seconds in self._ended:
            if not cut_off or test != cut_off.test:
                yield Outcome(self._name, test, action, seconds, _own(self._said(test)))
        if cut_off:
            yield cut_off
        elif self._failed and not any(action == "fail" for _, action, _ in self._ended):
            yield self._untested()

    def _untested(self) -> Outcome:
        said = self._said("")
        early = not self.failed_build and not self._ended and "[setup failed]" not in said
        said = _own(said) if early else printable((self._build_said + said).strip("\n"))
        return Outcome(self._name, "", "fail", 0.0, said, early=early)

    def _cut_off(self) -> Outcome | None:
        if (
            "",
            "FAIL\n",
        ) in self._lines:  # what testing says at its end: all that looks like a crash was recovered from
            return None
        text = "".join(line for _, line in self._lines)
        if crashes := list(_CRASH.finditer(text)):
            crash = crashes[-1]
            lengths = accumulate(len(line) for _, line in self._lines)
            at = self._last_words = next(number for number, length in enumerate(lengths) if length > crash.start())
            return self._stopped(self._crashed(at), _AGAIN.sub("", crash["why"]), text[crash.end() :])
        running = [test for test in _leaves(self._running) if self._running[test]] or list(self._running)
        return self._stopped(running[-1], _CUT_OFF) if running else None

    def _crashed(self, at: int) -> str:
        """
        The test that the last words are of, which begin at this line: a panic fails its test and those around it, right
        before; else the test that speaks.
        """
        test = self._lines[at][0]
        for _, line in reversed(self._lines[:at]):
            if not (failed := _FAILED.match(line)):
                break
            test = failed[1]
        return test

    def _stopped(self, test: str, why: str, stack: str = "") -> Outcome:
        others = [each for each in _leaves(self._running) if each != test and not test.startswith(f"{each}/")]
        unfinished = f"not finished: {', '.join(others)}" if others else ""
        told = (why, _own(self._said(test)) if test else "", unfinished)
        output = "\n".join(filter(None, map(printable, told)))
        return Outcome(self._name, test, "fail", 0.0, output, stack, early=not (test or self._ended))

    def _said(self, test: str) -> str:
        return "".join(line for its, line in self._lines[: self._last_words] if its == test)


def _leaves(tests: Mapping[str, Any]) -> list[str]:
    """
    These without those that only wait for others of them.
    """
    return [test for test in tests if not any(other.startswith(f"{test}/") for other in tests)]


def _own(said: str) -> str:
    """
    What the test itself has said.
    """
    return printable("".join(line for line in said.splitlines(keepends=True) if not _FRAME.match(line)).strip("\n"))
