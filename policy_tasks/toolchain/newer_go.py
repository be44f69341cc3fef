"""
A module of other people that needs a newer Go than there is: Go does not download one, since GOTOOLCHAIN is local.
"""

from __future__ import annotations

import re

from policy_tasks.errors import PolicyError, PolicyTasksError
from policy_tasks.model import StagedModule
from policy_tasks.toolchain.go_mod import GO_MOD

_NEEDS = re.compile(r"(?P<path>\S+)@(?P<version>\S+) requires go >= (?P<go>\S+) \(running")


def newer_go(message: str, modules: tuple[StagedModule, ...] = ()) -> PolicyTasksError | None:
    """
    The error that Go's message means, naming which of these modules ask for that one; None where it says something else.
    """
    found = _NEEDS.search(message)
    if not found:
        return None
    asking = [module for module in modules if any(each.module == found["path"] for each in module.requires)]
    return PolicyError.of(
        f"{found['path']} {found['version']} needs a newer Go",
        where=", ".join(str(module.directory / GO_MOD) for module in asking) or f"{found['path']}@{found['version']}",
        why=message,
        fix=f"install Go {found['go']} or newer, or ask for a version of that module that is made for an older one",
    )
