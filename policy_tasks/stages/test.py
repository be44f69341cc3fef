"""
GeneratedSources -> Tested: run the test kit on every policy, and the policies' own tests, as they are built together.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from textwrap import dedent
from typing import Any, NamedTuple

from policy_tasks.errors import PolicyError, PolicyTasksError, Problem, SettingsError
from policy_tasks.model import GeneratedSources, Policy, PolicyTest, Tested, staged
from policy_tasks.toolchain import go_core, templates
from policy_tasks.toolchain.build_directory import STATE, BuildDirectory
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.go_testing import Outcome, go_test
from policy_tasks.toolchain.inspection_errors import unresolved_modules
from policy_tasks.toolchain.policy_values import construct, new_value, package_aliases
from policy_tasks.toolchain.staging import SourcePaths
from policy_tasks.toolchain.test_modules import tested_packages

log = logging.getLogger(__name__)

CASES = "testdata/policytest"
_PACKAGE = f"{STATE}/test"
_UP = "../../"


def run_tests(sources: GeneratedSources, go: Go, directory: BuildDirectory, *, race: bool) -> Tested:
    """
    Test the policies on this machine. Raises `PolicyError` with every test that fails, `BuildError` where a module that only
    tests import cannot be had, `SettingsError` for a core that has no test kit.
    """
    if sources.core != go_core.MODULE:
        raise SettingsError.of(
            "there is no test kit for a core of your own",
            where="core.main",
            why="the test kit knows what the engine that comes with policy_tasks asks of a policy",
            fix="run the policies' own tests with go test",
        )
    directory.write(f"{_PACKAGE}/policies_test.go", templates.render("policies_test.go", **_kit(sources, directory)))
    own = tested_packages(sources.modules, go, directory).packages
    log.info("test: running the policies' code, on this machine")
    outcomes = go_test([f"./{_PACKAGE}", *own], race=race, go=go, directory=directory)
    if missing := _missing(outcomes, SourcePaths(staged(sources.modules), directory)):
        raise missing
    problems = [*_problems(outcomes, sources, directory), *_untested(outcomes, sources.policies)]
    if problems:
        raise PolicyError(*problems)
    tests = tuple(_passed(each, sources.policies) for each in _leaves(outcomes))
    policies = f"{len(sources.policies)} {'policy' if len(sources.policies) == 1 else 'policies'}"
    log.info("test: %s, %d tests%s", policies, len(tests), ", with the race detector" if race else "")
    return Tested(tests=tests, race=race)


def _missing(outcomes: list[Outcome], source_paths: SourcePaths) -> PolicyTasksError | None:
    """
    The error for modules of the build that Go's cache has lost since it was built.
    """
    not_begun = (each.output for each in outcomes if not each.test and "[setup failed]" in each.output)
    return unresolved_modules("go test", source_paths.text("\n".join(not_begun)))


def _kit(sources: GeneratedSources, directory: BuildDirectory) -> dict[str, Any]:
    aliases = package_aliases(sources.policies)
    return {
        "core": go_core.MODULE,
        "packages": [{"alias": alias, "path": path} for path, alias in aliases.items()],
        "policies": [
            {
                "value": new_value(policy, aliases[policy.package]),
                "construct": construct(policy, policy.constructor, aliases[policy.package])
                if policy.constructor
                else (),
                "cases": _cases(policy, sources, directory),
            }
            for policy in sources.policies
        ],
    }


def _cases(policy: Policy, sources: GeneratedSources, directory: BuildDirectory) -> str:
    """
    The file of the policy's cases, from the folder of the test that reads it; empty where there is none.
    """
    folder = next(module.staged for module in staged(sources.modules) if module.path == policy.module)
    package = PurePosixPath(policy.package).relative_to(policy.module)
    file = PurePosixPath(folder) / package / CASES / f"{policy.type}.json"
    return f"{_UP}{file}" if (directory.path / file).is_file() else ""


class _Place(NamedTuple):
    """
    Whose test it is.
    """

    package: str
    policy: Policy | None
    test: str


def _place(outcome: Outcome, policies: tuple[Policy, ...]) -> _Place:
    if not outcome.package.endswith(_PACKAGE) or not outcome.test:
        return _Place(outcome.package, None, outcome.test)
    function, _, check = outcome.test.partition("/")
    policy = policies[int(function.removeprefix("TestPolicy"))]
    return _Place(policy.package, policy, check or "Run")


def _passed(outcome: Outcome, policies: tuple[Policy, ...]) -> PolicyTest:
    place = _place(outcome, policies)
    return PolicyTest(
        package=place.package,
        policy=place.policy.type if place.policy else None,
        test=place.test,
        skipped=outcome.action == "skip",
        seconds=outcome.seconds,
    )


def _leaves(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """
    The tests that have no tests below them.
    """
    ended = list(outcomes)
    parents = {(each.package, each.test.rpartition("/")[0]) for each in ended if each.test}
    return (each for each in ended if (each.package, each.test) not in parents)


def _problems(outcomes: list[Outcome], sources: GeneratedSources, directory: BuildDirectory) -> Iterator[Problem]:
    failed = sorted((each for each in outcomes if each.action == "fail"), key=lambda each: each.package)
    leaves, source_paths = set(_leaves(failed)), SourcePaths(staged(sources.modules), directory)
    # A panic is told by the test around the one that panicked, which itself says nothing.
    talking = {each.package for each in failed if each.output}
    for each in failed:
        if each.output or (each in leaves and each.package not in talking):
            place = _place(each, sources.policies)
            yield Problem(
                what=_what(place),
                where=_where(place, source_paths),
                why=dedent(source_paths.text(each.output.replace(_UP, ""))) or "it failed without a word",
                fix="correct the policy, or what its test expects of it, then run again",
            )


def _untested(outcomes: list[Outcome], policies: tuple[Policy, ...]) -> Iterator[Problem]:
    """
    What a policy that ended the whole process has kept from being tested.
    """
    tested = {each.test.partition("/")[0] for each in outcomes if each.package.endswith(_PACKAGE)}
    for number, policy in enumerate(policies):
        if f"TestPolicy{number}" not in tested:
            yield Problem(
                what=f"policy {policy.package}.{policy.type} was not tested",
                where=f"{policy.file}:{policy.line}",
                why="the tests ended before",
                fix="correct what ended them, then run again",
            )


def _what(place: _Place) -> str:
    if place.policy:
        return f"policy {place.policy.package}.{place.policy.type} fails the check {place.test}"
    if place.package.endswith(_PACKAGE) or not place.package:
        return "the policies cannot be tested"
    return f"{place.test} of {place.package} fails" if place.test else f"the tests of {place.package} cannot be run"


def _where(place: _Place, source_paths: SourcePaths) -> str:
    if place.policy:
        return f"{place.policy.file}:{place.policy.line}"
    return str(source_paths.package(place.package)) if place.package else "go test"
