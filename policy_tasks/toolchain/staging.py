"""
The copy of the core and of the policies' modules, on which everything runs, and the way back from it to the user's files.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path, PurePosixPath

from policy_tasks.model import StagedModule
from policy_tasks.toolchain.build_directory import DOCKERFILE, MANIFEST, BuildDirectory
from policy_tasks.toolchain.core import Core, wrong_core
from policy_tasks.toolchain.go_graph import POLICIES, Graph, GraphModule
from policy_tasks.toolchain.go_mod import GO_MOD, GO_SUM

# What is made of the copies, and stays while they change.
_GENERATED = frozenset({DOCKERFILE, MANIFEST, GO_MOD, GO_SUM})
# Which modules the policies come from: go-core embeds it.
_MODULES = "modules.json"


def stage(graph: Graph, core: Core, directory: BuildDirectory) -> tuple[StagedModule, ...]:
    """
    Copy the core and the modules; what is the same already is not touched, what is no longer there is removed.

    Raises `SettingsError` for a core that has a folder of its own where one of the modules goes.
    """
    modules = tuple(map(_module, graph.modules))
    _check_places(modules, core)
    generated = _GENERATED | {core.imports}
    files = {name: data for name, data in core.files.items() if name not in generated}
    if not core.own:
        files[_MODULES] = _origins(modules)
    for module in graph.modules:
        files |= {f"{module.staged}/{name}": data for name, data in module.source.files.items()}
    directory.sync(files, generated)
    return modules


def _check_places(modules: tuple[StagedModule, ...], core: Core) -> None:
    folders = {"/".join(name.split("/", 2)[:2]) for name in core.files if name.startswith(f"{POLICIES}/")}
    for module in modules:
        if module.staged in folders:
            raise wrong_core(
                f"it has a folder {module.staged}",
                f"the module {module.path} goes there, and the files of both would be one package",
                "give that folder of the core another name",
            )


def _module(module: GraphModule) -> StagedModule:
    return StagedModule(
        path=module.go_mod.path,
        version=module.remote.version if module.remote else None,
        sum=module.remote.sum if module.remote else None,
        directory=module.source.directory,
        staged=module.staged,
        digest=module.digest(),
        requires=module.go_mod.requires,
        helper=module.helper,
        copy_of=module.remote.path if module.remote and module.remote.build_path != module.remote.path else None,
    )


def _origins(modules: tuple[StagedModule, ...]) -> bytes:
    """
    What the engine knows of where its policies come from.
    """
    origins = [
        {"path": module.path, **({"version": module.version} if module.version else {}), "digest": module.digest}
        for module in modules
    ]
    return json.dumps(origins, indent=2).encode() + b"\n"


class SourcePaths:
    """
    From what Go says of the copies to what the user knows.
    """

    def __init__(self, modules: tuple[StagedModule, ...], directory: BuildDirectory) -> None:
        self._folders = {module.staged: module.directory for module in modules}
        self._modules = {module.path: module.directory for module in modules}
        self._root = f"{directory.path}/"

    def file(self, folder: str, file: str) -> Path:
        """
        The user's own file, for a staged one.
        """
        module, inside = self._split(folder)
        return module.joinpath(inside, file)

    def go_mod(self, folder: str) -> Path:
        """
        The go.mod of the user's that a staged folder belongs to.
        """
        return self._split(folder)[0] / GO_MOD

    def _split(self, folder: str) -> tuple[Path, str]:
        """
        The user's folder of the module, and the rest; a folder that is not staged is all its own.
        """
        policies, _, below = folder.removeprefix(self._root).partition("/")
        slug, _, inside = below.partition("/")
        theirs = self._folders.get(f"{policies}/{slug}")
        return (theirs, inside) if theirs and folder.startswith(self._root) else (Path(folder), "")

    def own(self, file: str) -> Path | None:
        """
        The user's own file, for the path of a staged one; None for any other, such as one of the core's.
        """
        found = self.file(os.path.dirname(file), os.path.basename(file))
        return found if str(found) != file else None

    def package(self, path: str) -> Path:
        """
        The user's folder of a package, for one that Go did not find.
        """
        package = PurePosixPath(path)
        module = next((each for each in (package, *package.parents) if str(each) in self._modules), None)
        return self._modules[str(module)] / package.relative_to(module) if module else Path(path)

    def text(self, text: str) -> str:
        """
        A message of Go's, with the user's folders for the staged ones.
        """
        text = text.replace(self._root, "")
        staged = "|".join(re.escape(each) for each in sorted(self._folders, key=len, reverse=True))
        return re.sub(rf"(?<![\w/])(?:\./)?({staged})(?![\w-])", lambda found: str(self._folders[found[1]]), text)
