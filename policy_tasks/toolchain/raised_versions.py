"""
Why a module has a higher version than somebody asks for.
"""

from __future__ import annotations

from policy_tasks.model import Module, Requirement
from policy_tasks.toolchain.go_resolution import Wanted


def cause(module: Module, chosen: dict[str, Module], wanted: Wanted) -> str:
    """
    Who has brought a module's version about: another module, a pin, or else the lock, whose versions a build keeps also where
    nobody asks for them any more.
    """
    forcing = sorted({each.module for each in module.required_by if each.version == module.version})
    if forcing:
        return f"which {' and '.join(_with_lock(each, chosen, wanted) for each in forcing[:3])} asks for"
    if Requirement(module=module.path, version=str(module.version)) in wanted.pins:
        return "which modules.pins holds"
    return "which the lock holds"


def _with_lock(path: str, chosen: dict[str, Module], wanted: Wanted) -> str:
    module = chosen.get(path)
    alone = module and not module.required_by and any(each.path == path for each in wanted.held)
    return f"{path}, which only the lock holds," if alone else path
