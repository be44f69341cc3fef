"""
The generated module's go.mod and go.sum: every policy module, what is replaced and excluded, and the versions that are held.

A workspace (go.work) would be less to write, but there one policy's replace changes another policy's dependency without
a word; here the same replace from two policies is one, and two different ones are an error that names both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from policy_tasks.errors import PolicyError, PolicyTasksError
from policy_tasks.model import Module, Requirement
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.go_graph import Graph
from policy_tasks.toolchain.go_mod import GO_MOD, GO_SUM, go_version_key, local_version, merge_sums
from policy_tasks.toolchain.replaces import Exclusion, Replacement

_FILES = frozenset({GO_MOD, GO_SUM})


class Wanted(NamedTuple):
    """
    What decides beside the policies' own go.mod files: the replaces and excludes of all, the pins, and the
    versions of the lock.

    `basis` is what go.mod is completed from, named where a lock holds or takes that: what was added for other sources or
    for another platform must not stay there. `offline` is whether nobody can be asked for a sum: those of the last run are kept.
    """

    replaces: tuple[Replacement, ...]
    excludes: tuple[Exclusion, ...] = ()
    pins: tuple[Requirement, ...] = ()
    held: tuple[Module, ...] = ()
    basis: tuple[str, ...] = ()
    offline: bool = False


def write_go_mod(graph: Graph, wanted: Wanted, go: Go, directory: BuildDirectory) -> None:
    """
    Write the generated go.mod and go.sum, unless they stand as the same graph was resolved to before.
    """
    before = _last_resolved(directory)
    core = graph.core.source.files[GO_MOD]
    edits, sums = tuple(_edits(graph, wanted)), merge_sums((graph.sums, *map(_sum, wanted.held)))
    key = hashlib.sha256(core + repr((edits, wanted.basis)).encode() + sums).hexdigest()
    if before.get("graph") == key:
        return
    copy = directory.temporary_file(core)
    done = go.run("mod", "edit", *edits, str(copy), cwd=directory.state)
    if done.code != 0:
        raise _unresolved(graph, done.message)
    directory.remember("resolved", {"graph": key, "before": before})
    known = before.get(GO_SUM, "").encode(errors="surrogateescape") if wanted.offline else b""
    directory.write(GO_MOD, copy.read_bytes())
    directory.write(GO_SUM, merge_sums((sums, known)))


def _last_resolved(directory: BuildDirectory) -> dict[str, str]:
    """
    What the last run that did not fail has resolved: the key of its graph, its go.mod and go.sum. A later one that failed, or
    was killed, has left these too: they are put back.
    """
    resolved = directory.recall("resolved") or {}
    if (before := resolved.get("before")) is not None:
        for name in _FILES & before.keys():
            directory.write(name, before[name].encode(errors="surrogateescape"))
        directory.remember("resolved", {name: before[name] for name in before.keys() - _FILES})
        return dict(before)
    if resolved.get("files") != resolved_digest(directory):
        return {}
    return resolved | {name: (directory.path / name).read_text(errors="surrogateescape") for name in _FILES}


def keep_resolved(directory: BuildDirectory) -> None:
    """
    Remember that go.mod and go.sum, as they stand now, are what the graph resolves to.
    """
    resolved = directory.recall("resolved") or {}
    kept = {"graph": resolved.get("graph"), "files": resolved_digest(directory)}
    if resolved != kept:
        directory.remember("resolved", kept)


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
        fix="correct the go.mod that this names, or modules.pins and modules.replaces in the settings",
    )


def _sum(module: Module) -> bytes:
    """
    The line of go.sum for what the lock says of a module.
    """
    path, _, version = (module.replaced_by or f"{module.path}@{module.version}").partition("@")
    return f"{path} {version} {module.sum}".encode() if module.sum and version else b""


def _edits(graph: Graph, wanted: Wanted) -> Iterator[str]:
    versions = [module.go_mod.go for module in (graph.core, *graph.modules) if module.go_mod.go]
    if versions:
        yield f"-go={max(versions, key=go_version_key)}"
    for held in wanted.held:
        yield f"-require={held.path}@{held.version}"
    for module in graph.modules:
        if not module.helper:
            remote = module.remote
            own = remote and remote.build_path == remote.path
            version = remote.version if remote and own else local_version(module.go_mod.path)
            yield f"-require={module.go_mod.path}@{version}"
    for pin in wanted.pins:
        yield f"-require={pin.module}@{pin.version}"
    for taken in wanted.replaces:
        yield f"-replace={taken.old}={taken.new}"
    for excluded in wanted.excludes:
        yield f"-exclude={excluded.version}"
