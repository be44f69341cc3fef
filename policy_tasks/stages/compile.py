"""
GeneratedSources -> Binary: compile, check what came out without running it, and put it in its place in one step.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from pathlib import Path
from typing import Any

from policy_tasks.errors import BuildError, PolicyError, PolicyTasksError, SettingsError
from policy_tasks.model import Binary, GeneratedSources, Module
from policy_tasks.names import Platform
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import BUILD_FLAGS, LINK_FLAGS, Go
from policy_tasks.toolchain.inspector import make_inspector
from policy_tasks.toolchain.staging import WayBack

log = logging.getLogger(__name__)


def build_binary(sources: GeneratedSources, platform: Platform, go: Go, directory: BuildDirectory) -> Binary:
    """
    Compile the generated module for this platform.

    Go decides whether there is anything to do: it is handed a copy of the last binary, and leaves it as it is when all
    that went into it is the same. Raises `PolicyError` where a policy does not compile or link, `BuildError` where what
    came out is not what was asked for.
    """
    name = "policy-engine.exe" if platform.os == "windows" else "policy-engine"
    target = directory.path / "bin" / platform.folder / name
    made = directory.temporary / name
    if target.is_file():
        shutil.copy2(target, made)
    flags = (*BUILD_FLAGS, "-mod=readonly", LINK_FLAGS, "-o", str(made))
    done = go.run("build", *flags, ".", cwd=directory.path, platform=platform)
    if done.code != 0:
        raise _failed(done.message, sources, platform, directory)
    sha256 = hashlib.sha256(made.read_bytes()).hexdigest()
    _check(sha256, made, sources, platform, go, directory)
    _install(made, target, directory)
    binary = Binary(
        path=target, sha256=sha256, platform=str(platform), size=target.stat().st_size, go=go.version.removeprefix("go")
    )
    log.info("compile: %s, %.1f MB, %s", platform, binary.size / 1e6, go.version)
    return binary


def _install(made: Path, target: Path, directory: BuildDirectory) -> None:
    made.chmod(0o755)
    target.parent.mkdir(parents=True, exist_ok=True)
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


def _check(
    sha256: str, made: Path, sources: GeneratedSources, platform: Platform, go: Go, directory: BuildDirectory
) -> None:
    """
    Look at the headers: static, for this platform, with all the policies' modules, made without cgo.

    CGO_ENABLED=0 alone proves nothing: a //go:cgo_import_dynamic line makes such a binary dynamic.
    """
    plan = [sha256, str(platform), *sorted(module.path for module in sources.modules)]
    if directory.recall("checked") == plan:
        return
    found = make_inspector(directory, go).binary(made)
    wrong = [*_wrong_kind(found, platform), *_wrong_modules(found, sources)]
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
