"""
What in a policy seems to be for the engine, and is not called: a constructor that is none, an optional method that has another
signature. The policy decides without it, perhaps otherwise than its author thinks.
"""

from __future__ import annotations

import logging
from typing import Any

from policy_tasks.model import Ignored
from policy_tasks.printable import printable
from policy_tasks.toolchain.constructors import ZERO
from policy_tasks.toolchain.staged_policies import StagedPolicies
from policy_tasks.toolchain.staging import SourcePaths

log = logging.getLogger(__name__)

_CONSTRUCTOR = "constructor"
_MEANT = f"; if that is meant, say `{ZERO}` in discover.constructors"


def ignored_parts(
    found: list[dict[str, Any]], inputs: StagedPolicies, source_paths: SourcePaths
) -> tuple[Ignored, ...]:
    """
    What the inspector found to be ignored, but for constructors of policies for which the settings name one. Where the policies
    register themselves, what makes them is their own affair.
    """
    constructors = dict(inputs.settings.discover.constructors)
    return tuple(
        Ignored(
            package=each["package"],
            type=each["type"],
            name=each["name"],
            reason=printable(each["reason"]) + (_MEANT if each["kind"] == _CONSTRUCTOR else ""),
            file=source_paths.file(each["dir"], each["file"]),
            line=each["line"],
        )
        for each in found
        if each["kind"] != _CONSTRUCTOR or (inputs.core.register and constructors.keys().isdisjoint(_names(each)))
    )


def _names(found: dict[str, Any]) -> tuple[str, str]:
    """
    How the settings may name the policy.
    """
    return found["package"], f"{found['package']}.{found['type']}"


def tell_ignored(teller: str, ignored: tuple[Ignored, ...]) -> None:
    """
    Warn of each.
    """
    for each in ignored:
        log.warning("%s: %s:%d: %s", teller, each.file, each.line, each.reason)
