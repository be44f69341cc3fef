"""
Settings -> FetchedModules: download what the policies' modules and their tests need, and compile nothing.
"""

from __future__ import annotations

import logging

from policy_tasks.errors import BuildError, PolicyError
from policy_tasks.model import FetchedModules, Module
from policy_tasks.names import Platform
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.staged_policies import StagedPolicies, inspection
from policy_tasks.toolchain.test_modules import tested_packages
from policy_tasks.toolchain.version_checks import check_versions
from policy_tasks.toolchain.versions import resolved_modules, tell_modules

log = logging.getLogger(__name__)


def fetch_modules(inputs: StagedPolicies, platform: Platform, go: Go, directory: BuildDirectory) -> FetchedModules:
    """
    Download the modules that the staged ones need. Raises `BuildError` for those that cannot be had; of what only tests
    need there is a warning, since a build goes on without.
    """
    inspection(inputs, platform, go, directory).fetch()
    modules = resolved_modules(inputs.graph.core.go_mod, inputs.modules, go, directory)
    check_versions(modules, inputs.wanted)
    found = FetchedModules(modules=modules, replaces=inputs.replaces, excludes=inputs.excludes, pins=inputs.wanted.pins)
    tell_modules("fetch", found, inputs.wanted, inputs.graph)
    of_tests = (
        0 if inputs.core.own else _fetch_tests(modules, go, directory)
    )  # a core of one's own `test` does not take
    log.info("fetch: %s", _counted(sum(bool(module.version) for module in modules), of_tests))
    return found


def _counted(count: int, of_tests: int) -> str:
    if not count + of_tests:
        return "no modules of other people are needed"
    told = f"{count} {'module' if count == 1 else 'modules'}"
    return f"{told}, and {of_tests} for the policies' tests" if of_tests else told


def _fetch_tests(modules: tuple[Module, ...], go: Go, directory: BuildDirectory) -> int:
    """
    Download what only tests need, and return how many modules that is.
    """
    try:
        return len(tested_packages(modules, go, directory).modules)
    except (BuildError, PolicyError) as error:
        for each in error.problems:
            told = "fetch: `policy-tasks test` will fail: %s\n  where: %s\n  why:   %s"
            log.warning(told, each.what, each.where, each.why.replace("\n", "\n         "))
        return 0
