"""
One folder, or one version of a module, that is to be there under two module paths, which Go refuses where both are needed.
"""

from __future__ import annotations

import re

from policy_tasks.errors import PolicyError, PolicyTasksError
from policy_tasks.model import StagedModule
from policy_tasks.toolchain.go_mod import GO_MOD
from policy_tasks.toolchain.replaces import Replacement

_SAID = re.compile(r"used for two different module paths \((\S+) and (\S+)\)")


def two_paths(
    message: str, replaces: tuple[Replacement, ...], modules: tuple[StagedModule, ...]
) -> PolicyTasksError | None:
    """
    The error that Go's message means, naming the replaces under other paths than the module's own; None where it says
    something else.
    """
    found = _SAID.search(message)
    if not found:
        return None
    told = [each for each in replaces if each.path in found.groups()]
    target = next((module for module in modules if any(each.new == f"./{module.staged}" for each in told)), None)
    wrong = [each for each in told if not target or each.path != target.path] or told
    first, second = found.groups()
    place = str(target.directory) if target else told[0].shown_as if told else "one place"
    own = f", which its go.mod calls {target.path}" if target else ""
    return PolicyError.of(
        f"{first} and {second} are taken from one place",
        where=" and ".join(each.origin for each in wrong) or GO_MOD,
        why=f"both are {place}{own}; what is in one place is one module in a build",
        fix=_fix(target, wrong),
    )


def _fix(target: StagedModule | None, wrong: list[Replacement]) -> str:
    if target and all(each.path != target.path for each in wrong):
        others = " and ".join(each.path for each in wrong)
        return f"import {target.path} instead of {others}, or take {others} from a folder of its own"
    return "import one of the two, or take each from a place of its own"
