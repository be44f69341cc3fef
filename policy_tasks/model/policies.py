"""
The policies: found, generated, tested, new.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from policy_tasks.model.modules import Resolved


@dataclass(frozen=True, slots=True, kw_only=True)
class Constructor:
    """
    An exported function without parameters that makes a policy: `pointer` is whether it returns *T, `error` whether it
    returns an error as well.
    """

    name: str
    pointer: bool
    error: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """
    An exported type of a policy package that implements the core's interface.

    `pointer` is whether only *T has all methods that the core calls, `composite` whether `T{}` is Go for a value of it. `name`
    is what `Name()` returns where that is a constant, else None. `constructor` makes it, where there is one. `version` is that
    of its module where several are in the engine: it is part of the policy's name.
    """

    package: str
    type: str
    module: str
    file: Path
    line: int
    pointer: bool
    composite: bool
    name: str | None
    constructor: Constructor | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """
    Something that looks like a policy and is not taken, the reason, and what helps where it is not that the methods have to be
    others. Package and type may be empty.
    """

    package: str
    type: str
    reason: str
    file: Path
    line: int
    fix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """
    A function or a method, called `name`, that seems to be for the engine and that is not called, and the reason. Package and
    type are those of the policy.
    """

    package: str
    type: str
    name: str
    reason: str
    file: Path
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySet(Resolved):
    """
    The policies that were found, sorted by package and type, in modules that are staged in `directory`.

    `core` is the path of the main module.
    """

    core: str
    policies: tuple[Policy, ...]
    near_misses: tuple[NearMiss, ...]
    ignored: tuple[Ignored, ...] = ()
    directory: Path

    def __str__(self) -> str:
        return "\n".join(f"{policy.package}.{policy.type}" for policy in self.policies)


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedSources(Resolved):
    """
    A complete Go module in `directory`: the core, the policies, `imports.go` that registers them.
    """

    core: str
    directory: Path
    policies: tuple[Policy, ...]

    def __str__(self) -> str:
        return str(self.directory)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTest:
    """
    A test that passed or was skipped: the package, its own test or a check of the test kit, and how long it took in seconds.

    `policy` is the policy's type where the test kit has checked one, `reason` what a test that was skipped says of that.
    """

    package: str
    policy: str | None
    test: str
    skipped: bool
    reason: str | None = None
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """
    The policies' tests, all well; `race` is whether the race detector has watched them.
    """

    tests: tuple[PolicyTest, ...]
    race: bool

    def __str__(self) -> str:
        tests: dict[tuple[str, str], list[PolicyTest]] = {}
        for each in self.tests:
            tests.setdefault((each.package, each.policy or ""), []).append(each)
        return "\n".join(_line(tests[key]) for key in sorted(tests))


def _line(tests: list[PolicyTest]) -> str:
    """
    How many tests of a package, or checks of a policy, there were, and which were left out, by their reasons.
    """
    skipped: dict[str, list[str]] = {}
    for each in tests:
        if each.skipped:
            reason = (each.reason or "no reason is told").splitlines()[0]
            skipped.setdefault(reason, []).append(each.test)
    left_out = sum(map(len, skipped.values()))
    count, policy = len(tests) - left_out, tests[0].policy
    what = ("check" if policy else "test") + ("" if count == 1 else "s")
    why = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in skipped.items())
    rest = f", {left_out} skipped ({why})" if left_out else ""
    return f"{tests[0].package}{'.' + policy if policy else ''}: {count} {what}{rest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPolicy:
    """
    A policy's folder that was made, with the files in it.
    """

    directory: Path
    name: str
    module: str
    files: tuple[Path, ...]

    def __str__(self) -> str:
        return str(self.directory)
