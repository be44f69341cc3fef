"""
The generated module's go.mod and go.sum: every policy module, and what the policies' own go.mod files replace and exclude.

A workspace (go.work) would be less to write, but there one policy's replace changes another policy's dependency without
a word; here the same replace from two policies is one, and two different ones are an error that names both.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from policy_tasks.errors import PolicyError, PolicyTasksError
from policy_tasks.toolchain import go_core
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.go_graph import Graph, GraphModule, target_of
from policy_tasks.toolchain.go_mod import GO_MOD, GO_SUM, go_version_key, local_version

log = logging.getLogger(__name__)


def write_go_mod(graph: Graph, go: Go, directory: BuildDirectory) -> None:
    """
    Write the generated go.mod and go.sum, unless they stand as the same graph was resolved to before.

    Raises `PolicyError` for replaces that contradict each other.
    """
    core = (go_core.directory() / GO_MOD).read_bytes()
    edits = tuple(_edits(graph.modules))
    wanted = hashlib.sha256(core + repr(edits).encode() + graph.sums).hexdigest()
    if (directory.recall("resolved") or {}) == {"graph": wanted, "files": resolved_digest(directory)}:
        return
    for _, taken in _directives(graph.modules, {each.source.directory: each.staged for each in graph.modules}):
        if ":" in taken.where:
            log.info("discover: %s is taken from %s, as %s says", taken.old, taken.told_as, taken.where)
    copy = directory.temporary_file(core)
    done = go.run("mod", "edit", *edits, str(copy), cwd=directory.state)
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
    return directory.digest(GO_MOD, GO_SUM)


def _unresolved(graph: Graph, message: str) -> PolicyTasksError:
    named = [module for module in graph.modules if module.go_mod.path in message] or graph.modules
    return PolicyError.of(
        "the policies' modules cannot be brought together",
        where=", ".join(str(module.source.directory / GO_MOD) for module in named[:5]),
        why=message,
        fix="correct the go.mod that this names",
    )


def _edits(modules: tuple[GraphModule, ...]) -> Iterator[str]:
    core = (go_core.directory() / GO_MOD).read_text()
    match = re.search(r"^go (\S+)", core, re.MULTILINE)
    assert match, "go-core's go.mod has a go line"
    versions = [match[1], *(module.go_mod.go for module in modules if module.go_mod.go)]
    yield f"-go={max(versions, key=go_version_key)}"
    for module in modules:
        if not module.helper:
            yield f"-require={module.go_mod.path}@{local_version(module.go_mod.path)}"
    for old, taken in sorted(_replaces(modules).items()):
        yield f"-replace={old}={taken.new}"
    for exclude in sorted({exclude for module in modules for exclude in module.go_mod.excludes}):
        yield f"-exclude={exclude}"


class _Taken(NamedTuple):
    """
    Where a module is taken from, by which directive (`module` or `module@version`), and the go.mod that says so.
    """

    old: str
    new: str
    where: str
    told_as: str


def _replaces(modules: tuple[GraphModule, ...]) -> dict[str, _Taken]:
    """
    The directives of all modules. Those of two for one module have to agree: a replace of one version would outrank
    another policy's replace of all versions without a word.
    """
    staged = {module.source.directory: module.staged for module in modules}
    deciders: dict[str, tuple[GraphModule, set[str], str]] = {}
    found: dict[str, _Taken] = {}
    for module, taken in _directives(modules, staged):
        path = taken.old.partition("@")[0]
        decider, targets, where = deciders.setdefault(path, (module, {taken.new}, taken.where))
        if decider is module:
            targets.add(taken.new)
        elif targets != {taken.new}:
            first = next(each for each in found.values() if each.where == where)
            raise _conflict(path, first, taken)
        found.setdefault(taken.old, taken)
    return found


def _directives(modules: tuple[GraphModule, ...], staged: dict[Path, str]) -> Iterator[tuple[GraphModule, _Taken]]:
    for module in modules:
        if not module.helper:
            where = f"{module.source.directory}/{GO_MOD}"
            new, told_as = f"./{module.staged}", str(module.source.directory)
            yield module, _Taken(old=module.go_mod.path, new=new, where=where, told_as=told_as)
    for module in modules:
        for replace in module.go_mod.replaces:
            target = target_of(module.source.directory, replace.new)
            new, told_as = (f"./{staged[target]}", str(target)) if replace.is_folder else (replace.new, replace.new)
            yield module, _Taken(old=replace.old, new=new, where=_place(module, replace.old), told_as=told_as)


def _place(module: GraphModule, old: str) -> str:
    """
    The go.mod with the line of its directive for this module.
    """
    path = old.partition("@")[0]
    lines = module.source.files[GO_MOD].decode("utf-8", "replace").splitlines()
    for number, line in enumerate(lines, 1):
        words = line.partition("=>")[0].replace('"', " ").replace("`", " ").split()
        if "=>" in line and path in words:
            return f"{module.source.directory / GO_MOD}:{number}"
    return str(module.source.directory / GO_MOD)


def _conflict(path: str, first: _Taken, second: _Taken) -> PolicyTasksError:
    return PolicyError.of(
        f"{path} is to be taken from two places",
        where=f"{first.where} and {second.where}",
        why=f"the first means {first.told_as}, the second {second.told_as}",
        fix="make both go.mod files agree on one",
    )
