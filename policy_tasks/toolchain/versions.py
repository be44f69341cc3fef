"""
Which version of each module the build has, and who asked for which.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from typing import Any

from policy_tasks.errors import PolicyError, Problem, SettingsError
from policy_tasks.model import Module, Requirement, StagedModule
from policy_tasks.toolchain import go_resolution
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.go_mod import GO_MOD, GO_SUM, GoMod, major_of, parse_text, version_key
from policy_tasks.toolchain.raised_versions import cause

log = logging.getLogger(__name__)

PINS = "modules.pins"


def resolved_modules(
    core: GoMod, staged: tuple[StagedModule, ...], go: Go, directory: BuildDirectory
) -> tuple[Module, ...]:
    """
    All modules of the build but the core, the staged ones first. Go is not asked about just what it was asked before.
    """
    asked = repr([(core.path, core.requires), *((module.path, module.requires) for module in staged)])
    key = hashlib.sha256(f"{asked} {go_resolution.resolved_digest(directory)}".encode()).hexdigest()
    known = directory.recall("modules") or {}
    if known.get("key") != key:
        known = {"key": key, **_ask(core, staged, go, directory)}
        directory.remember("modules", known)
    requirers: dict[str, Any] = known["requirers"]
    others = (Module(**{**each, "required_by": _requirements(requirers, each["path"])}) for each in known["modules"])
    own = (replace(module, required_by=_requirements(requirers, module.path)) for module in staged)
    return (*own, *others)


def _requirements(requirers: dict[str, Any], path: str) -> tuple[Requirement, ...]:
    return tuple(Requirement(**each) for each in requirers.get(path, ()))


def _ask(core: GoMod, staged: tuple[StagedModule, ...], go: Go, directory: BuildDirectory) -> dict[str, Any]:
    go_mod = parse_text((directory.path / GO_MOD).read_bytes(), go, directory)
    sums = _sums((directory.path / GO_SUM).read_bytes())
    replaces = {each.old: each.new for each in go_mod.replaces}
    own = {(module.path, f"./{module.staged}") for module in staged}
    modules, chosen = [], {each.module: each.version for each in go_mod.requires}
    for path, version in sorted(chosen.items()):
        new = replaces.get(f"{path}@{version}") or replaces.get(path)
        if (path, new) not in own:
            modules.append(
                asdict(Module(path=path, version=version, replaced_by=new, sum=sums.get(new or f"{path}@{version}")))
            )
    return {"modules": modules, "requirers": _requirers(core, staged, chosen, go, directory)}


def _sums(text: bytes) -> dict[str, str]:
    lines = (line.split() for line in text.decode("utf-8", "replace").splitlines())
    return {f"{words[0]}@{words[1]}": words[2] for words in lines if len(words) == 3}


def _requirers(
    core: GoMod, staged: tuple[StagedModule, ...], chosen: dict[str, str], go: Go, directory: BuildDirectory
) -> dict[str, list[dict[str, str]]]:
    """
    Who of the modules that are in the build asks for which version of another.
    """
    done = go.run("mod", "graph", cwd=directory.path)
    if done.code == 0:
        edges = list(_edges(done.stdout.decode(), chosen))
    else:  # it reads more go.mod files than a build needs, and they may not be had
        log.info("discover: what other people's modules require is not known: %s", done.message)
        edges = [(module.path, asked) for module in staged for asked in module.requires]
    edges += [(core.path, asked) for asked in core.requires]  # in the graph it requires all that is in its go.mod now
    found: dict[str, list[dict[str, str]]] = {}
    for requirer, asked in sorted(edges, key=repr):
        found.setdefault(asked.module, []).append({"module": requirer, "version": asked.version})
    return found


def _edges(graph: str, chosen: dict[str, str]) -> Iterator[tuple[str, Requirement]]:
    for line in graph.splitlines():
        requirer, _, asked = line.partition(" ")
        path, _, version = requirer.partition("@")
        module, _, least = asked.partition("@")
        if version and module in chosen and chosen.get(path) == version:
            yield path, Requirement(module=module, version=least)


def check_versions(modules: tuple[Module, ...], wanted: go_resolution.Wanted) -> None:
    """
    See that each pin holds. Raises `PolicyError` with every module that forces a higher version or excludes this one,
    `SettingsError` for a pin of what has its version from elsewhere, or none.
    """
    pins, excludes = wanted.pins, dict(wanted.excludes)
    by_path = {module.path: module for module in modules}
    problems = [_broken(by_path, pin, excludes) for pin in pins if _is_broken(by_path.get(pin.module), pin)]
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


def tell_versions(modules: Iterable[Module], wanted: go_resolution.Wanted) -> None:
    """
    Warn of every policy module that runs with a higher version of what it uses itself than it asks for, and say who has
    brought that about.
    """
    chosen = {module.path: module for module in modules}
    for module in chosen.values():
        if isinstance(module, StagedModule):
            for asked in (each for each in module.requires if not each.indirect):
                _tell_raised(module, asked, chosen, wanted)


def _tell_raised(
    module: StagedModule, asked: Requirement, chosen: dict[str, Module], wanted: go_resolution.Wanted
) -> None:
    other = chosen.get(asked.module)
    if not other or not other.version or other.replaced_by or version_key(other.version) == version_key(asked.version):
        return
    lower = version_key(other.version) < version_key(asked.version)
    why = "which the settings name" if lower else cause(other, chosen, wanted)
    told = (module.path, other.path, asked.version, other.version)
    log.warning("discover: %s asks for %s %s and runs with %s, %s", *told, why)
