"""
From the settings to modules in the build directory: the policies of folders and of other people, the core, and their go.mod.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from policy_tasks.errors import PolicyError, Problem, SettingsError
from policy_tasks.model import Exclude, Replace, Requirement, StagedModule
from policy_tasks.names import Platform, parse_module
from policy_tasks.printable import printable
from policy_tasks.settings import Settings
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.core import Core, read_core
from policy_tasks.toolchain.core_packages import check_packages
from policy_tasks.toolchain.file_names import is_sound
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.go_graph import Graph, make_graph
from policy_tasks.toolchain.go_mod import GO_MOD, parse_go_mods
from policy_tasks.toolchain.go_resolution import Wanted, write_go_mod
from policy_tasks.toolchain.inspection import Inspection
from policy_tasks.toolchain.lock_file import LockFile
from policy_tasks.toolchain.nothing_found import nothing_found, without_module
from policy_tasks.toolchain.policy_folder import Reading, read_folder
from policy_tasks.toolchain.remote_modules import Remote, fetch_remotes, without_folders
from policy_tasks.toolchain.replaces import SETTING, gather_excludes, gather_replaces
from policy_tasks.toolchain.staging import stage
from policy_tasks.toolchain.targets import written_places
from policy_tasks.toolchain.unresolved_origins import Origins


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
        return tuple(each.document() for each in self.wanted.replaces if not each.of_policy)

    @property
    def excludes(self) -> tuple[Exclude, ...]:
        """
        The versions that are not to be taken.
        """
        return tuple(each.document() for each in self.wanted.excludes)


def check_folders(folders: tuple[Path, ...], build_dir: Path) -> None:
    """
    Raise `SettingsError` for every folder that is not there, or that is in the build directory, where it would not last, and
    for a build directory whose name Go cannot take.
    """
    if not is_sound(str(build_dir)):
        raise SettingsError.of(
            "the build directory's name cannot be used",
            where=printable(str(build_dir)),
            why="it has control characters, a backslash or is not UTF-8",
            fix="name another build directory with --build-dir",
        )
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


def _missing(folder: Path) -> Problem:
    try:
        why = "it is a file" if S_ISREG(folder.stat().st_mode) else "it is a FIFO, a socket or a device"
    except FileNotFoundError:
        why = "there is no such folder"
    except OSError as error:
        why = error.strerror or str(error)
    return Problem(
        what="the policies are missing",
        where=str(folder),
        why=why,
        fix=_module_meant(folder)
        or "name the folder that holds the policy modules with --policies, or as discover.policies in the settings; "
        "`policy-tasks new NAME` makes a first policy",
    )


def _module_meant(folder: Path) -> str:
    module = parse_module(f"{os.path.relpath(folder)}@latest")
    return (
        f"name that folder, or, if it is a module, its version too: {module}, or {module.path}@VERSION"
        if module
        else ""
    )


def stage_policies(
    settings: Settings, platform: Platform, lock: LockFile, find_go: Callable[[], Go], directory: BuildDirectory
) -> StagedPolicies:
    """
    Copy the modules of the policies beside the core, with what the lock holds. Go is asked for once they are read.

    Raises `PolicyError` with all that is wrong with the modules, `SettingsError` for a core that is not as they say.
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
    check_packages(core, graph, (*(each.path for each in replaces), *(pin.module for pin in pins)))
    modules = stage(graph, core, directory)
    basis = _basis(platform, core, modules, directory, settings) if lock.used else ()
    wanted = Wanted(replaces, gather_excludes(graph), pins, lock.held, basis, settings.modules.offline)
    write_go_mod(graph, wanted, go, directory)
    return StagedPolicies(settings=settings, core=core, reading=reading, graph=graph, modules=modules, wanted=wanted)


def _basis(
    platform: Platform, core: Core, modules: tuple[StagedModule, ...], directory: BuildDirectory, settings: Settings
) -> tuple[str, ...]:
    # A lock that is made anew asks for the newest versions again: no other run has that folder's name.
    run = directory.temporary.name if settings.modules.update else ""
    return (run, str(platform), core.digest(), *(module.digest for module in modules))


def inspection(inputs: StagedPolicies, platform: Platform, go: Go, directory: BuildDirectory) -> Inspection:
    """
    What Go and the inspector are to be asked about these.
    """
    return Inspection(
        core=inputs.core,
        graph=inputs.graph,
        modules=inputs.modules,
        replaces=inputs.wanted.replaces,
        origins=Origins(inputs.graph, inputs.wanted.pins, inputs.wanted.held),
        platform=platform,
        go=go,
        directory=directory,
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
    most, written = settings.discover, written_places(settings)
    reading = Reading(files_left=most.max_files, bytes_left=most.max_bytes, written=written)
    for folder in settings.folders:
        read_folder(folder.resolve(), reading)
    if reading.problems:
        raise PolicyError(*reading.problems)
    if not reading.modules and not settings.remotes:
        raise nothing_found(settings, tuple(without_module(reading)))
    return reading
