"""
What is in a generated module, and in the binary that is made of it, without a word of where it came from on this machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from policy_tasks.model import Module, Policy, Replace, Requirement, StagedModule, document


def contents(
    core: str,
    policies: Iterable[Policy],
    modules: Iterable[Module],
    replaces: Iterable[Replace],
    pins: Iterable[Requirement],
) -> dict[str, Any]:
    """
    The manifest's document: the core, the policies, the modules, and what was decided about these.
    """
    known = tuple(modules)
    folders = {str(each.directory): f"./{each.staged}" for each in known if isinstance(each, StagedModule)}
    copies = {each.path: each.copy_of for each in known if isinstance(each, StagedModule) and each.copy_of}
    return {
        "core": core,
        "policies": [_policy(policy, copies) for policy in policies],
        "modules": [_module(module) for module in known],
        "replaces": [{"old": each.old, "new": folders.get(each.new, each.new)} for each in replaces],
        "pins": [document(pin) for pin in pins],
    }


def _policy(policy: Policy, copies: dict[str, str]) -> dict[str, Any]:
    told = {"package": policy.package, "type": policy.type, "module": policy.module}
    if policy.module in copies:
        told |= {"module": copies[policy.module], "build_path": policy.module}
    return {**told, "constructor": policy.constructor.name} if policy.constructor else told


def _module(module: Module) -> dict[str, Any]:
    told = {"path": module.path, "version": module.version, "sum": module.sum, "replaced_by": module.replaced_by}
    if isinstance(module, StagedModule):
        told |= {"directory": module.staged, "digest": module.digest}
        if module.copy_of:
            told |= {"path": module.copy_of, "build_path": module.path}
    return {name: value for name, value in told.items() if value}


def as_text(content: dict[str, Any]) -> bytes:
    """
    The document as it is written.
    """
    return json.dumps(content, indent=2).encode() + b"\n"
