"""
The copy of the core and of the policies' modules, on which everything runs, and the way back from it to the user's files.
"""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath

from policy_tasks.model import Module
from policy_tasks.toolchain import go_core
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_graph import POLICIES, Graph

# What is made of the copies, and stays while they change.
GENERATED = frozenset(
    PurePosixPath(name) for name in ("imports.go", "modules.json", "Dockerfile", "manifest.json", "go.mod", "go.sum")
)


def stage(graph: Graph, directory: BuildDirectory) -> tuple[Module, ...]:
    """
    Copy the core and the modules; what is the same already is not touched, what is no longer there is removed.
    """
    names = set(GENERATED)
    for name, data in go_core.engine_files():
        if name not in GENERATED:
            names.add(name)
            directory.write(name, data)
    for module in graph.modules:
        for file, data in module.source.files.items():
            names.add(PurePosixPath(module.staged) / file)
            directory.write(PurePosixPath(module.staged) / file, data)
    directory.keep_only(".", names)
    directory.write("modules.json", _modules(graph))
    return tuple(
        Module(
            path=module.go_mod.path,
            directory=module.source.directory,
            staged=module.staged,
            digest=module.digest(),
            requires=module.go_mod.requires,
            helper=module.helper,
        )
        for module in graph.modules
    )


def _modules(graph: Graph) -> bytes:
    """
    What the engine knows of where its policies come from.
    """
    modules = [{"path": module.go_mod.path, "digest": module.digest()} for module in graph.modules]
    return json.dumps(modules, indent=2).encode() + b"\n"


class WayBack:
    """
    From what Go says of the copies to what the user knows.
    """

    def __init__(self, modules: tuple[Module, ...], directory: BuildDirectory) -> None:
        self._folders = {module.staged: module.directory for module in modules}
        self._modules = {PurePosixPath(module.path): module.directory for module in modules}
        self._root = directory.path

    def file(self, folder: str, file: str) -> Path:
        """
        The user's own file, for a staged one.
        """
        try:
            inside = Path(folder).relative_to(self._root)
        except ValueError:
            return Path(folder, file)
        staged = "/".join(inside.parts[:2])
        if inside.parts[:1] != (POLICIES,) or staged not in self._folders:
            return Path(folder, file)
        return self._folders[staged].joinpath(*inside.parts[2:], file)

    def package(self, path: str) -> Path:
        """
        The user's folder of a package, for one that Go did not find.
        """
        package = PurePosixPath(path)
        module = next((each for each in (package, *package.parents) if each in self._modules), None)
        return self._modules[module] / package.relative_to(module) if module else Path(path)

    def text(self, text: str) -> str:
        """
        A message of Go's, with the user's folders for the staged ones.
        """
        text = text.replace(f"{self._root}/", "")
        staged = "|".join(re.escape(each) for each in sorted(self._folders, key=len, reverse=True))
        return re.sub(rf"(?<![\w/])(?:\./)?({staged})(?![\w-])", lambda found: str(self._folders[found[1]]), text)
