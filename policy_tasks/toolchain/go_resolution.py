"""
The generated module's go.mod and go.sum: every policy module, and what the policies' own go.mod files replace and exclude.

A workspace (go.work) would be less to write, but there one policy's replace changes another policy's dependency without
a word; here the same replace from two policies is one, and two different ones are an error that names both.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from policy_tasks.errors import PolicyError, PolicyTasksError
from policy_tasks.toolchain import go_core
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.go_graph import Graph, GraphModule, target_of
from policy_tasks.toolchain.go_mod import GO_MOD, GO_SUM, go_version_key, local_version


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


def _edits(modules: tuple[GraphModule, ...]) -> Iterator[str]:
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


def _replaces(modules: tuple[GraphModule, ...]) -> dict[str, tuple[str, Path]]:
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
            new = f"./{staged[target_of(module.source.directory, replace.new)]}" if replace.is_folder else replace.new
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
