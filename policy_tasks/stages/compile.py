"""
GeneratedSources -> Binary: compile, check what came out without running it, and put it in its place in one step.
"""

from __future__ import annotations

import logging
from typing import Any

from policy_tasks.errors import BuildError, PolicyError, PolicyTasksError, SettingsError
from policy_tasks.model import Binary, GeneratedSources
from policy_tasks.names import Platform
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_build import GoBuild
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.inspector import make_inspector
from policy_tasks.toolchain.staging import WayBack

log = logging.getLogger(__name__)


def build_binary(sources: GeneratedSources, build: GoBuild, go: Go, directory: BuildDirectory) -> Binary:
    """
    Finish the build of the generated module, check what it made, and put it in its place.

    Raises `PolicyError` where a policy does not compile or link, `BuildError` where what came out is not what was asked for.
    """
    done = build.finish()
    if done.code != 0:
        raise _failed(done.message, sources, build.platform, directory)
    sha256 = build.sha256()
    _check(sha256, sources, build, go, directory)
    _install(build, directory)
    binary = Binary(
        path=build.target,
        sha256=sha256,
        platform=str(build.platform),
        size=build.target.stat().st_size,
        go=go.version.removeprefix("go"),
    )
    log.info("compile: %s, %.1f MB, %s", binary.platform, binary.size / 1e6, go.version)
    return binary


def _install(build: GoBuild, directory: BuildDirectory) -> None:
    made, target = build.made, build.target
    made.chmod(0o755)
    if not target.is_file() or made.read_bytes() != target.read_bytes():
        directory.move(made, target)


def _failed(message: str, sources: GeneratedSources, platform: Platform, directory: BuildDirectory) -> PolicyTasksError:
    if "unsupported GOOS/GOARCH" in message:
        fix = "name one of `go tool dist list`"
        return SettingsError.of(f"Go does not compile for {platform}", where="compile.platform", why=message, fix=fix)
    message = WayBack(sources.modules, directory).text(message)
    if "no space left on device" in message:
        fix = "free some space on the disk that this names, then run again"
        return BuildError.of("Go ran out of disk", where=sources.directory, why=message, fix=fix)
    return PolicyError.of(
        "the policies do not compile together",
        where=sources.directory,
        why=message,
        fix="correct what this names in the policies, then run again",
    )


def _check(sha256: str, sources: GeneratedSources, build: GoBuild, go: Go, directory: BuildDirectory) -> None:
    """
    Look at the headers: static, for this platform, with all the policies' modules, made without cgo.

    CGO_ENABLED=0 alone proves nothing: a //go:cgo_import_dynamic line makes such a binary dynamic.
    """
    plan = [sha256, str(build.platform), sorted(module.path for module in sources.modules)]
    if directory.recall("checked") == plan:
        return
    found = make_inspector(go, directory).binary(build.made)
    wrong = [*_wrong_kind(found, build.platform), *_wrong_modules(found, sources)]
    if wrong:
        raise BuildError.of(
            "the binary is not what was asked for",
            where=sources.directory,
            why="\n".join(wrong),
            fix="look for the policy that links against libraries of the system, and take that out",
        )
    directory.remember("checked", plan)


def _wrong_kind(found: dict[str, Any], platform: Platform) -> list[str]:
    wrong = []
    if found["machine"] != platform.arch or found["settings"].get("GOOS") != platform.os:
        wrong.append(f"it is for {found['settings'].get('GOOS')}/{found['machine']}, not for {platform}")
    if found["static"] is False:
        libraries = ", ".join(filter(None, [found["interpreter"], *found["needed"]]))
        wrong.append(f"it is not static: it needs {libraries}")
    if found["settings"].get("CGO_ENABLED") != "0":
        wrong.append("it was built with cgo")
    return wrong


def _wrong_modules(found: dict[str, Any], sources: GeneratedSources) -> list[str]:
    """
    Every module with a policy is in the binary, and every module of the user's that is in it is the staged one.
    """
    staged = {module.path: f"./{module.staged}" for module in sources.modules if not module.helper}
    linked = {each["path"]: (each.get("replace") or {}).get("path", "") for each in found["modules"]}
    wanted = {policy.module for policy in sources.policies}
    missing = [f"module {path} is not in it" for path in sorted(wanted - set(linked))]
    foreign = [
        f"module {path} was taken from {linked[path] or 'elsewhere'}, not from {folder}"
        for path, folder in staged.items()
        if linked.get(path, folder) != folder
    ]
    return missing + foreign
