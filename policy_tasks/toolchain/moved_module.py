"""
A module under another path: for Go a module of one path is one thing, so that each of two versions gets one of its own.
"""

from __future__ import annotations

import hashlib

from policy_tasks.errors import PolicyError
from policy_tasks.toolchain import go_core
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.go_mod import GO_MOD
from policy_tasks.toolchain.inspector import make_inspector
from policy_tasks.toolchain.policy_folder import SourceModule


def moved(source: SourceModule, path: str, new: str, go: Go, directory: BuildDirectory) -> SourceModule:
    """
    The module under another path. What was rewritten is remembered by its contents, and by who did it.
    """
    texts = {name: data.decode() for name, data in source.files.items() if name.endswith(".go") and _is_text(data)}
    key = hashlib.sha256(repr((path, new, go_core.tools_digest(), sorted(source.files.items()))).encode()).hexdigest()
    known = directory.recall("moved") or {}
    if key not in known:
        go_mod = directory.temporary_file(source.files[GO_MOD])
        done = go.run("mod", "edit", f"-module={new}", str(go_mod), cwd=directory.state)
        if done.code != 0:
            raise PolicyError.of(
                "a go.mod does not parse", where=source.directory / GO_MOD, why=done.message, fix="name another version"
            )
        rewritten = make_inspector(go, directory).rewrite(path, new, texts)
        directory.remember("moved", {**known, key: {**rewritten, GO_MOD: go_mod.read_text()}})
        known = directory.recall("moved")
    files = {**source.files, **{name: text.encode() for name, text in known[key].items()}}
    return SourceModule(directory=source.directory, files=files)


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:  # which the compiler will tell of
        return False
    return True
