"""
Settings -> FetchedModules: download what the policies' modules need, and compile nothing.
"""

from __future__ import annotations

import logging

from policy_tasks.model import FetchedModules
from policy_tasks.names import Platform
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.staged_policies import StagedPolicies, inspection
from policy_tasks.toolchain.version_checks import check_versions
from policy_tasks.toolchain.versions import resolved_modules, tell_modules

log = logging.getLogger(__name__)


def fetch_modules(taken: StagedPolicies, platform: Platform, go: Go, directory: BuildDirectory) -> FetchedModules:
    """
    Download the modules that the staged ones need. Raises `BuildError` for those that cannot be had.
    """
    inspection(taken, platform, go, directory).fetch()
    modules = resolved_modules(taken.graph.core.go_mod, taken.modules, go, directory)
    check_versions(modules, taken.wanted)
    found = FetchedModules(modules=modules, replaces=taken.replaces, pins=taken.wanted.pins)
    tell_modules("fetch", found, taken.wanted.excludes)
    count = sum(bool(module.version) for module in modules)
    log.info("fetch: %d %s", count, "module" if count == 1 else "modules")
    return found
