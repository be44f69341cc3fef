"""
Settings -> PolicySet: stage the policies' modules beside the core, and type-check them for policies.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

from policy_tasks.errors import BuildError, PolicyError, PolicyTasksError, Problem, SettingsError
from policy_tasks.model import Module, NearMiss, Policy, PolicySet
from policy_tasks.names import Platform
from policy_tasks.settings import DiscoverSettings
from policy_tasks.toolchain import go_core, go_graph
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import BUILD_FLAGS, Go
from policy_tasks.toolchain.go_graph import POLICIES, Graph, GraphModule
from policy_tasks.toolchain.inspector import FIELDS, make_inspector
from policy_tasks.toolchain.policy_folder import Reading, read_folder
from policy_tasks.toolchain.process import printable

log = logging.getLogger(__name__)

GENERATED = frozenset(PurePosixPath(name) for name in ("imports.go", "Dockerfile", "manifest.json", "go.mod", "go.sum"))


def find_policies(
    folders: tuple[Path, ...], settings: DiscoverSettings, platform: Platform, go: Go, directory: BuildDirectory
) -> PolicySet:
    """
    Find every policy in these folders, as it is for this platform.

    Raises `SettingsError` for a folder that is not there, `PolicyError` with all that is wrong with the policies.
    """
    reading = _read(folders, settings)
    graph = go_graph.make_graph(reading, go, directory)
    modules = _stage(graph, directory)
    go_graph.write_go_mod(graph, go, directory)
    inspected = _inspect(graph, modules, platform, go, directory)
    found = PolicySet(
        policies=tuple(_policy(each, graph, directory) for each in inspected["policies"]),
        near_misses=(*_near_misses(inspected, graph, directory), *_without_module(reading)),
        modules=modules,
        directory=directory.path,
    )
    _check(found, folders)
    log.info("discover: %s in %s", _count(len(found.policies), "policy", "policies"), _count(len(modules), "module"))
    return found


def _read(folders: tuple[Path, ...], settings: DiscoverSettings) -> Reading:
    reading = Reading(files_left=settings.max_files, bytes_left=settings.max_bytes)
    missing = [folder for folder in folders if not folder.is_dir()]
    if missing:
        raise SettingsError(*(_missing(folder) for folder in missing))
    for folder in folders:
        read_folder(folder.resolve(), reading)
    if reading.problems:
        raise PolicyError(*reading.problems)
    if not reading.modules:
        raise _nothing_found(folders, [miss.reason for miss in _without_module(reading)])
    return reading


def _missing(folder: Path) -> Problem:
    found = "it is a file" if folder.is_file() else "there is no such folder"
    return Problem(
        what="the policies are missing",
        where=str(folder),
        why=found,
        fix="name the folder that holds the policy modules with --policies, or as discover.policies in the settings",
    )


def _stage(graph: Graph, directory: BuildDirectory) -> tuple[Module, ...]:
    """
    Copy the core and the modules; what is the same already is not touched, what is no longer there is removed.
    """
    names = set(GENERATED)
    for name, data in go_core.engine_files():
        names.add(name)
        if name not in GENERATED:
            directory.write(name, data)
    modules = []
    for module in graph.modules:
        folder = PurePosixPath(module.staged)
        for file, data in module.source.files.items():
            names.add(folder / file)
            directory.write(folder / file, data)
        if not module.helper:
            modules.append(_module(module))
    directory.keep_only(".", names)
    return tuple(modules)


def _module(module: GraphModule) -> Module:
    return Module(
        path=module.go_mod.path, directory=module.source.directory, staged=module.staged, digest=_digest(module)
    )


def _digest(module: GraphModule) -> str:
    digest = hashlib.sha256()
    for name, data in sorted(module.source.files.items()):
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    return f"sha256:{digest.hexdigest()}"


def _inspect(
    graph: Graph, modules: tuple[Module, ...], platform: Platform, go: Go, directory: BuildDirectory
) -> dict[str, Any]:
    """
    Ask Go and the inspector, unless they were asked about just this before.
    """
    patterns = list(_patterns(graph, go))
    if not patterns:
        return {"policies": [], "near_misses": [], "problems": []}
    key = _inspection_key(graph, platform, go, directory)
    known = directory.recall("inspected") or {}
    if known.get("key") == [key, go_graph.resolved_digest(directory)]:
        result: dict[str, Any] = known["result"]
        return result
    with ThreadPoolExecutor(1) as pool:
        inspector = pool.submit(make_inspector, directory, go)
        listed = _list(patterns, graph, platform, go, directory)
        result = inspector.result().policies(listed, directory.path / POLICIES, platform)
    if result["problems"]:
        raise PolicyError(*(_problem(each, graph, directory) for each in result["problems"]))
    go_graph.keep_resolved(directory)
    directory.remember("inspected", {"key": [key, go_graph.resolved_digest(directory)], "result": result})
    return result


def _inspection_key(graph: Graph, platform: Platform, go: Go, directory: BuildDirectory) -> str:
    core = hashlib.sha256(b"".join(data for _, data in go_core.engine_files())).hexdigest()
    staged = [(module.staged, _digest(module)) for module in graph.modules]
    tools = (go.version, go.environment["GOROOT"], go_core.tools_digest())
    everything = (str(directory.path), graph.key, core, staged, tools, platform.variables())
    return hashlib.sha256(json.dumps(everything).encode()).hexdigest()


def _list(patterns: list[str], graph: Graph, platform: Platform, go: Go, directory: BuildDirectory) -> bytes:
    flags = ("-e", "-export", *BUILD_FLAGS, "-mod=mod", f"-json={FIELDS}")
    contract = go_core.INTERFACE.rpartition(".")[0]
    done = go.run("list", *flags, "--", contract, "context", *patterns, cwd=directory.path, platform=platform)
    if done.code != 0:
        raise _unlisted(_as_the_user_knows_it(done.message, graph, directory), platform)
    return done.stdout


def _unlisted(message: str, platform: Platform) -> PolicyTasksError:
    if "unsupported GOOS/GOARCH" in message:
        fix = "name one of `go tool dist list`"
        return SettingsError.of(f"Go does not compile for {platform}", where="compile.platform", why=message, fix=fix)
    return BuildError.of(
        "the policies' dependencies cannot be resolved",
        where="go list",
        why=message,
        fix="correct the go.mod of the policy that asks for that module; if it is the network, see to GOPROXY",
    )


def _patterns(graph: Graph, go: Go) -> Iterator[str]:
    """
    The import path of every folder with Go files: `./...` would drop those whose files are all excluded.
    """
    for module in graph.modules:
        if module.helper:
            continue
        folders = {file.parent for file in module.source.files if file.suffix == ".go"}
        for folder in sorted(folders):
            if not _is_ignored(folder, module.go_mod.ignores):
                yield _import_path(module, folder, go)


def _is_ignored(folder: PurePosixPath, ignores: tuple[str, ...]) -> bool:
    if any(part.startswith((".", "_")) or part == "testdata" for part in folder.parts):
        return True
    for ignore in ignores:  # https://go.dev/ref/mod#go-mod-file-ignore: `./x` is that folder, `x` any folder x
        wanted = PurePosixPath(ignore).parts
        parts = folder.parts
        starts = [0] if ignore.startswith("./") else range(len(parts))
        if any(parts[start : start + len(wanted)] == wanted for start in starts):
            return True
    return False


def _import_path(module: GraphModule, folder: PurePosixPath, go: Go) -> str:
    path = str(PurePosixPath(module.go_mod.path) / folder)
    where = module.source.directory / folder
    if "..." in path or "@" in path:
        raise PolicyError.of(
            f"{path} cannot be imported", where=where, why="an import path cannot hold ... or @", fix="rename the folder"
        )
    if "." not in path.split("/")[0] and (Path(go.environment["GOROOT"]) / "src" / path).is_dir():
        raise PolicyError.of(
            f"the module path {module.go_mod.path} is taken",
            where=module.source.directory / "go.mod",
            why=f"{path} is a package of Go's standard library",
            fix="put a domain before it, such as example.com/" + module.go_mod.path,
        )
    return path


def _policy(found: dict[str, Any], graph: Graph, directory: BuildDirectory) -> Policy:
    literal = f"%s.{found['type']}{{}}" if found["composite"] else f"new(%s.{found['type']})"
    if found["pointer"]:
        expression = f"&{literal}" if found["composite"] else literal
    else:
        expression = literal if found["composite"] else f"*{literal}"
    return Policy(
        package=found["package"],
        type=found["type"],
        module=found["module"],
        file=_original(found["dir"], found["file"], graph, directory),
        line=found["line"],
        package_name=found["package_name"],
        expression=expression,
        name=found.get("name"),
    )


def _near_misses(inspected: dict[str, Any], graph: Graph, directory: BuildDirectory) -> Iterator[NearMiss]:
    for found in inspected["near_misses"]:
        yield NearMiss(
            package=found["package"],
            type=found["type"],
            reason=printable(found["reason"]),
            file=_original(found["dir"], found["file"], graph, directory),
            line=found["line"],
        )


def _without_module(reading: Reading) -> Iterator[NearMiss]:
    for folder in sorted({path.parent for path in reading.without_module}):
        file = min(path for path in reading.without_module if path.parent == folder)
        reason = f"{folder} holds Go files but belongs to no module: it has no go.mod; run `go mod init` there"
        yield NearMiss(package="", type="", reason=reason, file=file, line=1)


def _original(folder: str, file: str, graph: Graph, directory: BuildDirectory) -> Path:
    """
    The user's own file, for a staged one.
    """
    try:
        inside = Path(folder).relative_to(directory.path / POLICIES)
    except ValueError:
        return Path(folder, file)
    module = next(module for module in graph.modules if module.slug == inside.parts[0])
    return module.source.directory.joinpath(*inside.parts[1:], file)


def _as_the_user_knows_it(text: str, graph: Graph, directory: BuildDirectory) -> str:
    text = text.replace(f"{directory.path}/", "")
    for module in sorted(graph.modules, key=lambda module: -len(module.slug)):
        text = text.replace(f"./{module.staged}", str(module.source.directory))
        text = text.replace(module.staged, str(module.source.directory))
    return text


def _problem(found: dict[str, Any], graph: Graph, directory: BuildDirectory) -> Problem:
    what = {
        "compile": f"policy package {found['package']} does not compile",
        "cycle": "policies import each other in a cycle",
    }.get(found["kind"], f"policy package {found['package']} cannot be loaded")
    where = str(_original(found["dir"], found["file"], graph, directory)) if found["dir"] else found["package"]
    position = "".join(f":{found[key]}" for key in ("line", "column") if found.get(key))
    fix = {
        "compile": "correct that line, then run again",
        "cycle": "break the cycle: move what both need into a package that both import",
    }.get(found["kind"], "correct that import, or the go.mod of its module")
    text = printable(_as_the_user_knows_it(found["text"], graph, directory))
    return Problem(what=printable(what), where=printable(where) + position, why=text, fix=fix)


def _check(found: PolicySet, folders: tuple[Path, ...]) -> None:
    if not found.policies:
        raise _nothing_found(folders, [_miss_as_text(miss) for miss in found.near_misses])
    problems = [*_empty_names(found), *_same_names(found)]
    if problems:
        raise PolicyError(*problems)


def _miss_as_text(miss: NearMiss) -> str:
    return f"{miss.package}.{miss.type} {miss.reason} ({miss.file}:{miss.line})" if miss.package else miss.reason


def _nothing_found(folders: tuple[Path, ...], misses: list[str]) -> PolicyTasksError:
    return PolicyError.of(
        "there are no policies",
        where=", ".join(str(folder) for folder in folders),
        why="\n".join(misses) or "no module there has an exported type with Name, Execute and Validate",
        fix="add a Go module with such a type; see docs/policies.md for the contract",
    )


def _empty_names(found: PolicySet) -> Iterator[Problem]:
    for policy in found.policies:
        if policy.name == "":
            yield Problem(
                what=f"policy {policy.package}.{policy.type} has no name",
                where=f"{policy.file}:{policy.line}",
                why="its Name() returns an empty text",
                fix="return a name from Name()",
            )


def _same_names(found: PolicySet) -> Iterator[Problem]:
    first: dict[str, Policy] = {}
    for policy in found.policies:
        if policy.name is not None and (other := first.setdefault(policy.name, policy)) is not policy:
            yield Problem(
                what=f"two policies have the name {policy.name!r}",
                where=f"{other.file}:{other.line} and {policy.file}:{policy.line}",
                why=f"Name() returns it in {other.package}.{other.type} and in {policy.package}.{policy.type}",
                fix="give one of them another name",
            )


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"
