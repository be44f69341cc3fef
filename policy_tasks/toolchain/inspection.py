"""
Which policies the staged modules hold: one `go list` over all their packages, and the inspector's reading of it.
"""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path
from typing import Any, NamedTuple

from policy_tasks.errors import BuildError, PolicyTasksError
from policy_tasks.model import StagedModule
from policy_tasks.names import Platform
from policy_tasks.toolchain import go_core, go_resolution
from policy_tasks.toolchain.background import Background
from policy_tasks.toolchain.build_directory import STATE, BuildDirectory
from policy_tasks.toolchain.core import Core
from policy_tasks.toolchain.go_command import BUILD_FLAGS, Go, json_stream, out_of_disk
from policy_tasks.toolchain.go_graph import POLICIES, Graph
from policy_tasks.toolchain.inspection_errors import (
    go_list_error,
    inspection_error,
    may_be_had_later,
    no_interface,
    passed_by,
)
from policy_tasks.toolchain.inspector import FIELDS, make_inspector
from policy_tasks.toolchain.package_patterns import patterns
from policy_tasks.toolchain.replaces import Replacement
from policy_tasks.toolchain.staging import SourcePaths
from policy_tasks.toolchain.two_paths import two_paths
from policy_tasks.toolchain.unresolved_origins import Origins

log = logging.getLogger(__name__)


class Inspection(NamedTuple):
    """
    What is inspected, and with what.
    """

    core: Core
    graph: Graph
    modules: tuple[StagedModule, ...]
    replaces: tuple[Replacement, ...]
    origins: Origins
    platform: Platform
    go: Go
    directory: BuildDirectory

    def result(self) -> dict[str, Any]:
        """
        The inspector's document. Go and the inspector are not asked about just what they were asked about before.

        Raises `PolicyError` with everything that does not compile or load.
        """
        key = self._key()
        known = self.directory.recall("inspected") or {}
        if known.get("key") != [key, go_resolution.resolved_digest(self.directory)]:
            try:
                known = {"result": self._inspect()}
            except PolicyTasksError as error:
                raise out_of_disk(self.go) or self.origins.named(error) from None
            key_now = [key, go_resolution.resolved_digest(self.directory)]
            self.directory.remember("inspected", {"key": key_now, **known})
        go_resolution.keep_resolved(self.directory)
        found: dict[str, Any] = known["result"]
        return found

    def _inspect(self) -> dict[str, Any]:
        paths = [path for module in self.graph.modules for path in patterns(module, self.go)]
        if not paths:
            return {"policies": [], "near_misses": [], "ignored": []}
        inspector = Background(lambda: make_inspector(self.go, self.directory))
        listed = self._list(paths)
        if self.core.own:
            from policy_tasks.toolchain.core_check import CoreCheck

            CoreCheck(self.core, self.graph, self.directory).check(listed)
        if b"import cycle not allowed" in listed:  # with each package of the cycle, to say where it imports the next
            listed = self._list(paths, "-deps")
        root, interface = self.directory.path / POLICIES, self.core.interface
        try:
            found: dict[str, Any] = inspector.result().policies(listed, interface, root, self.platform)
        except BuildError as error:
            raise (
                no_interface(interface, error) if self.core.own and self.core.contract in error.why else error
            ) from None
        problems = [each for each in found["problems"] if not self._is_passed_by(each)]
        if problems:
            raise inspection_error(problems, SourcePaths(self.modules, self.directory), self.go.version)
        return {**found, "near_misses": [*found["near_misses"], *passed_by(found["problems"])]}

    def _is_passed_by(self, problem: dict[str, Any]) -> bool:
        """
        Whether the problem is in a package of other people's that no policy needs, as in their examples: who names the module
        cannot correct it, and Go would not mind. What a proxy or a network
        did not give may be there tomorrow, and is told in any case.
        """
        if problem["in_the_way"] or may_be_had_later(problem["text"]):
            return False
        return self._is_of_others(problem["dir"])

    def _is_of_others(self, folder: str) -> bool:
        remotes = (self.directory.path / module.staged for module in self.modules if module.version)
        return bool(folder) and any(Path(folder).is_relative_to(each) for each in remotes)

    def fetch(self) -> None:
        """
        Download what the packages need, without compiling any. Raises `BuildError` for what cannot be had, `PolicyError` for
        what there cannot be.
        """
        try:
            self._download()
        except PolicyTasksError as error:
            raise out_of_disk(self.go) or self.origins.named(error) from None
        go_resolution.keep_resolved(self.directory)

    def _download(self) -> None:
        self._import_all([path for module in self.graph.modules for path in patterns(module, self.go)])
        flags, main = self._main()
        wanted = ("-e", "-deps", "-mod=mod", "-json=ImportPath,Dir,Error")
        arguments = ("list", *wanted, *flags, "--", f"./{STATE}/all", *main)
        done = self.go.run(*arguments, cwd=self.directory.path, platform=self.platform)
        if done.code != 0:
            raise self._unlisted(done.message)
        # What is wrong with the staged packages themselves is for a build to tell.
        own = f"{self.directory.path}/"
        listed = list(json_stream(done.stdout))
        folders = {each["ImportPath"]: each.get("Dir", "") for each in listed}
        failed = [each for each in listed if each.get("Error") and not each.get("Dir", "").startswith(own)]
        if missing := [_missing(each) for each in failed if not self._is_for_a_build(each["Error"], folders)]:
            raise inspection_error(missing, SourcePaths(self.modules, self.directory), self.go.version)

    def _is_for_a_build(self, error: dict[str, Any], folders: dict[str, str]) -> bool:
        """
        Whether it is for a build to tell if anybody needs that package, which there is not: one of other people's imports it.
        """
        importer = (error.get("ImportStack") or [""])[-1]
        passed = not may_be_had_later(error["Err"]) and self._is_of_others(folders.get(importer, ""))
        if passed:
            log.warning("fetch: %s imports what cannot be had: %s", importer, error["Err"])
        return passed

    def _list(self, paths: list[str], *more: str) -> bytes:
        flags = ("-e", "-export", *more, *BUILD_FLAGS, "-mod=mod", f"-json={FIELDS}")
        self._import_all(paths)
        overlay, main = self._main()
        arguments = ("list", *flags, *overlay, "--", self.core.contract, "context", f"./{STATE}/all", *main, *paths)
        done = self.go.run(*arguments, cwd=self.directory.path, platform=self.platform)
        if done.code != 0:
            raise self._unlisted(done.message)
        return done.stdout

    def _unlisted(self, message: str) -> PolicyTasksError:
        text = SourcePaths(self.modules, self.directory).text(message)
        return two_paths(text, self.replaces, self.modules) or go_list_error(text, self.platform, self.modules)

    def _main(self) -> tuple[list[str], list[str]]:
        """
        What makes go.mod complete for a core of the user's as well: its main package, and that of its register function. What
        was generated in the last run may import what is gone: in its place is what the core is checked with.
        """
        if not self.core.own:
            return [], []
        from policy_tasks.toolchain.core_check import FILE, check_file

        self.directory.write(f"{STATE}/all/{FILE}", check_file(self.core))
        replaced = {str(self.directory.path / self.core.imports): str(self.directory.state / "all" / FILE)}
        self.directory.write(f"{STATE}/all/overlay.json", json.dumps({"Replace": replaced}).encode())
        package = self.core.register.rpartition(".")[0]
        return [f"-overlay={self.directory.state / 'all/overlay.json'}"], [self.core.package, *filter(None, [package])]

    def _import_all(self, paths: list[str]) -> None:
        # Go resolves what packages of the main module import, and nothing else, into go.mod: one that imports them all
        # makes it complete. What it cannot import, such as a package main, is an error of this one, which nobody reads.
        imports = "".join(f"import _ {json.dumps(path, ensure_ascii=False)}\n" for path in paths)
        self.directory.write(f"{STATE}/all/all.go", f"package all\n\n{imports}".encode())

    def _key(self) -> str:
        staged = [(module.staged, module.digest) for module in self.modules]
        tools = (self.go.version, self.go.environment["GOROOT"], go_core.tools_digest())
        everything = (str(self.directory.path), self.core.digest(), staged, tools, self.platform.variables())
        return hashlib.sha256(json.dumps(everything).encode()).hexdigest()


def _missing(listed: dict[str, Any]) -> dict[str, Any]:
    """
    A package that Go could not load, as the inspector says it.
    """
    return {"kind": "load", "package": listed["ImportPath"], "dir": "", "file": "", "text": listed["Error"]["Err"]}
