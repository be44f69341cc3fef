"""
Settings -> PolicySet: stage the policies' modules beside the core, and type-check them for policies.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from policy_tasks.errors import PolicyError, PolicyTasksError, Problem, SettingsError
from policy_tasks.model import (
    Constructor,
    FetchedModules,
    NearMiss,
    Policy,
    PolicySet,
    Replace,
    Requirement,
    StagedModule,
    staged,
)
from policy_tasks.names import Platform
from policy_tasks.settings import Settings
from policy_tasks.shown import printable
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.core import Core, read_core
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.go_graph import Graph, make_graph
from policy_tasks.toolchain.go_mod import GO_MOD, parse_go_mods
from policy_tasks.toolchain.go_resolution import Wanted, write_go_mod
from policy_tasks.toolchain.inspection import Inspection
from policy_tasks.toolchain.lock_file import LockFile
from policy_tasks.toolchain.policy_folder import Reading, read_folder
from policy_tasks.toolchain.remote_modules import Remote, fetch_remotes, without_folders
from policy_tasks.toolchain.replaces import SETTING, gather_replaces
from policy_tasks.toolchain.staging import WayBack, stage
from policy_tasks.toolchain.versions import check_contract, check_versions, resolved_modules, tell_versions

log = logging.getLogger(__name__)

_CONTRACT = "an exported type with Name() string, Execute(context.Context, any) (any, error) and Validate() error"
# In the settings, instead of a constructor's name.
ZERO = "zero"


class StagedPolicies(NamedTuple):
    """
    The policies' modules in the build directory, not yet looked into.
    """

    settings: Settings
    core: Core
    reading: Reading
    graph: Graph
    modules: tuple[StagedModule, ...]
    wanted: Wanted

    @property
    def replaces(self) -> tuple[Replace, ...]:
        """
        The replaces, but for those by the policies' own folders.
        """
        return tuple(each.told() for each in self.wanted.replaces if not each.of_policy)


def check_folders(folders: tuple[Path, ...], build_dir: Path) -> None:
    """
    Raise `SettingsError` for every folder that is not there, or that is in the build directory, where it would not last.
    """
    missing = [_missing(folder) for folder in folders if not os.path.isdir(folder)]
    kept = os.path.realpath(build_dir)
    inside = [_inside(folder, build_dir) for folder in folders if Path(os.path.realpath(folder)).is_relative_to(kept)]
    if missing or inside:
        raise SettingsError(*missing, *inside)


def _inside(folder: Path, build_dir: Path) -> Problem:
    return Problem(
        what="the policies are in the build directory",
        where=str(folder),
        why=f"everything in {build_dir} may be replaced or removed",
        fix="name another build directory with --build-dir, one that holds nothing of yours",
    )


def stage_policies(
    settings: Settings, lock: LockFile, find_go: Callable[[], Go], directory: BuildDirectory
) -> StagedPolicies:
    """
    Copy the modules of the policies beside the core, with what the lock holds. Go is asked for once they are read.

    Raises `PolicyError` with all that is wrong with the modules.
    """
    reading = _read(settings)
    core = read_core(settings)
    go = find_go()
    decided = settings.modules.replaces
    helpers = {Path(new).resolve(): SETTING for _, new in decided if os.path.isabs(new)}
    remotes = _remotes(settings, lock, reading, go, directory)
    graph = make_graph(reading, remotes, core, helpers, go, directory)
    replaces = gather_replaces(graph, decided)
    pins = tuple(Requirement(module=path, version=version) for path, version in settings.modules.pins)
    modules = stage(graph, core, directory)
    wanted = Wanted(replaces, pins, lock.held)
    write_go_mod(graph, wanted, go, directory)
    return StagedPolicies(settings=settings, core=core, reading=reading, graph=graph, modules=modules, wanted=wanted)


def fetch_modules(taken: StagedPolicies, platform: Platform, go: Go, directory: BuildDirectory) -> FetchedModules:
    """
    Download the modules that the staged ones need. Raises `BuildError` for those that cannot be had.
    """
    _inspection(taken, platform, go, directory).fetch()
    modules = resolved_modules(taken.graph.core.go_mod, taken.modules, go, directory)
    check_versions(modules, taken.wanted.pins)
    found = FetchedModules(modules=modules)
    log.info("fetch: %d modules", sum(bool(module.version) for module in modules))
    return found


def find_policies(taken: StagedPolicies, platform: Platform, go: Go, directory: BuildDirectory) -> PolicySet:
    """
    Find every policy in the staged modules, as it is for this platform.

    Raises `PolicyError` with all that is wrong with the policies.
    """
    inspection, way_back = _inspection(taken, platform, go, directory), WayBack(taken.modules, directory)
    inspected = inspection.result()
    modules = resolved_modules(taken.graph.core.go_mod, taken.modules, go, directory)
    check_versions(modules, taken.wanted.pins)
    check_contract(modules, taken.core.contract)
    found = PolicySet(
        core=taken.graph.core.go_mod.path,
        policies=_policies(inspected["policies"], taken, way_back),
        near_misses=(*_near_misses(inspected["near_misses"], way_back), *_without_module(taken.reading)),
        modules=modules,
        replaces=taken.replaces,
        pins=taken.wanted.pins,
        directory=directory.path,
    )
    _check(found, taken.settings.folders)
    _tell(found)
    return found


def _inspection(taken: StagedPolicies, platform: Platform, go: Go, directory: BuildDirectory) -> Inspection:
    return Inspection(
        core=taken.core, graph=taken.graph, modules=taken.modules, platform=platform, go=go, directory=directory
    )


def _remotes(
    settings: Settings, lock: LockFile, reading: Reading, go: Go, directory: BuildDirectory
) -> tuple[Remote, ...]:
    if not settings.remotes:
        return ()
    remotes = fetch_remotes(settings.remotes, lock.policies, reading, go, directory)
    texts = {folder: module.files[GO_MOD] for folder, module in reading.modules.items()}
    folders = {go_mod.path: folder for folder, go_mod in parse_go_mods(texts, go, directory).items()}
    return without_folders(remotes, folders)


def _read(settings: Settings) -> Reading:
    reading = Reading(files_left=settings.discover.max_files, bytes_left=settings.discover.max_bytes)
    for folder in settings.folders:
        read_folder(folder.resolve(), reading)
    if reading.problems:
        raise PolicyError(*reading.problems)
    if not reading.modules and not settings.remotes:
        raise _nothing_found(settings.folders, tuple(_without_module(reading)))
    return reading


def _missing(folder: Path) -> Problem:
    try:
        folder.stat()
        why = "it is a file"
    except FileNotFoundError:
        why = "there is no such folder"
    except OSError as error:
        why = error.strerror or str(error)
    return Problem(
        what="the policies are missing",
        where=str(folder),
        why=why,
        fix="name the folder that holds the policy modules with --policies, or as discover.policies in the settings",
    )


def _policies(found: list[dict[str, Any]], taken: StagedPolicies, way_back: WayBack) -> tuple[Policy, ...]:
    wanted = dict(taken.settings.discover.constructors)
    versions = {
        module.remote.build_path: module.remote.version
        for module in taken.graph.modules
        if module.remote and module.remote.build_path != module.remote.path
    }
    known = {name for each in found for name in (each["package"], f"{each['package']}.{each['type']}")}
    strange = [_no_constructor(name, "there is no such policy", "correct that name") for name in wanted.keys() - known]
    if strange:
        raise SettingsError(*strange)
    return tuple(_policy(each, _constructor(each, wanted), versions.get(each["module"]), way_back) for each in found)


def _constructor(found: dict[str, Any], wanted: dict[str, str]) -> Constructor | None:
    """
    What makes this policy: the function that the settings name for its type or package, else the usual one.
    """
    full = f"{found['package']}.{found['type']}"
    key = full if full in wanted else found["package"]
    name = wanted.get(key, found["constructor"])
    if name in ("", ZERO):
        return None
    made = {each["name"]: Constructor(**each) for each in found["constructors"]}
    if name not in made:
        why = f"{found['package']} has no function {name}() that returns {found['type']}; it has {', '.join(made) or 'none'}"
        raise SettingsError(_no_constructor(key, why, f"name one of those, or `{ZERO}` for a zero value"))
    return made[name]


def _no_constructor(key: str, why: str, fix: str) -> Problem:
    return Problem(what=f"{key} cannot be made as asked for", where="discover.constructors", why=why, fix=fix)


def _policy(found: dict[str, Any], constructor: Constructor | None, version: str | None, way_back: WayBack) -> Policy:
    name = found.get("name")
    return Policy(
        package=found["package"],
        type=found["type"],
        module=found["module"],
        file=way_back.file(found["dir"], found["file"]),
        line=found["line"],
        pointer=found["pointer"],
        composite=found["composite"],
        name=f"{name}@{version}" if name and version else name,
        constructor=constructor,
        version=version,
    )


def _near_misses(found: list[dict[str, Any]], way_back: WayBack) -> Iterator[NearMiss]:
    for each in found:
        yield NearMiss(
            package=each["package"],
            type=each["type"],
            reason=printable(each["reason"]),
            file=way_back.file(each["dir"], each["file"]),
            line=each["line"],
        )


def _without_module(reading: Reading) -> Iterator[NearMiss]:
    for folder in sorted({path.parent for path in reading.without_module}):
        file = min(path for path in reading.without_module if path.parent == folder)
        reason = f"{folder} holds Go files but belongs to no module: it has no go.mod; run `go mod init` there"
        yield NearMiss(package="", type="", reason=reason, file=file, line=1)


def _check(found: PolicySet, folders: tuple[Path, ...]) -> None:
    if not found.policies:
        raise _nothing_found(folders, found.near_misses)
    problems = [*_empty_names(found), *_same_names(found)]
    if problems:
        raise PolicyError(*problems)


def _nothing_found(folders: tuple[Path, ...], misses: tuple[NearMiss, ...]) -> PolicyTasksError:
    if misses:
        return PolicyError(*map(_as_problem, misses))
    empty = [str(folder) for folder in folders if not any(folder.iterdir())]
    return PolicyError.of(
        "there are no policies",
        where=", ".join(str(folder) for folder in folders),
        why=f"{', '.join(empty)} is empty: is it the folder that was meant?" if empty else "no Go module is there",
        fix=f"add a module with a policy: {_CONTRACT}",
    )


def _as_problem(miss: NearMiss) -> Problem:
    what = f"{miss.package}.{miss.type} is not a policy" if miss.type else "this is not a policy"
    return Problem(
        what=f"there are no policies: {what}",
        where=f"{miss.file}:{miss.line}",
        why=miss.reason,
        fix=f"correct that; a policy is {_CONTRACT}",
    )


def _empty_names(found: PolicySet) -> Iterator[Problem]:
    for policy in found.policies:
        if policy.name == "":
            yield Problem(
                what=f"policy {policy.package}.{policy.type} has no name",
                where=f"{policy.file}:{policy.line}",
                why="its Name() returns an empty text",
                fix="return a name from Name()",
            )


def _same_names(found: PolicySet) -> Iterator[Problem]:
    first: dict[str, Policy] = {}
    for policy in found.policies:
        if policy.name is not None and (other := first.setdefault(policy.name, policy)) is not policy:
            yield Problem(
                what=f"two policies have the name {policy.name!r}",
                where=f"{other.file}:{other.line} and {policy.file}:{policy.line}",
                why=f"Name() returns it in {other.package}.{other.type} and in {policy.package}.{policy.type}",
                fix="give one of them another name",
            )


def _tell(found: PolicySet) -> None:
    for replace in found.replaces:
        log.info("discover: %s is taken from %s, as %s says", replace.old, replace.new, replace.origin)
    for pin in found.pins:
        log.info("discover: %s is held at %s", pin.module, pin.version)
    tell_versions(found.modules)
    for miss in found.near_misses:
        log.info("discover: not taken: %s", _as_text(miss))
    policies = f"{len(found.policies)} {'policy' if len(found.policies) == 1 else 'policies'}"
    modules = sum(not module.helper for module in staged(found.modules))
    missed = f", {len(found.near_misses)} not taken" if found.near_misses else ""
    log.info("discover: %s in %d %s%s", policies, modules, "module" if modules == 1 else "modules", missed)


def _as_text(miss: NearMiss) -> str:
    return f"{miss.package}.{miss.type}: {miss.reason} ({miss.file}:{miss.line})" if miss.package else miss.reason
