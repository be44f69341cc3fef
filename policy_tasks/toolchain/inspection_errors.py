"""
What Go and the inspector say is wrong, told to whom it concerns: the author, the owner of the network, whoever set it up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from policy_tasks.errors import BuildError, PolicyError, PolicyTasksError, Problem, SettingsError
from policy_tasks.model import StagedModule
from policy_tasks.names import Platform, unsupported
from policy_tasks.printable import printable
from policy_tasks.regular_file import read_regular
from policy_tasks.toolchain import go_core
from policy_tasks.toolchain.go_command import out_of_memory
from policy_tasks.toolchain.network_fix import network_fix
from policy_tasks.toolchain.newer_go import newer_go
from policy_tasks.toolchain.offline import offline_fix, offline_why
from policy_tasks.toolchain.old_language import old_languages
from policy_tasks.toolchain.staging import SourcePaths

# How Go says that it asked for a module and did not get it: https://go.dev/ref/mod#module-proxy.
NETWORK_ERROR = re.compile(
    "dial tcp|no such host|connection refused|i/o timeout|deadline exceeded|server response|server misbehaving|proxyconnect"
    "|x509:|tls:|checksum mismatch|SECURITY ERROR|module lookup disabled|reading (https?|file)://"
    "|credentials to insecure|missing go.sum entry"
    '|not a valid zip|invalid proxy URL|GOPROXY list|invalid response from proxy|parse "|(Get|read) "(https?:/)?/'
)
# How Go says that all who could know of a package have said that there is none: unlike a network that fails, that is a fact
# about the import. Offline that is what the module cache has.
_NOWHERE = "cannot find module providing package "
_ALIKE = re.compile(r'case-insensitive import collision: "([^"]+)" and "([^"]+)"')
# An import that Go could not follow, in a message of several lines.
_AT_IMPORT = re.compile(r"^(\S.*?\.go:\d+:\d+): (.+)$", re.MULTILINE)
_IMPORTED = re.compile(r"[\"`]([^\"`]+)[\"`]")
_WHAT = {"compile": "policy package {} does not compile", "cycle": "policies import each other in a cycle"}
_FIX = {
    "compile": "correct that line, then run again",
    "cycle": "break the cycle: move what both need into a package that both import",
}
_IMPORT_FIX = "correct that import, or the go.mod of its module"
# By how Go begins what it says: of a folder's files, of a //go:embed line.
_FIXES_OF_GO = (
    (re.compile("found packages .+ and "), "let all Go files of that folder say the same package"),
    (re.compile(r"pattern \S+: "), "correct that //go:embed line, or add the files that it means"),
    (re.compile("read .+: unexpected NUL in input"), "save that file as text in UTF-8"),
)


def may_be_had_later(text: str) -> bool:
    """
    Whether this message of Go's is about a module that could not be had now.
    """
    return bool(NETWORK_ERROR.search(text)) and _NOWHERE not in text


def no_interface(interface: str, error: PolicyTasksError) -> PolicyTasksError:
    """
    The error for an interface in the settings that is none.
    """
    fix = "name an interface of the core, or of a module that its go.mod requires"
    return SettingsError.of(f"there is no interface {interface}", where="core.interface", why=error.why, fix=fix)


def go_list_error(message: str, platform: Platform, modules: tuple[StagedModule, ...]) -> PolicyTasksError:
    """
    The error for a `go list` that ended with this message.
    """
    if "unsupported GOOS/GOARCH" in message:
        return unsupported(platform, message)
    if of_machine := newer_go(message, modules) or out_of_memory("go list", message):
        return of_machine
    if "errors parsing" in message:
        fix = "correct the go.mod that this names"
        return PolicyError.of("the policies' modules cannot be brought together", where="go.mod", why=message, fix=fix)
    return BuildError(unresolved_module("go list", message))


def inspection_error(problems: list[dict[str, Any]], source_paths: SourcePaths, go: str) -> PolicyTasksError:
    """
    The author's problems with this version of Go, or, where a module could not be had, those of the network: all else may only
    follow from them.
    """
    for each in problems:
        if killed := out_of_memory(source_paths.package(each["package"]), each["text"]):
            return killed
    # A policy that imports the core's program meets the imports.go of the last run, whose modules may be gone.
    missing = [
        each
        for each in problems
        if each["kind"] != "compile" and NETWORK_ERROR.search(each["text"]) and go_core.MODULE not in each["text"]
    ]
    if not missing:
        corrected = old_languages(problems, source_paths, go)
        return PolicyError(*dict.fromkeys(_problem(each, source_paths) for each in corrected))
    told = [_problem(each, source_paths) for each in missing]
    return BuildError(*(unresolved_module(each.where, each.why) for each in told))


def passed_by(problems: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """
    A near miss for each package with problems that are in nobody's way.
    """
    first: dict[str, dict[str, Any]] = {}
    for each in problems:
        first.setdefault(each["package"], each)
    for package, each in first.items():
        place = {"dir": each["dir"], "file": each["file"], "line": each["line"]}
        yield {**place, "package": package, "type": "", "reason": f"it does not compile: {each['text']}", "fix": ""}


def unresolved_module(where: str, why: str) -> Problem:
    """
    The problem of a module that cannot be had.
    """
    fix = "see to GOPROXY and the network, or correct that import or the go.mod that asks for it (vendor folders are not used)"
    fix = offline_fix(why) or network_fix(why) or fix
    if "checksum mismatch" in why:
        fix = "correct the go.sum of that policy's module or the lock, or find out who changed what that version is"
    return Problem(what="the policies' dependencies cannot be resolved", where=where, why=offline_why(why), fix=fix)


def unresolved_modules(where: str, message: str) -> PolicyTasksError | None:
    """
    The error for a message of Go's that names modules which cannot be had, at the imports that it names, else at `where`;
    None for any other message.
    """
    if not NETWORK_ERROR.search(message):
        return None
    told = [found for found in _AT_IMPORT.findall(message) if NETWORK_ERROR.search(found[1])]
    named = [(at, _import_at(at, why) + why) for at, why in told]
    return BuildError(*(unresolved_module(*each) for each in named or [(where, message)]))


def _import_at(position: str, why: str) -> str:
    """
    The import at this position. Go names the position alone where it may not ask for the module.
    """
    path, line, _ = position.rsplit(":", 2)
    try:
        found = _IMPORTED.search(read_regular(path).decode("utf-8", "replace").split("\n")[int(line) - 1])
    except (OSError, IndexError):
        return ""
    return f'import "{found[1]}": ' if found and found[1] not in why else ""


def _one_path(alike: re.Match[str], source_paths: SourcePaths) -> Problem:
    first, second = sorted(alike.groups())
    return Problem(
        what=f"{first} and {second} differ only in upper and lower case",
        where=f"{source_paths.package(first)} and {source_paths.package(second)}",
        why="Go takes no two packages into one binary that some file systems would take for one",
        fix="rename one of the modules, or of the folders in them",
    )


def _problem(found: dict[str, Any], source_paths: SourcePaths) -> Problem:
    if alike := _ALIKE.search(found["text"]):
        return _one_path(alike, source_paths)
    where = str(
        source_paths.file(found["dir"], found["file"]) if found["dir"] else source_paths.package(found["package"])
    )
    position = "".join(f":{found[key]}" for key in ("line", "column") if found.get(key))
    what = _WHAT.get(found["kind"], "policy package {} cannot be loaded").format(found["package"])
    fix = found.get("fix") or next((fix for begins, fix in _FIXES_OF_GO if begins.match(found["text"])), "")
    return Problem(
        what=printable(what),
        where=printable(where) + position,
        why=printable(source_paths.text(found["text"])),
        fix=fix or _FIX.get(found["kind"], _IMPORT_FIX),
    )
