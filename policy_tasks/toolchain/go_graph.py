"""
The modules of the user's: those in the policies folders, and the helpers that their replaces lead to.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from policy_tasks.errors import PolicyError, PolicyTasksError, SettingsError
from policy_tasks.toolchain.assembly import check_includes
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.core import Core
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.go_mod import GO_MOD, GoMod, parse_go_mods
from policy_tasks.toolchain.go_sums import gather_sums
from policy_tasks.toolchain.module_check import check_modules
from policy_tasks.toolchain.policy_folder import Reading, SourceModule, read_folder
from policy_tasks.toolchain.remote_modules import Remote

log = logging.getLogger(__name__)

POLICIES = "policies"


class GraphModule(NamedTuple):
    """
    A module with its go.mod, and its name below `policies/`. A helper is only there to be imported; `remote` is where one
    comes from that is not the user's.
    """

    source: SourceModule
    go_mod: GoMod
    slug: str
    helper: bool
    remote: Remote | None = None

    @property
    def staged(self) -> str:
        """
        Its folder below the build directory.
        """
        return f"{POLICIES}/{self.slug}"

    def digest(self) -> str:
        """
        A digest of all its files, names and contents.
        """
        digest = hashlib.sha256()
        for name, data in sorted(self.source.files.items()):
            digest.update(f"{name}\0{len(data)}\0".encode() + data)
        return f"sha256:{digest.hexdigest()}"


class Graph(NamedTuple):
    """
    The core, all modules of the user's, and their go.sum files in one.
    """

    core: GraphModule
    modules: tuple[GraphModule, ...]
    sums: bytes


def make_graph(
    reading: Reading,
    remotes: tuple[Remote, ...],
    core: Core,
    helpers: Mapping[Path, str],
    go: Go,
    directory: BuildDirectory,
) -> Graph:
    """
    The graph of the modules that were read, of the remote ones, of the helpers that their replaces lead to, and of these
    helpers, folders with who names them. Replaces of remote modules do not count, as anywhere in Go.

    Raises `PolicyError` for a go.mod that does not parse, a module path that two folders have or that is not theirs to
    have, a Go version that this toolchain is too old for, and a replace that leads nowhere; `SettingsError`
    for one of the settings that does.
    """
    known = {each.source.directory: each for each in remotes}
    reading.modules |= {folder: each.source for folder, each in known.items()}
    searched = set(reading.modules)
    for target, origin in helpers.items():
        if target not in reading.modules:
            _read_helper(origin, target, reading, SettingsError)
    main = core.source
    reading.modules[main.directory] = main  # read like the others, for what its go.mod replaces
    parsed = _parse_all(reading, main.directory, known, go, directory)
    check_modules(parsed, searched, main.directory, core.own, go)
    check_includes(reading.modules.values())
    go_mod = parsed.pop(main.directory)
    slugs = _slugs(parsed)
    modules = [
        GraphModule(reading.modules[path], parsed[path], slugs[path], path not in searched, known.get(path))
        for path in parsed
    ]
    modules.sort(key=lambda module: module.slug)
    own = (main, *(module.source for module in modules if not module.remote))
    sums = gather_sums(own, (module.source for module in modules if module.remote))
    return Graph(GraphModule(main, go_mod, slug="", helper=True), tuple(modules), sums)


def _parse_all(
    reading: Reading, main: Path, remotes: Mapping[Path, Remote], go: Go, directory: BuildDirectory
) -> dict[Path, GoMod]:
    """
    Parse every go.mod; read the folders that they replace modules with, the core aside, and so on with theirs.
    """
    parsed: dict[Path, GoMod] = {}
    while unparsed := [path for path in reading.modules if path not in parsed]:
        parsed |= parse_go_mods({path: reading.modules[path].files[GO_MOD] for path in unparsed}, go, directory)
        for path in unparsed:
            if path in remotes:
                parsed[path] = _on_its_own(parsed[path], remotes[path])
            for target in _targets(path, parsed[path], parsed[main].path):
                if target not in reading.modules:
                    _read_helper(str(path / GO_MOD), target, reading)
    return parsed


def _on_its_own(go_mod: GoMod, remote: Remote) -> GoMod:
    for replace in go_mod.replaces:
        log.info("discover: %s@%s replaces %s, which does not count", remote.path, remote.version, replace.old)
    for exclude in go_mod.excludes:
        log.info("discover: %s@%s excludes %s, which does not count", remote.path, remote.version, exclude)
    return go_mod._replace(replaces=(), excludes=())


def _targets(path: Path, go_mod: GoMod, core: str) -> Iterator[Path]:
    for replace in go_mod.replaces:
        if replace.is_folder and replace.old.partition("@")[0] != core:
            yield target_of(path, replace.new)


def target_of(path: Path, new: str) -> Path:
    """
    The folder that a replace in this folder's go.mod means.
    """
    return Path(os.path.realpath(path / new))


def _read_helper(origin: str, target: Path, reading: Reading, error: type[PolicyTasksError] = PolicyError) -> None:
    if not (target / GO_MOD).is_file():
        raise error.of(
            "a replace leads to no module",
            where=origin,
            why=f"{target} has no go.mod" if target.is_dir() else f"there is no folder {target}",
            fix="correct that replace, or add the module that it means",
        )
    files, most, written = reading.files_left, reading.bytes_left, reading.written
    helper = Reading(files_left=files, bytes_left=most, written=written, nested=False)
    read_folder(target, helper)
    if helper.problems:
        raise PolicyError(*helper.problems)
    reading.modules[target] = helper.modules[target]
    reading.files_left, reading.bytes_left = helper.files_left, helper.bytes_left


def _slugs(parsed: dict[Path, GoMod]) -> dict[Path, str]:
    """
    A folder's name for each module, from its path: the same in whichever place the sources are.
    """
    slugs: dict[Path, str] = {}
    taken: set[str] = set()
    for path in sorted(parsed, key=lambda path: (parsed[path].path, str(path))):
        plain = re.sub(r"[^a-z0-9.]+", "-", parsed[path].path.lower()).strip("-.")[:100] or "module"
        slug = next(name for name in _numbered(plain) if name not in taken)
        taken.add(slug)
        slugs[path] = slug
    return slugs


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1
