"""
Policies of other people: modules that are named with a version, and downloaded as Go does it.

Go's own settings decide from where, and with which credentials. Two versions of one module get paths of their own, since for
Go a module of one path is one thing.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from policy_tasks.errors import BuildError, PolicyError, PolicyTasksError, Problem, SettingsError
from policy_tasks.model import Module
from policy_tasks.names import RemoteModule, is_exact
from policy_tasks.printable import printable
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import Go, full_disk, json_stream
from policy_tasks.toolchain.go_mod import GO_MOD, GO_SUM
from policy_tasks.toolchain.moved_module import moved
from policy_tasks.toolchain.network_fix import network_fix
from policy_tasks.toolchain.newer_go import newer_go
from policy_tasks.toolchain.offline import offline_fix, offline_why
from policy_tasks.toolchain.policy_folder import Reading, SourceModule, read_folder
from policy_tasks.toolchain.process import Completed

log = logging.getLogger(__name__)

_SETTING = "discover.policies"


class Remote(NamedTuple):
    """
    A downloaded module: its path, its version and `h1:` sum, and its files. Its path in the build is another where it is
    there in several versions.
    """

    path: str
    version: str
    sum: str
    source: SourceModule
    build_path: str


def fetch_remotes(
    wanted: tuple[RemoteModule, ...], held: tuple[Module, ...], reading: Reading, go: Go, directory: BuildDirectory
) -> tuple[Remote, ...]:
    """
    Download these modules, each once, and read them; what has no exact version gets the one that the lock holds, and what
    has the lock's version has to have its sum.

    Raises `BuildError` for one that cannot be had, `PolicyError` for one that is no module.
    """
    versions = {each.path: str(each.version) for each in held}
    exact = [
        each if is_exact(each.version) else each._replace(version=versions.get(each.path, each.version))
        for each in wanted
    ]
    sums = {f"{each.path}@{each.version}": str(each.sum) for each in held if each.sum}
    found = _downloaded(tuple(dict.fromkeys(exact)), sums, go, directory)
    known = {(each["Path"], each["Version"]): each for each in found}
    several = Counter(path for path, _ in known)
    return tuple(
        _remote(each, reading, go, directory, several=several[path] > 1) for (path, _), each in sorted(known.items())
    )


def _downloaded(
    wanted: tuple[RemoteModule, ...], sums: dict[str, str], go: Go, directory: BuildDirectory
) -> list[dict[str, Any]]:
    """
    What Go says of each. It is not asked about an exact version that it had before, with the sum that it has to have, and
    that is still there.
    """
    known: dict[str, Any] = directory.recall("remotes") or {}
    had = {str(each): known.get(str(each)) for each in wanted if is_exact(each.version)}
    kept = {
        name: each
        for name, each in had.items()
        if each and sums.get(name, each["Sum"]) == each["Sum"] and Path(each["Dir"], GO_MOD).is_file()
    }
    if missing := [each for each in wanted if str(each) not in kept]:
        told = _ask(missing, sums, go, directory)
        kept |= {f"{each['Path']}@{each['Version']}": each for each in told}
        directory.remember("remotes", kept)
    return list(kept.values())


def _ask(missing: list[RemoteModule], sums: dict[str, str], go: Go, directory: BuildDirectory) -> list[dict[str, Any]]:
    # In a folder with a go.mod of its own: that of the build directory may replace the very module that is asked for.
    folder = directory.temporary / "remote"
    folder.mkdir()
    (folder / GO_MOD).write_text("module remote\n\ngo 1.21\n")
    (folder / GO_SUM).write_text("".join(f"{name.replace('@', ' ')} {sum_}\n" for name, sum_ in sums.items()))
    done = _run(missing, folder, go)
    told = list(json_stream(done.stdout))
    problems = [_missing(each["Path"], each["Version"], each["Error"]) for each in told if each.get("Error")]
    if done.code != 0 and not problems:
        problems = [_missing(each.path, each.version, done.message) for each in missing]
    if problems:
        raise newer_go(problems[0].why) or full_disk(_SETTING, problems[0].why) or BuildError(*problems)
    return [{key: each.get(key, "") for key in ("Path", "Version", "Sum", "Dir")} for each in told]


def _run(missing: list[RemoteModule], folder: Path, go: Go) -> Completed:
    try:
        return go.run("mod", "download", "-json", *map(str, missing), cwd=folder)
    except BuildError as error:
        named = f"it was to fetch {', '.join(map(str, missing))}"
        told = (replace(each, where=_SETTING, why=f"{each.why}; {named}") for each in error.problems)
        raise BuildError(*told) from None


def _missing(path: str, version: str, why: str) -> Problem:
    fix = "correct the module or its version; for a private one see GOPRIVATE and .netrc in docs/dependencies.md"
    fix = network_fix(why) or fix
    if "checksum mismatch" in why:
        fix = "find out who changed what that version is; where that is meant, run with --update"
    fix = offline_fix(why) or fix
    return Problem(
        what=f"the policy {path}@{version} cannot be had", where=_SETTING, why=printable(offline_why(why)), fix=fix
    )


def _remote(told: dict[str, Any], reading: Reading, go: Go, directory: BuildDirectory, *, several: bool) -> Remote:
    folder, path, version = Path(told["Dir"]), told["Path"], told["Version"]
    inside = Reading(files_left=reading.files_left, bytes_left=reading.bytes_left, nested=False)
    read_folder(folder, inside)
    if inside.problems:
        raise PolicyError(*inside.problems)
    if folder not in inside.modules:
        raise _no_module(path, version)
    reading.files_left, reading.bytes_left = inside.files_left, inside.bytes_left
    source, build_path = inside.modules[folder], path
    if several and path.startswith("gopkg.in/"):
        raise _one_version(path)
    if several:
        build_path = path + suffix(version)
        source = moved(source, path, build_path, go, directory)
    return Remote(path, version, told["Sum"], source, build_path)


def suffix(version: str) -> str:
    """
    What a module's path ends with where it is there in several versions.
    """
    return f"/at-{version.replace('+', '-')}"


def _one_version(path: str) -> PolicyTasksError:
    return SettingsError.of(
        f"{path} cannot be there in several versions",
        where=_SETTING,
        why="each would get a path below that one, and Go takes none below a path of gopkg.in",
        fix="name one of its versions",
    )


def _no_module(path: str, version: str) -> PolicyTasksError:
    return PolicyError.of(
        f"{path}@{version} is no module", where=_SETTING, why="it has no go.mod", fix="name a version that has one"
    )


def without_folders(remotes: tuple[Remote, ...], folders: dict[str, Path]) -> tuple[Remote, ...]:
    """
    Those that no folder holds: what somebody has before them is what they mean.
    """
    for each in remotes:
        if each.path in folders:
            log.info("discover: %s is taken from %s, not in version %s", each.path, folders[each.path], each.version)
    return tuple(each for each in remotes if each.path not in folders)
