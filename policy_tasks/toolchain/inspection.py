"""
Which policies the staged modules hold: one `go list` over all their packages, and the inspector's reading of it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from policy_tasks.errors import BuildError, PolicyError, PolicyTasksError, Problem, SettingsError
from policy_tasks.model import StagedModule
from policy_tasks.names import Platform, unsupported
from policy_tasks.shown import printable
from policy_tasks.toolchain import go_core, go_resolution
from policy_tasks.toolchain.background import Background
from policy_tasks.toolchain.build_directory import STATE, BuildDirectory
from policy_tasks.toolchain.core import Core
from policy_tasks.toolchain.go_command import BUILD_FLAGS, Go, json_stream, out_of_disk
from policy_tasks.toolchain.go_graph import POLICIES, Graph, GraphModule
from policy_tasks.toolchain.inspector import FIELDS, make_inspector
from policy_tasks.toolchain.staging import WayBack

# How Go says that it asked for a module and did not get it: https://go.dev/ref/mod#module-proxy.
_OF_THE_NETWORK = re.compile(
    "dial tcp|no such host|connection refused|i/o timeout|deadline exceeded|server response|server misbehaving|proxyconnect"
    "|x509:|tls:|checksum mismatch|SECURITY ERROR|module lookup disabled|reading (https?|file)://"
    "|credentials to insecure|missing go.sum entry"
)
_WHAT = {"compile": "policy package {} does not compile", "cycle": "policies import each other in a cycle"}
_FIX = {
    "compile": "correct that line, then run again",
    "cycle": "break the cycle: move what both need into a package that both import",
}


class Inspection(NamedTuple):
    """
    What is inspected, and with what.
    """

    core: Core
    graph: Graph
    modules: tuple[StagedModule, ...]
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
                raise out_of_disk(self.go) or error from None
            go_resolution.keep_resolved(self.directory)
            key_now = [key, go_resolution.resolved_digest(self.directory)]
            self.directory.remember("inspected", {"key": key_now, **known})
        found: dict[str, Any] = known["result"]
        return found

    def _inspect(self) -> dict[str, Any]:
        patterns = [pattern for module in self.graph.modules for pattern in _patterns(module, self.go)]
        if not patterns:
            return {"policies": [], "near_misses": []}
        inspector = Background(lambda: make_inspector(self.go, self.directory))
        listed = self._list(patterns)
        root, interface = self.directory.path / POLICIES, self.core.interface
        try:
            found: dict[str, Any] = inspector.result().policies(listed, interface, root, self.platform)
        except BuildError as error:
            raise (
                _no_interface(interface, error) if self.core.own and self.core.contract in error.why else error
            ) from None
        if found["problems"]:
            raise _refused(found["problems"], self.graph.core.go_mod.path, WayBack(self.modules, self.directory))
        return found

    def fetch(self) -> None:
        """
        Download what the packages need, without compiling any. Raises `BuildError` for what cannot be had.
        """
        self._import_all([pattern for module in self.graph.modules for pattern in _patterns(module, self.go)])
        flags, main = self._main()
        arguments = ("list", "-e", "-deps", "-mod=mod", "-json=ImportPath,Error", *flags, "--", f"./{STATE}/all", *main)
        done = self.go.run(*arguments, cwd=self.directory.path, platform=self.platform)
        if done.code != 0:
            raise _unlisted(WayBack(self.modules, self.directory).text(done.message), self.platform)
        failed = {each["ImportPath"]: each["Error"]["Err"] for each in json_stream(done.stdout) if each.get("Error")}
        if unresolved := {path: text for path, text in failed.items() if _OF_THE_NETWORK.search(text)}:
            raise BuildError(*(_unresolved(path, printable(text)) for path, text in sorted(unresolved.items())))
        go_resolution.keep_resolved(self.directory)

    def _list(self, patterns: list[str]) -> bytes:
        flags = ("-e", "-export", *BUILD_FLAGS, "-mod=mod", f"-json={FIELDS}")
        self._import_all(patterns)
        overlay, main = self._main()
        arguments = ("list", *flags, *overlay, "--", self.core.contract, "context", f"./{STATE}/all", *main, *patterns)
        done = self.go.run(*arguments, cwd=self.directory.path, platform=self.platform)
        if done.code != 0:
            raise _unlisted(WayBack(self.modules, self.directory).text(done.message), self.platform)
        return done.stdout

    def _main(self) -> tuple[list[str], list[str]]:
        """
        What makes go.mod complete for a core of the user's as well: its main package, without what was generated for it in
        the last run, which may import what is gone.
        """
        if not self.core.own:
            return [], []
        self.directory.write(f"{STATE}/all/main.go.txt", b"package main\n")
        replaced = {str(self.directory.path / self.core.imports): str(self.directory.state / "all/main.go.txt")}
        self.directory.write(f"{STATE}/all/overlay.json", json.dumps({"Replace": replaced}).encode())
        return [f"-overlay={self.directory.state / 'all/overlay.json'}"], [self.core.package]

    def _import_all(self, patterns: list[str]) -> None:
        # Go resolves what packages of the main module import, and nothing else, into go.mod: one that imports them all
        # makes it complete. What it cannot import, such as a package main, is an error of this one, which nobody reads.
        imports = "".join(f"import _ {json.dumps(pattern, ensure_ascii=False)}\n" for pattern in patterns)
        self.directory.write(f"{STATE}/all/all.go", f"package all\n\n{imports}".encode())

    def _key(self) -> str:
        staged = [(module.staged, module.digest) for module in self.modules]
        tools = (self.go.version, self.go.environment["GOROOT"], go_core.tools_digest())
        everything = (str(self.directory.path), self.core.digest(), staged, tools, self.platform.variables())
        return hashlib.sha256(json.dumps(everything).encode()).hexdigest()


def _no_interface(interface: str, error: PolicyTasksError) -> PolicyTasksError:
    fix = "name an interface of the core, or of a module that its go.mod requires"
    return SettingsError.of(f"there is no interface {interface}", where="core.interface", why=error.why, fix=fix)


def _unlisted(message: str, platform: Platform) -> PolicyTasksError:
    if "unsupported GOOS/GOARCH" in message:
        return unsupported(platform, message)
    if "errors parsing" in message or "used for two different module paths" in message:
        fix = "correct the go.mod that this names"
        return PolicyError.of("the policies' modules cannot be brought together", where="go.mod", why=message, fix=fix)
    return BuildError(_unresolved("go list", message))


def _refused(problems: list[dict[str, Any]], core: str, way_back: WayBack) -> PolicyTasksError:
    """
    The author's problems, or, where a module could not be had, those of the network: all else may only follow from them.
    """
    # A policy that imports the core's program meets the imports.go of the last run, whose modules may be gone.
    unresolved = [
        each
        for each in problems
        if each["kind"] != "compile" and _OF_THE_NETWORK.search(each["text"]) and core not in each["text"]
    ]
    if not unresolved:
        return PolicyError(*(_problem(each, way_back) for each in problems))
    told = [_problem(each, way_back) for each in unresolved]
    return BuildError(*(_unresolved(each.where, each.why) for each in told))


def _unresolved(where: str, why: str) -> Problem:
    fix = (
        "see to GOPROXY and the network, or correct the go.mod that asks for that module (vendor folders are not used)"
    )
    if "GOPROXY=off" in why:
        fix = "run `policy-tasks fetch` where there is a network, with the same module cache; or unset GOPROXY"
    if "checksum mismatch" in why:
        fix = "correct the go.sum of that policy's module or the lock, or find out who changed what that version is"
    return Problem(what="the policies' dependencies cannot be resolved", where=where, why=why, fix=fix)


def _patterns(module: GraphModule, go: Go) -> Iterator[str]:
    """
    The import path of every folder with Go files: `./...` would drop those whose files are all excluded.
    """
    if module.helper:
        return
    for folder in sorted({name.rpartition("/")[0] for name in module.source.files if name.endswith(".go")}):
        if not _is_ignored(folder, module.go_mod.ignores):
            yield _import_path(module, folder, go)


def _is_ignored(folder: str, ignores: tuple[str, ...]) -> bool:
    """
    Whether `go list ./...` would pass it by: https://go.dev/ref/mod#go-mod-file-ignore.
    """
    parts = tuple(filter(None, folder.split("/")))
    if any(part.startswith((".", "_")) or part in ("testdata", "vendor") for part in parts):
        return True
    for ignore in ignores:
        wanted = PurePosixPath(ignore).parts
        starts = [0] if ignore.startswith("./") else range(len(parts))
        if any(parts[start : start + len(wanted)] == wanted for start in starts):
            return True
    return False


def _import_path(module: GraphModule, folder: str, go: Go) -> str:
    path = f"{module.go_mod.path}/{folder}".rstrip("/")
    if "..." in path or "@" in path:
        raise PolicyError.of(
            f"{path} cannot be imported",
            where=module.source.directory / folder,
            why="an import path cannot hold ... or @",
            fix="rename the folder",
        )
    if "." not in path.split("/", maxsplit=1)[0] and (Path(go.environment["GOROOT"]) / "src" / path).is_dir():
        raise PolicyError.of(
            f"the module path {module.go_mod.path} is taken",
            where=module.source.directory / "go.mod",
            why=f"{path} is a package of Go's standard library",
            fix="put a domain before it, such as example.com/" + module.go_mod.path,
        )
    return path


def _problem(found: dict[str, Any], way_back: WayBack) -> Problem:
    where = str(way_back.file(found["dir"], found["file"]) if found["dir"] else way_back.package(found["package"]))
    position = "".join(f":{found[key]}" for key in ("line", "column") if found.get(key))
    what = _WHAT.get(found["kind"], "policy package {} cannot be loaded").format(found["package"])
    return Problem(
        what=printable(what),
        where=printable(where) + position,
        why=printable(way_back.text(found["text"])),
        fix=_FIX.get(found["kind"], "correct that import, or the go.mod of its module"),
    )
