"""
Which version of each module the build has, and who asked for which.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from policy_tasks.model import Module, Requirement, Resolved, StagedModule, staged
from policy_tasks.toolchain import go_resolution
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.go_graph import Graph
from policy_tasks.toolchain.go_mod import GO_MOD, GO_SUM, GoMod, parse_text, version_key
from policy_tasks.toolchain.imported_modules import imported_modules
from policy_tasks.toolchain.policy_folder import SourceModule
from policy_tasks.toolchain.raised_versions import cause

log = logging.getLogger(__name__)


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


def tell_modules(stage: str, found: Resolved, wanted: go_resolution.Wanted, graph: Graph) -> None:
    """
    Say in this stage's story what decides the versions. Warn of every policy module that runs with a higher one of what it
    uses itself than it asks for, with who has brought that about, and of what it imports while nobody asks for a version.
    """
    chosen = {module.path: module for module in found.modules}
    for each in found.replaces:
        if _applies(each.old, chosen):
            log.info("%s: %s is taken from %s, as %s says", stage, each.old, each.new, each.origin)
        else:
            log.info("%s: %s is not in the build, which %s replaces", stage, each.old, each.origin)
    for excluded in wanted.excludes:
        log.info("%s: %s is not taken, as %s says", stage, excluded.version, excluded.origin)
    for pin in found.pins:
        log.info("%s: %s is held at %s, as modules.pins says", stage, pin.module, pin.version)
    _tell_unasked(stage, found, wanted, graph)


def _tell_unasked(stage: str, found: Resolved, wanted: go_resolution.Wanted, graph: Graph) -> None:
    """
    Warn of every policy module that gets another version than it asks for, or asks for none.
    """
    chosen = {module.path: module for module in found.modules}
    sources = {module.go_mod.path: module.source for module in graph.modules}
    for module in staged(found.modules):
        for asked in _raised(module, sources[module.path], chosen):
            _log_raised(stage, module, asked, chosen, wanted)
    if not wanted.basis:  # else the lock holds them from now on
        asked_for = {asked.module for module in staged(found.modules) for asked in module.requires}
        _log_floating(stage, sources, chosen, asked_for | {pin.module for pin in found.pins})


def _raised(module: StagedModule, source: SourceModule, chosen: dict[str, Module]) -> list[Requirement]:
    """
    What the module uses itself, and gets in another version.
    """
    others = [asked for asked in module.requires if _is_another(asked, chosen)]
    # A plain `go get` writes `// indirect` also where the module's own packages import it.
    used = imported_modules(source, chosen) if any(asked.indirect for asked in others) else ()
    return [asked for asked in others if not asked.indirect or asked.module in used]


def _log_floating(stage: str, sources: dict[str, SourceModule], chosen: dict[str, Module], decided: set[str]) -> None:
    floating = {path for path, each in chosen.items() if not each.required_by and each.version and not each.replaced_by}
    floating -= decided | sources.keys()
    for path, source in sources.items() if floating else ():
        for other in sorted(imported_modules(source, chosen) & floating):
            told = "%s: %s imports %s, which no go.mod requires: the newest is taken, %s; run `go mod tidy` there, or keep a lock"
            log.warning(told, stage, path, other, chosen[other].version)


def _is_another(asked: Requirement, chosen: dict[str, Module]) -> bool:
    other = chosen.get(asked.module)
    if not other or not other.version or other.replaced_by:
        return False
    return version_key(other.version) != version_key(asked.version)


def _applies(old: str, chosen: dict[str, Module]) -> bool:
    """
    Whether a replace of one version only, `module@version`, is of the version that was chosen; one of all always applies.
    """
    path, _, version = old.partition("@")
    return not version or (path in chosen and chosen[path].version == version)


def _log_raised(
    stage: str, module: StagedModule, asked: Requirement, chosen: dict[str, Module], wanted: go_resolution.Wanted
) -> None:
    other = chosen[asked.module]
    why = cause(other, asked.version, chosen, wanted)
    told = (module.path, other.path, asked.version, other.version)
    log.warning("%s: %s asks for %s %s and runs with %s, %s", stage, *told, why)
