"""
Whether the versions that came out are those that the settings hold, and that can be together.
"""

from __future__ import annotations

from collections.abc import Iterator

from policy_tasks.errors import PolicyError, Problem, SettingsError
from policy_tasks.model import Module, Requirement, StagedModule
from policy_tasks.names import major_of
from policy_tasks.toolchain import go_resolution
from policy_tasks.toolchain.go_mod import version_key
from policy_tasks.toolchain.replaces import Replacement

PINS = "modules.pins"


def check_versions(modules: tuple[Module, ...], wanted: go_resolution.Wanted) -> None:
    """
    See that each pin holds. Raises `PolicyError` with every module that forces a higher version, excludes this one or is
    taken from another, `SettingsError` for a pin of what has its version from elsewhere, or none.
    """
    pins, excludes = wanted.pins, dict(wanted.excludes)
    by_path = {module.path: module for module in modules}
    problems = [_broken(by_path, pin, excludes) for pin in pins if _is_broken(by_path.get(pin.module), pin)]
    problems += [each for pin in pins if (each := _replaced(by_path.get(pin.module), pin, wanted.replaces))]
    own = [module for pin in pins if isinstance(module := by_path.get(pin.module), StagedModule)]
    if own:
        raise SettingsError(*map(_not_pinned, own))
    if problems:
        raise PolicyError(*problems)


def check_contract(modules: tuple[Module, ...], contract: str) -> None:
    """
    See that the module with the core's interface is there in one major version. A policy that is written for another one
    compiles, and registers with a second copy that nobody asks. Raises `PolicyError` with who brings that in.
    """
    owners = [module for module in modules if f"{contract}/".startswith(f"{module.path}/")]
    if not owners:
        return
    owner = max(owners, key=lambda module: len(module.path))
    others = [each for each in modules if each is not owner and major_of(each.path)[0] == major_of(owner.path)[0]]
    if others:
        raise PolicyError(*(_another_major(owner, other) for other in others))


def _another_major(owner: Module, other: Module) -> Problem:
    requirers = ", ".join(f"{each.module} requires {other.path} {each.version}" for each in other.required_by)
    return Problem(
        what=f"there are two majors of {major_of(owner.path)[0]}",
        where=", ".join(each.module for each in other.required_by) or other.path,
        why=f"the core is built with {owner.path}, and {requirers or f'{other.path} is there as well'}: a second copy, "
        "where what is registered is not found",
        fix=f"use a version of those modules that is made for {owner.path}",
    )


def _is_broken(module: Module | None, pin: Requirement) -> bool:
    return module is not None and module.version is not None and module.version != pin.version


def _replaced(module: Module | None, pin: Requirement, replaces: tuple[Replacement, ...]) -> Problem | None:
    """
    The problem of a pin that a replace makes void. One of the pinned version alone is what may be meant by both.
    """
    by_old = {taken.old: taken for taken in replaces}
    taken, pinned = by_old.get(pin.module), f"{pin.module}@{pin.version}"
    if not module or isinstance(module, StagedModule) or not taken or pinned in (taken.new, *by_old):
        return None
    return Problem(
        what=f"the pin of {pin.module} cannot hold",
        where=f"{PINS} and {taken.origin}",
        why=f"the one wants {pin.version}, the other takes the module from {taken.shown_as}, whatever its version",
        fix="take that line out of the settings, or the replace away",
    )


def _broken(modules: dict[str, Module], pin: Requirement, excludes: dict[str, str]) -> Problem:
    if origin := excludes.get(f"{pin.module}@{pin.version}"):
        return Problem(
            what=f"the pin of {pin.module} cannot hold",
            where=f"{PINS} and {origin}",
            why=f"the one wants {pin.version}, the other excludes it",
            fix="pin another version, or take that exclude out of the go.mod",
        )
    higher = [each for each in modules[pin.module].required_by if version_key(each.version) > version_key(pin.version)]
    chains = [" which is required by ".join(_chain(modules, pin.module, each)) for each in higher]
    return Problem(
        what=f"the pin of {pin.module} cannot hold",
        where=PINS,
        why="\n".join(chains) or f"the build has {modules[pin.module].version}, not {pin.version}",
        fix=f"pin {pin.module} to {modules[pin.module].version}, or lower what those go.mod files require",
    )


def _chain(modules: dict[str, Module], path: str, requirement: Requirement) -> Iterator[str]:
    """
    From who requires a module up to a policy, in words.
    """
    yield f"{requirement.module} requires {path} {requirement.version}"
    seen, at = {path}, modules.get(requirement.module)
    while at and not isinstance(at, StagedModule) and at.path not in seen and at.required_by:
        seen.add(at.path)
        at = next((modules[each.module] for each in at.required_by if each.module in modules), None)
        if at:
            yield at.path


def _not_pinned(module: StagedModule) -> Problem:
    named = f"discover.policies names it in version {module.version}"
    return Problem(
        what=f"{module.path} cannot be pinned",
        where=PINS,
        why=named if module.version else "it is taken from a folder, which has no version",
        fix="take that line out of the settings",
    )
