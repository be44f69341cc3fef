"""
Why a module has another version than somebody asks for.
"""

from __future__ import annotations

from policy_tasks.model import Module, Requirement, StagedModule
from policy_tasks.toolchain.go_mod import version_key
from policy_tasks.toolchain.go_resolution import Wanted


def cause(module: Module, asked: str, chosen: dict[str, Module], wanted: Wanted) -> str:
    """
    Who has brought it about that a module does not have the version that is asked for: the settings, an exclude, another
    module, or the lock, whose versions a build keeps also where nobody asks for them any more.
    """
    if isinstance(module, StagedModule):
        return "which discover.policies names"
    lower = version_key(str(module.version)) < version_key(asked)
    forcing = sorted({each.module for each in module.required_by if each.version == module.version})
    if forcing and not lower:
        askers = " and ".join(_with_lock(each, chosen, wanted) for each in forcing[:3])
        return f"which {askers} {'ask' if forcing[1:] else 'asks'} for"
    if Requirement(module=module.path, version=str(module.version)) in wanted.pins:
        return "which modules.pins holds"
    if origin := dict(wanted.excludes).get(f"{module.path}@{asked}"):
        return f"as {origin} excludes {asked}"
    is_held = any((each.path, each.version) == (module.path, module.version) for each in wanted.held)
    return "which the lock holds" if is_held else "which Go has chosen"


def _with_lock(path: str, chosen: dict[str, Module], wanted: Wanted) -> str:
    module = chosen.get(path)
    alone = module and not module.required_by and any(each.path == path for each in wanted.held)
    return f"{path}, which only the lock holds," if alone else path
