"""
GeneratedSources -> Binary: compile, check what came out without running it, and put it in its place in one step.
"""

from __future__ import annotations

import filecmp
import logging
from dataclasses import replace
from typing import Any

from policy_tasks.errors import BuildError, PolicyError, PolicyTasksError
from policy_tasks.model import Binary, GeneratedSources, Module, StagedModule, staged
from policy_tasks.names import Platform, unsupported
from policy_tasks.toolchain import go_core
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_build import GoBuild
from policy_tasks.toolchain.go_command import Go, full_disk, out_of_memory
from policy_tasks.toolchain.inspection_errors import unresolved_modules
from policy_tasks.toolchain.inspector import make_inspector
from policy_tasks.toolchain.records import write_records
from policy_tasks.toolchain.staging import SourcePaths

log = logging.getLogger(__name__)

_FIX_STATIC = "look for the policy that links against libraries of the system, and take that out"
_FIX_OTHER = "remove the build directory and run again; if it stays so, report it with this text"


def build_binary(sources: GeneratedSources, build: GoBuild, go: Go, directory: BuildDirectory) -> Binary:
    """
    Finish the build of the generated module, check what it made, and put it in its place.

    Raises `PolicyError` where a policy does not compile or link, `BuildError` where what came out is not what was asked for.
    """
    done = build.finish()
    if done.code != 0:
        raise _failed(done.message, sources, build.platform, directory)
    made = build.binary()
    linked = _check(made.sha256, sources, build, go, directory)
    _install(build, directory)
    binary = write_records(replace(made, path=build.target), sources, linked, directory)
    log.info("compile: %s, %.1f MB, %s", binary.platform, binary.size / 1e6, go.version)
    return sources.into(binary)


def _install(build: GoBuild, directory: BuildDirectory) -> None:
    made, target = build.made, build.target
    made.chmod(0o755)
    if not target.is_file() or not filecmp.cmp(made, target, shallow=False):
        directory.move(made, target)


def _failed(message: str, sources: GeneratedSources, platform: Platform, directory: BuildDirectory) -> PolicyTasksError:
    if "unsupported GOOS/GOARCH" in message:
        return unsupported(platform, message)
    message = SourcePaths(staged(sources.modules), directory).text(message)
    if missing := unresolved_modules("go build", message):
        return missing
    of_machine = full_disk(sources.directory, message) or out_of_memory(sources.directory, message)
    return of_machine or PolicyError.of(
        "the policies do not compile together",
        where=sources.directory,
        why=message,
        fix="correct what this names in the policies, then run again",
    )


def _check(
    sha256: str, sources: GeneratedSources, build: GoBuild, go: Go, directory: BuildDirectory
) -> tuple[str, ...]:
    """
    Look at the headers: static, for this platform, with all the policies' modules, made without cgo. The modules that are
    in it are named.

    CGO_ENABLED=0 alone proves nothing: a //go:cgo_import_dynamic line makes such a binary dynamic.
    """
    modules = [[each.path, _planned(each)] for each in sources.modules]
    policies = sorted({policy.module for policy in sources.policies})
    plan = [sha256, str(build.platform), go.version, go_core.tools_digest(), policies, modules]
    known = directory.recall("audited") or {}
    if known.get("plan") == plan:
        return tuple(known["linked"])
    found = make_inspector(go, directory).binary(build.made)
    wrong = [
        *_wrong_kind(found),
        *_wrong_settings(found, sources.core, build.platform, go),
        *_wrong_modules(found, sources),
    ]
    if wrong:
        raise BuildError.of(
            "the binary is not what was asked for",
            where=sources.directory,
            why="\n".join(wrong),
            fix=_FIX_STATIC if found["needed"] or found["interpreter"] else _FIX_OTHER,
        )
    linked = tuple(each["path"] for each in found["modules"])
    directory.remember("audited", {"plan": plan, "linked": linked})
    return linked


def _wrong_kind(found: dict[str, Any]) -> list[str]:
    if found["static"] is not False:
        return []
    libraries = ", ".join(filter(None, [found["interpreter"], *found["needed"]]))
    return [f"it is not static: it needs {libraries}"]


def _wrong_settings(found: dict[str, Any], main: str, platform: Platform, go: Go) -> list[str]:
    """
    What Go recorded in the binary, against what it was told: https://pkg.go.dev/runtime/debug#BuildSetting.
    """
    is_so = {**found["settings"], "machine": found["machine"], "Go": found["go"], "main module": found["main"]}
    wanted = {
        **platform.variables(),
        "machine": platform.arch,
        "CGO_ENABLED": "0",
        "-trimpath": "true",
        "Go": go.version,
        "main module": main,
    }
    return [
        f"its {name} is {is_so.get(name, 'missing')}, not {value}"
        for name, value in wanted.items()
        if is_so.get(name) != value
    ]


def _wrong_modules(found: dict[str, Any], sources: GeneratedSources) -> list[str]:
    """
    Every module with a policy is in the binary, and every module that is in it is what was planned: from its place, in its
    version, with its sum.
    """
    plan = {module.path: module for module in sources.modules}
    linked = {each["path"]: each for each in found["modules"]}
    missing = {policy.module for policy in sources.policies} - linked.keys()
    wrong = [f"module {path} is not in it" for path in sorted(missing)]
    for path, each in sorted(linked.items()):
        module, is_so = plan.get(path), _linked(each)
        if module is None:
            wrong.append(f"module {path} is in it, and nobody asked for it")
        elif is_so != (planned := _planned(module)):
            wrong.append(f"module {path} was taken from {is_so}, not from {planned}")
    return wrong


def _linked(found: dict[str, Any]) -> str:
    """
    Where a module in the binary comes from: a folder, or its version and sum.
    """
    source = found.get("replace") or found
    if source.get("version") in (None, "", "(devel)"):
        return str(source["path"])
    name = source["version"] if source is found else f"{source['path']}@{source['version']}"
    return f"{name} {source.get('sum') or ''}".rstrip()


def _planned(module: Module) -> str:
    if isinstance(module, StagedModule):
        return f"./{module.staged}"
    if module.replaced_by and "@" not in module.replaced_by:
        return module.replaced_by
    return f"{module.replaced_by or module.version} {module.sum or ''}".rstrip()
