"""
Staged modules -> PolicySet: type-check them for policies.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from policy_tasks.errors import PolicyError, Problem, SettingsError
from policy_tasks.model import Constructor, NearMiss, Policy, PolicySet, staged
from policy_tasks.names import Platform, major_of
from policy_tasks.printable import printable
from policy_tasks.settings import Settings
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.constructors import choose_constructor, no_policy
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.ignored import ignored_parts, tell_ignored
from policy_tasks.toolchain.nothing_found import nothing_found, without_module
from policy_tasks.toolchain.staged_policies import StagedPolicies, inspection
from policy_tasks.toolchain.staging import SourcePaths
from policy_tasks.toolchain.version_checks import check_contract, check_versions
from policy_tasks.toolchain.versions import resolved_modules, tell_modules

log = logging.getLogger(__name__)


def find_policies(inputs: StagedPolicies, platform: Platform, go: Go, directory: BuildDirectory) -> PolicySet:
    """
    Find every policy in the staged modules, as it is for this platform.

    Raises `PolicyError` with all that is wrong with the policies.
    """
    inspected = inspection(inputs, platform, go, directory).result()
    source_paths = SourcePaths(inputs.modules, directory)
    modules = resolved_modules(inputs.graph.core.go_mod, inputs.modules, go, directory)
    check_versions(modules, inputs.wanted)
    check_contract(modules, inputs.core.contract)
    found = PolicySet(
        core=inputs.graph.core.go_mod.path,
        policies=_policies(inspected["policies"], inputs, source_paths),
        near_misses=(*_near_misses(inspected["near_misses"], source_paths), *without_module(inputs.reading)),
        ignored=ignored_parts(inspected["ignored"], inputs, source_paths),
        modules=modules,
        replaces=inputs.replaces,
        excludes=inputs.excludes,
        pins=inputs.wanted.pins,
        directory=directory.path,
    )
    _check(found, inputs.settings, () if inputs.core.own else _flawed_names(inspected["policies"], source_paths))
    _log(found, inputs)
    return found


def _policies(found: list[dict[str, Any]], inputs: StagedPolicies, source_paths: SourcePaths) -> tuple[Policy, ...]:
    wanted = dict(inputs.settings.discover.constructors)
    versions = _versions(found, inputs)
    known = {name: each["module"] for each in found for name in (each["package"], f"{each['package']}.{each['type']}")}
    if strange := sorted(wanted.keys() - known.keys()):
        raise SettingsError(*(no_policy(name, known, _copies(inputs)) for name in strange))
    return tuple(
        _policy(each, choose_constructor(each, wanted), versions.get((each["package"], each["type"])), source_paths)
        for each in found
    )


def _copies(inputs: StagedPolicies) -> dict[str, str]:
    """
    The own paths of modules that are there in several versions, by the paths that the build has for them.
    """
    return {module.path: module.copy_of for module in inputs.modules if module.copy_of}


def _versions(found: list[dict[str, Any]], inputs: StagedPolicies) -> dict[tuple[str, str], str]:
    """
    The versions that are part of policies' names, by package and type: of modules that are there in several versions of one
    major, and of a policy that two majors have.
    """
    remotes = {module.remote.build_path: module.remote for module in inputs.graph.modules if module.remote}
    named = [(each, remotes[each["module"]]) for each in found if each["module"] in remotes]
    majors = Counter(key for key, _ in {(_known_as(each, remote.path), each["module"]) for each, remote in named})
    return {
        (each["package"], each["type"]): remote.version
        for each, remote in named
        if remote.build_path != remote.path or majors[_known_as(each, remote.path)] > 1
    }


def _known_as(found: dict[str, Any], path: str) -> tuple[str, str]:
    """
    What makes a policy the same in another major: its name, or, where only the engine will know that, its place and type.
    """
    inside = found["package"].removeprefix(found["module"])
    return major_of(path)[0], found.get("name") or f"{inside}.{found['type']}"


def _policy(
    found: dict[str, Any], constructor: Constructor | None, version: str | None, source_paths: SourcePaths
) -> Policy:
    name = found.get("name")
    return Policy(
        package=found["package"],
        type=found["type"],
        module=found["module"],
        file=source_paths.file(found["dir"], found["file"]),
        line=found["line"],
        pointer=found["pointer"],
        composite=found["composite"],
        name=f"{name}@{version}" if name and version else name,
        constructor=constructor,
        version=version,
    )


def _near_misses(found: list[dict[str, Any]], source_paths: SourcePaths) -> Iterator[NearMiss]:
    for each in found:
        yield NearMiss(
            package=each["package"],
            type=each["type"],
            reason=printable(source_paths.text(each["reason"])),
            file=source_paths.file(each["dir"], each["file"]),
            line=each["line"],
            fix=each["fix"] or None,
        )


def _check(found: PolicySet, settings: Settings, flawed: Iterable[Problem]) -> None:
    if not found.policies:
        raise nothing_found(settings, found.near_misses, staged(found.modules))
    problems = [*flawed, *_same_names(found)]
    if problems:
        raise PolicyError(*problems)


def _flawed_names(found: list[dict[str, Any]], source_paths: SourcePaths) -> Iterator[Problem]:
    """
    The names that the engine would refuse when it starts, as far as they are known before.
    """
    for each in found:
        if each["name_flaw"]:
            yield Problem(
                what=f"policy {each['package']}.{each['type']} has no name that can be used",
                where=f"{source_paths.file(each['dir'], each['file'])}:{each['line']}",
                why=f"what its Name() returns {printable(each['name_flaw'])}",
                fix="return another name from Name()",
            )


def _same_names(found: PolicySet) -> Iterator[Problem]:
    first: dict[str, Policy] = {}
    for policy in found.policies:
        if policy.name is not None and (other := first.setdefault(policy.name, policy)) is not policy:
            yield Problem(
                what=f"two policies have the name {policy.name!r}",
                where=f"{other.file}:{other.line} and {policy.file}:{policy.line}",
                why=f"Name() returns it in {other.package}.{other.type} and in {policy.package}.{policy.type}",
                fix=_other_name(other, policy),
            )


def _other_name(first: Policy, second: Policy) -> str:
    """
    What can be done; two majors of one module are of one author, who will not name them otherwise.
    """
    if major_of(first.module)[0] != major_of(second.module)[0] or first.module == second.module:
        return "give one of them another name"
    return (
        f"name both majors with a version in discover.policies, as {first.module}@VERSION and {second.module}@VERSION, and "
        "neither as a folder: their policies' names then end with the version; or give one of them another name"
    )


def _log(found: PolicySet, inputs: StagedPolicies) -> None:
    tell_modules("discover", found, inputs.wanted, inputs.graph)
    for miss in found.near_misses:
        log.info("discover: not taken: %s", _as_text(miss))
    tell_ignored("discover", found.ignored)
    with_policies = {policy.module for policy in found.policies}
    for module in staged(found.modules):
        if module.version and module.path not in with_policies:
            log.warning("discover: no policy was found in %s %s", module.copy_of or module.path, module.version)
    policies = f"{len(found.policies)} {'policy' if len(found.policies) == 1 else 'policies'}"
    modules = sum(not module.helper for module in staged(found.modules))
    missed = f", {len(found.near_misses)} not taken" if found.near_misses else ""
    log.info("discover: %s in %d %s%s", policies, modules, "module" if modules == 1 else "modules", missed)


def _as_text(miss: NearMiss) -> str:
    name = f"{miss.package}.{miss.type}".rstrip(".")
    reason = f"{miss.reason}; {miss.fix}" if miss.fix else miss.reason
    return f"{name}: {reason} ({miss.file}:{miss.line})" if miss.package else reason
