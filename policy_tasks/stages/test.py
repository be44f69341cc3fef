"""
GeneratedSources -> Tested: run the test kit on every policy, and the policies' own tests, as they are built together.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from policy_tasks.errors import PolicyError, PolicyTasksError, Problem, SettingsError
from policy_tasks.model import GeneratedSources, Policy, PolicyTest, Tested, staged
from policy_tasks.toolchain import go_core, templates
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.early_end import early_ends
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.go_test_events import Outcome
from policy_tasks.toolchain.go_testing import go_test
from policy_tasks.toolchain.inspection_errors import unresolved_modules
from policy_tasks.toolchain.policy_values import construct, package_aliases, registered
from policy_tasks.toolchain.staging import SourcePaths
from policy_tasks.toolchain.test_failures import (
    TESTS,
    UP,
    early_problem,
    leaves,
    of_engine,
    of_kit,
    owner,
    problems,
    said,
)
from policy_tasks.toolchain.test_modules import tested_packages

log = logging.getLogger(__name__)

CASES = "testdata/policytest"


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
    directory.write(f"{TESTS}/policies_test.go", templates.render("policies_test.go", **_kit(sources, directory)))
    own = tested_packages(sources.modules, go, directory).packages
    log.info("test: running the policies' code, on this machine")
    outcomes = go_test([f"./{TESTS}", *own], race=race, go=go, directory=directory)
    source_paths = SourcePaths(staged(sources.modules), directory)
    if missing := _missing(outcomes, source_paths):
        raise missing
    if wrong := [*_problems(outcomes, sources.policies, source_paths, race=race, go=go, directory=directory)]:
        raise PolicyError(*wrong)
    ended = (each for each in leaves(outcomes) if not of_engine(each))
    tests = tuple(_passed(each, sources.policies, source_paths) for each in ended)
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
                **registered(policy, aliases[policy.package], number),
                "construct_alone": construct(policy, policy.constructor, aliases[policy.package])
                if policy.constructor
                else (),
                "cases": _cases(policy, sources, directory),
            }
            for number, policy in enumerate(sources.policies)
        ],
    }


def _cases(policy: Policy, sources: GeneratedSources, directory: BuildDirectory) -> str:
    """
    The file of the policy's cases, from the folder of the test that reads it; empty where there is none.
    """
    folder = next(module.staged for module in staged(sources.modules) if module.path == policy.module)
    package = PurePosixPath(policy.package).relative_to(policy.module)
    file = PurePosixPath(folder) / package / CASES / f"{policy.type}.json"
    return f"{UP}{file}" if (directory.path / file).is_file() else ""


def _problems(
    outcomes: list[Outcome],
    policies: tuple[Policy, ...],
    source_paths: SourcePaths,
    *,
    race: bool,
    go: Go,
    directory: BuildDirectory,
) -> Iterator[Problem]:
    """
    All that is wrong. What ends the process of the kit before it begins ends those of the policy's own tests as well.
    """
    if any(of_kit(each) and each.early for each in outcomes):
        early = early_ends(policies, race=race, go=go, directory=directory)
        yield from (early_problem(*each, source_paths) for each in early)
        guilty = {policy.package for policy, _ in early}
        outcomes = [
            each for each in outcomes if not each.early or (not early if of_kit(each) else each.package not in guilty)
        ]
    yield from problems(outcomes, policies, source_paths)


def _passed(outcome: Outcome, policies: tuple[Policy, ...], source_paths: SourcePaths) -> PolicyTest:
    whose, skipped = owner(outcome, policies), outcome.action == "skip"
    return PolicyTest(
        package=whose.package,
        policy=whose.policy.type if whose.policy else None,
        test=whose.test,
        skipped=skipped,
        reason=said(outcome, source_paths)[1] or None if skipped else None,
        seconds=outcome.seconds,
    )
