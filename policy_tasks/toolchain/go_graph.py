"""
The generated module's go.mod and go.sum: every policy module, and what the policies' own go.mod files replace and exclude.

A workspace (go.work) would be less to write, but there one policy's replace changes another policy's dependency without
a word; here the same replace from two policies is one, and two different ones are an error that names both.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from policy_tasks.errors import PolicyError, PolicyTasksError, Problem
from policy_tasks.toolchain import go_core
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.go_mod import GoMod, go_version_key, local_version, merge_sums, parse_go_mods
from policy_tasks.toolchain.policy_folder import Reading, SourceModule, read_folder

GO_MOD = PurePosixPath("go.mod")
GO_SUM = PurePosixPath("go.sum")
POLICIES = "policies"
# What the go command takes for all packages, a program or cgo, where it expects an import path.
_WORDS_OF_GO = frozenset({"all", "cmd", "main", "std", "tool", "work", "C"})
_MAJOR_BELOW_2 = re.compile(r"/v(0\d*|1)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphModule:
    """
    A module of the user's with its go.mod, and its name below `policies/`. A helper is only there to be imported.
    """

    source: SourceModule
    go_mod: GoMod
    slug: str
    helper: bool

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """
    All modules of the user's, and the flags of `go mod edit` that bring them together.
    """

    modules: tuple[GraphModule, ...]
    edits: tuple[str, ...]
    sums: bytes

    @property
    def key(self) -> str:
        """
        A digest of all that decides the generated go.mod, before it is resolved.
        """
        return hashlib.sha256(json.dumps(self.edits).encode() + self.sums).hexdigest()


def make_graph(reading: Reading, go: Go, directory: BuildDirectory) -> Graph:
    """
    The graph of the modules that were read, and of the helpers that their replaces lead to.

    Raises `PolicyError` for a go.mod that does not parse, a module path that two folders have or that is not theirs to
    have, a Go version that this toolchain is too old for, and replaces that contradict each other.
    """
    searched = set(reading.modules)
    parsed = _parse_all(reading, go, directory)
    _raise_if(problem for path in sorted(searched) for problem in _check(path, parsed[path], go))
    _raise_if(_same_path({path: parsed[path] for path in sorted(searched)}))
    slugs = _slugs(parsed)
    modules = [
        GraphModule(source=reading.modules[path], go_mod=parsed[path], slug=slugs[path], helper=path not in searched)
        for path in parsed
    ]
    modules.sort(key=lambda module: module.slug)
    sums = merge_sums(module.source.files.get(GO_SUM, b"") for module in modules)
    return Graph(modules=tuple(modules), edits=tuple(_edits(modules)), sums=sums)


def write_go_mod(graph: Graph, go: Go, directory: BuildDirectory) -> None:
    """
    Write the generated go.mod and go.sum, unless they stand as the same graph was resolved to before.
    """
    core = (go_core.directory() / GO_MOD).read_bytes()
    wanted = hashlib.sha256(core).hexdigest() + graph.key
    if (directory.recall("resolved") or {}) == {"graph": wanted, "files": resolved_digest(directory)}:
        return
    copy = directory.temporary_file(core)
    done = go.run("mod", "edit", *graph.edits, str(copy), cwd=directory.state)
    if done.code != 0:
        raise _unresolved(graph, done.message)
    directory.write(GO_MOD, copy.read_bytes())
    directory.write(GO_SUM, graph.sums)
    directory.remember("resolved", {"graph": wanted})


def keep_resolved(directory: BuildDirectory) -> None:
    """
    Remember that go.mod and go.sum, as they stand now, are what the graph resolves to.
    """
    resolved = directory.recall("resolved") or {}
    directory.remember("resolved", {**resolved, "files": resolved_digest(directory)})


def resolved_digest(directory: BuildDirectory) -> str:
    """
    A digest of go.mod and go.sum as they stand.
    """
    texts = [
        (directory.path / name).read_bytes() if (directory.path / name).exists() else b"" for name in (GO_MOD, GO_SUM)
    ]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def _unresolved(graph: Graph, message: str) -> PolicyTasksError:
    named = [module for module in graph.modules if module.go_mod.path in message] or graph.modules
    return PolicyError.of(
        "the policies' modules cannot be brought together",
        where=", ".join(str(module.source.directory / GO_MOD) for module in named[:5]),
        why=message,
        fix="correct the go.mod that this names",
    )


def _parse_all(reading: Reading, go: Go, directory: BuildDirectory) -> dict[Path, GoMod]:
    """
    Parse every go.mod; read the folders that they replace modules with, and so on with theirs.
    """
    parsed: dict[Path, GoMod] = {}
    while unparsed := [path for path in reading.modules if path not in parsed]:
        files = {path / GO_MOD: reading.modules[path].files[GO_MOD] for path in unparsed}
        results = parse_go_mods(files, go, directory)
        parsed.update({path: results[path / GO_MOD] for path in unparsed})
        for path in unparsed:
            for target in _targets(path, parsed[path]):
                if target not in reading.modules:
                    _read_helper(path, target, reading)
    return parsed


def _targets(path: Path, go_mod: GoMod) -> Iterator[Path]:
    for replace in go_mod.replaces:
        if replace.is_folder:
            yield _target(path, replace.new)


def _target(path: Path, new: str) -> Path:
    return Path(os.path.realpath(path / new))


def _read_helper(path: Path, target: Path, reading: Reading) -> None:
    if not (target / GO_MOD).is_file():
        raise PolicyError.of(
            "a replace leads to no module",
            where=path / GO_MOD,
            why=f"{target} has no go.mod" if target.is_dir() else f"there is no folder {target}",
            fix="correct the replace directive, or add the module that it means",
        )
    helper = Reading(files_left=reading.files_left, bytes_left=reading.bytes_left, nested=False)
    read_folder(target, helper)
    if helper.problems:
        raise PolicyError(*helper.problems)
    reading.modules[target] = helper.modules[target]
    reading.files_left, reading.bytes_left = helper.files_left, helper.bytes_left


def _check(path: Path, go_mod: GoMod, go: Go) -> Iterator[Problem]:
    where, core = str(path / GO_MOD), go_core.MODULE
    if go_mod.path == core or go_mod.path.startswith(f"{core}/") or core.startswith(f"{go_mod.path}/"):
        yield Problem(
            what=f"the module path {go_mod.path} is taken",
            where=where,
            why=f"the core has it: {core}",
            fix="name the module otherwise, such as example.com/policy",
        )
    elif go_mod.path in _WORDS_OF_GO or _MAJOR_BELOW_2.search(go_mod.path):
        yield Problem(
            what=f"the module path {go_mod.path} cannot be used",
            where=where,
            why="a major version in a path begins with v2" if "/" in go_mod.path else "it means something else to Go",
            fix="name the module otherwise, such as example.com/policy",
        )
    needed = go_mod.go
    if needed and go_version_key(needed) > go_version_key(go.version.removeprefix("go")):
        yield Problem(
            what=f"policy module {go_mod.path} needs a newer Go",
            where=where,
            why=f"it asks for go {needed}, and {go.path} is {go.version}",
            fix=f"install Go {needed} or newer, or lower the go line of that go.mod",
        )


def _same_path(parsed: dict[Path, GoMod]) -> Iterator[Problem]:
    first: dict[str, Path] = {}
    for path, go_mod in parsed.items():
        other = first.setdefault(go_mod.path, path)
        if other != path:
            yield Problem(
                what=f"two modules have the path {go_mod.path}",
                where=f"{other / GO_MOD} and {path / GO_MOD}",
                why="a module path names one module in a build",
                fix="give one of them another path on its module line, or remove one",
            )


def _raise_if(problems: Iterator[Problem]) -> None:
    found = tuple(problems)
    if found:
        raise PolicyError(*found)


def _slugs(parsed: dict[Path, GoMod]) -> dict[Path, str]:
    """
    A folder's name for each module, from its path: the same in whichever place the sources are.
    """
    slugs: dict[Path, str] = {}
    taken: set[str] = set()
    for path in sorted(parsed, key=lambda path: (parsed[path].path, str(path))):
        plain = re.sub(r"[^a-z0-9.]+", "-", parsed[path].path.lower()).strip("-.") or "module"
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


def _edits(modules: list[GraphModule]) -> Iterator[str]:
    core = (go_core.directory() / GO_MOD).read_text()
    match = re.search(r"^go (\S+)", core, re.MULTILINE)
    assert match, "go-core's go.mod has a go line"
    versions = [match[1], *(module.go_mod.go for module in modules if module.go_mod.go)]
    yield f"-go={max(versions, key=go_version_key)}"
    for module in modules:
        if not module.helper:
            yield f"-require={module.go_mod.path}@{local_version(module.go_mod.path)}"
    for old, (new, _) in sorted(_replaces(modules).items()):
        yield f"-replace={old}={new}"
    for exclude in sorted({exclude for module in modules for exclude in module.go_mod.excludes}):
        yield f"-exclude={exclude}"


def _replaces(modules: list[GraphModule]) -> dict[str, tuple[str, Path]]:
    """
    Where each replaced module is taken from, and the go.mod that says so.
    """
    staged = {module.source.directory: module.staged for module in modules}
    found = {
        module.go_mod.path: (f"./{module.staged}", module.source.directory / GO_MOD)
        for module in modules
        if not module.helper
    }
    for module in modules:
        for replace in module.go_mod.replaces:
            new = f"./{staged[_target(module.source.directory, replace.new)]}" if replace.is_folder else replace.new
            origin = module.source.directory / GO_MOD
            other = found.setdefault(replace.old, (new, origin))
            if other[0] != new:
                users = {f"./{name}": str(folder) for folder, name in staged.items()}
                first, second = users.get(other[0], other[0]), users.get(new, new)
                raise _conflict(replace.old, (first, other[1]), (second, origin))
    return found


def _conflict(old: str, first: tuple[str, Path], second: tuple[str, Path]) -> PolicyTasksError:
    return PolicyError.of(
        f"{old} is to be taken from two places",
        where=f"{first[1]} and {second[1]}",
        why=f"the first means {first[0]}, the second {second[0]}",
        fix="make both go.mod files agree on one",
    )
