"""
What go test says of the policies and their own tests, in the user's words: whose test it was, where, and what it found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from textwrap import dedent
from typing import NamedTuple

from policy_tasks.errors import Problem
from policy_tasks.model import Policy
from policy_tasks.toolchain.build_directory import STATE
from policy_tasks.toolchain.go_test_events import Outcome
from policy_tasks.toolchain.staging import SourcePaths

# The folder of the generated tests, and the way from there to the top of the build directory.
TESTS = f"{STATE}/test"
UP = "../../"
# The one of them that is about all policies.
_ENGINE = "TestEngine"
_EARLY = "the process before any test began: in an init function or a package's variable"
_ENGINE_FLAW = "the engine would not start"
# What Go's testing package puts before a message: with -fullpath all of the path.
_PREFIX = re.compile(r"^(?P<indent>[ \t]*)(?P<file>/[^:\n]*\.go):(?P<line>\d+): ", re.MULTILINE)
# A line of a stack, below that of its function.
_FRAME = re.compile(r"^\t(?P<file>/[^:\n]*\.go):(?P<line>\d+)", re.MULTILINE)
# How the kit ends what it says of a panic.
_PANIC = re.compile(r"panics: .* \((?P<file>[\w.-]+\.go):(?P<line>\d+)\)$", re.MULTILINE | re.DOTALL)
# How the kit begins what is wrong with a file of cases.
_CASES = re.compile(r"policytest: (?P<file>/[^:\n]*\.json): ")


class Owner(NamedTuple):
    """
    Whose test it is: that of a package's author, or a check of the kit on a policy.
    """

    package: str
    policy: Policy | None
    test: str


def of_kit(outcome: Outcome) -> bool:
    """
    Whether this is of the generated tests.
    """
    return outcome.package.endswith(f"/{TESTS}")


def of_engine(outcome: Outcome) -> bool:
    """
    Whether this is the test of all policies together.
    """
    return of_kit(outcome) and outcome.test == _ENGINE


def owner(outcome: Outcome, policies: tuple[Policy, ...]) -> Owner:
    """
    Whose test that was.
    """
    function, _, check = outcome.test.partition("/")
    if not of_kit(outcome) or not function or of_engine(outcome):
        return Owner(outcome.package, None, outcome.test)
    policy = policies[int(function.removeprefix("TestPolicy"))]
    return Owner(policy.package, policy, check or "Run")


def leaves(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """
    The tests that have no tests below them.
    """
    ended = list(outcomes)
    parents = {(each.package, each.test.rpartition("/")[0]) for each in ended if each.test}
    return [each for each in ended if (each.package, each.test) not in parents]


def said(outcome: Outcome, source_paths: SourcePaths) -> tuple[str, str]:
    """
    The place in the user's files that a test's message begins with, if any, and the message.
    """
    places = [place for found in _PREFIX.finditer(outcome.output) if (place := _place(found, source_paths))]

    def short(found: re.Match[str]) -> str:
        place = _place(found, source_paths)
        return found["indent"] + (f"{place.rpartition('/')[2]}: " if place and place != places[0] else "")

    text = dedent(source_paths.text(_PREFIX.sub(short, outcome.output).replace(UP, "")))
    if cases := _CASES.match(text):
        return cases["file"], text[cases.end() :]
    return places[0] if places else "", text


def _place(found: re.Match[str], source_paths: SourcePaths) -> str:
    file = source_paths.own(found["file"])
    return f"{file}:{found['line']}" if file else ""


def _crash_place(outcome: Outcome, source_paths: SourcePaths) -> str:
    """
    The first place in the user's files that the stack has.
    """
    places = (_place(found, source_paths) for found in _FRAME.finditer(outcome.stack))
    return next(filter(None, places), "")


def problems(outcomes: list[Outcome], policies: tuple[Policy, ...], source_paths: SourcePaths) -> Iterator[Problem]:
    """
    A problem for each test that fails, and for each policy that one of them has kept from being tested.
    """
    failed = sorted((each for each in outcomes if each.action == "fail"), key=lambda each: each.package)
    lowest = set(leaves(failed))
    # A panic is told by the test around the one that panicked, which itself says nothing.
    talking = {each.package for each in failed if each.output}
    for each in failed:
        if each.output or (each in lowest and each.package not in talking):
            yield _problem(each, policies, source_paths)
    yield from _untested(outcomes, policies)


def _problem(outcome: Outcome, policies: tuple[Policy, ...], source_paths: SourcePaths) -> Problem:
    if of_engine(outcome) and outcome.output.endswith(_ENGINE_FLAW):
        return _engine_problem(outcome, policies, source_paths)
    whose = owner(outcome, policies)
    place, why = said(outcome, source_paths)
    return Problem(
        what=_what(whose, outcome),
        where=_crash_place(outcome, source_paths) or place or _where(whose, outcome, source_paths),
        why=(f"something ended {_EARLY}, or in TestMain\n" if outcome.early else "") + why
        or "it failed without a word",
        fix="correct the policy, or what its test expects of it, then run again",
    )


def _engine_problem(outcome: Outcome, policies: tuple[Policy, ...], source_paths: SourcePaths) -> Problem:
    why = said(outcome, source_paths)[1]
    named = [policy for policy in policies if re.search(rf"{re.escape(f'{policy.package}.{policy.type}')}(?!\w)", why)]
    return Problem(
        what="the engine would not start with all of these policies",
        where=" and ".join(f"{policy.file}:{policy.line}" for policy in named),
        why=why,
        fix="give each of them a name of its own, then run again",
    )


def early_problem(policy: Policy, outcome: Outcome, source_paths: SourcePaths) -> Problem:
    """
    The problem of a policy's package with which no test begins.
    """
    return Problem(
        what=f"policy package {policy.package} cannot be tested",
        where=_crash_place(outcome, source_paths) or str(policy.file.parent),
        why=f"it, or what it imports, ended {_EARLY}\n{outcome.output}".rstrip(),
        fix="do that in the policy's constructor or in Init, and return an error there, then run again",
    )


def _untested(outcomes: list[Outcome], policies: tuple[Policy, ...]) -> Iterator[Problem]:
    """
    What a policy that ended the whole process has kept from being tested. Where nothing of the kit was run its one problem
    says that.
    """
    tested = {each.test.partition("/")[0] for each in outcomes if of_kit(each)}
    for number, policy in enumerate(policies):
        if tested and "" not in tested and f"TestPolicy{number}" not in tested:
            yield Problem(
                what=f"policy {policy.package}.{policy.type} was not tested",
                where=f"{policy.file}:{policy.line}",
                why="the tests ended before",
                fix="correct what ended them, then run again",
            )


def _what(whose: Owner, outcome: Outcome) -> str:
    if whose.policy:
        return f"policy {whose.policy.package}.{whose.policy.type} fails the check {whose.test}"
    if of_kit(outcome) or not whose.package:
        return "the policies cannot be tested"
    return f"{whose.test} of {whose.package} fails" if whose.test else f"the tests of {whose.package} cannot be run"


def _in_package(policy: Policy, test: str, output: str) -> str:
    """
    Where a policy has failed a check of the kit: at the panic, in its file of cases, else the type.
    """
    folder = policy.file.parent
    if (panic := _PANIC.search(output)) and (folder / panic["file"]).is_file():
        return f"{folder / panic['file']}:{panic['line']}"
    cases = folder / "testdata" / "policytest" / f"{policy.type}.json"
    return str(cases) if test.startswith("Cases/") and cases.is_file() else f"{policy.file}:{policy.line}"


def _where(whose: Owner, outcome: Outcome, source_paths: SourcePaths) -> str:
    if whose.policy:
        return _in_package(whose.policy, whose.test, outcome.output)
    return "go test" if of_kit(outcome) or not whose.package else str(source_paths.package(whose.package))
