"""
Make the folder of a new policy: a module that compiles, is found, and passes its tests.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from policy_tasks.errors import PolicyTasksError, Problem, SettingsError, output_error
from policy_tasks.model import NewPolicy
from policy_tasks.settings import CoreSettings, Settings
from policy_tasks.toolchain import go_core, templates
from policy_tasks.toolchain.build_lock import is_build_directory
from policy_tasks.toolchain.go_program import MIN_VERSION

log = logging.getLogger(__name__)

FILES = ("go.mod", "policy.go", "policy_test.go", "README.md", "testdata/policytest/Policy.json")
_DEFAULT_DOMAIN = "example.com"
_MAX_NAME_LENGTH = 64
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# https://go.dev/ref/mod#module-path, with a domain, so that no standard library can come to have it.
_MODULE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(/[A-Za-z0-9_~-]+(\.[A-Za-z0-9_~-]+)*)*")
_MAJOR_BELOW_2 = re.compile(r"/v(0\d*|1)$")
# https://go.dev/ref/spec#Keywords
_KEYWORDS = (
    "break case chan const continue default defer else fallthrough for func go goto if import interface map package range "
    "return select struct switch type var"
)
# https://pkg.go.dev/golang.org/x/mod/module#CheckPath: no part of a path may be one of them.
_DEVICES = ("aux", "con", "nul", "prn", *(f"{kind}{number}" for kind in ("com", "lpt") for number in range(1, 10)))
# What cannot be a package's name or its folder, and why: see `go help packages` and https://pkg.go.dev/go/build.
_RESERVED_NAMES = {
    **dict.fromkeys(_KEYWORDS.split(), "which is a keyword of Go"),
    **dict.fromkeys(_DEVICES, "which is a device of Windows, and so for Go no part of a path"),
    "documentation": "which Go leaves out of every build",
    "init": "which no Go file can import: init is always a function",
    "internal": "which Go lets no other module import",
    "main": "which Go reserves for programs, and lets nobody import",
    "testdata": "whose folder Go passes by",
    "vendor": "whose folder Go keeps for copies of dependencies",
}


def make_policy(name: str, path: Path | None, module: str, settings: Settings) -> NewPolicy:
    """
    Make the folder at `path`, by default below the first policies folder, all at once or not at all.

    Raises `SettingsError` for a name, a module path or a place that cannot be used, where there is something already, and
    for a core with another contract; `OutputError` where the disk refuses.
    """
    folders = settings.folders
    place = path or next((each / name for each in folders), None)
    folder = Path(os.path.abspath(place)) if place else None
    where = _check_place(folder) if folder else _no_folder(settings)
    problems = [*_check_core(settings.core), *_check_name(name), *(_check_module(module) if module else ()), *where]
    if problems or not folder:
        raise SettingsError(*problems)
    module = module or f"{_DEFAULT_DOMAIN}/{name}"
    _write(folder, _files(name, module))
    log.info("new: %s, with %s", folder, ", ".join(FILES))
    if not any(folder.is_relative_to(os.path.abspath(each)) for each in folders):
        log.info("new: it is in no policies folder: name one that holds it with --policies, or as discover.policies")
    return NewPolicy(directory=folder, name=name, module=module, files=tuple(folder / file for file in FILES))


def _files(name: str, module: str) -> dict[str, bytes]:
    values = {"name": name, "module": module, "package": name.replace("-", ""), "go": ".".join(map(str, MIN_VERSION))}
    return {file: templates.render(f"new/{file}", **values) for file in FILES}


def _check_name(name: str) -> Iterator[Problem]:
    why, package = "", name.replace("-", "")
    if not _NAME.fullmatch(name):
        why = "want lower-case letters, digits and single dashes between them, a letter first, such as allow-list"
    elif len(name) > _MAX_NAME_LENGTH:
        why = f"it has {len(name)} characters, over the limit of {_MAX_NAME_LENGTH}"
    elif package in _RESERVED_NAMES:
        why = f"its package would be {package}, {_RESERVED_NAMES[package]}"
    if why:
        what, where = f"{name!r} cannot be a policy's name", "the name after `new`"
        yield Problem(what=what, where=where, why=why, fix="name it otherwise")


def _check_module(module: str) -> Iterator[Problem]:
    core, why = go_core.MODULE, ""
    if not _MODULE.fullmatch(module):
        why = "want a domain and words of letters, digits, dots and dashes, such as example.com/team/allow-list"
    elif _MAJOR_BELOW_2.search(module):
        why = "a major version in a path begins with v2"
    elif f"{core}/".startswith(f"{module}/") or module.startswith(f"{core}/"):
        why = f"the core has it: {core}"
    if why:
        what = f"{module!r} cannot be a module's path"
        yield Problem(what=what, where="--module", why=why, fix="name a path below a domain of yours with --module")


def _check_core(core: CoreSettings) -> Iterator[Problem]:
    if core.main and core.interface != go_core.INTERFACE:
        yield Problem(
            what="a policy for a core of your own cannot be made",
            where="core.interface",
            why=f"what `new` writes implements {go_core.INTERFACE}, and this core's policies implement {core.interface}",
            fix=f"write it yourself: a Go module in a policies folder with an exported type that implements {core.interface}",
        )


def _no_folder(settings: Settings) -> Iterator[Problem]:
    yield Problem(
        what="there is no place for the new policy",
        where="discover.policies",
        why=f"no folder is among the policies: {', '.join(map(str, settings.remotes)) or 'there are none'}",
        fix="name the policy's folder with --path, or add a policies folder",
    )


def _check_place(folder: Path) -> Iterator[Problem]:
    if os.path.lexists(folder):
        what, why = "the new policy's folder is there already", "nothing is ever overwritten"
        yield Problem(what=what, where=str(folder), why=why, fix="name the policy otherwise, or its folder with --path")
    elif inside := next((each for each in folder.parents if is_build_directory(each)), None):
        what, why = "a policy cannot be in a build directory", f"everything in {inside} may be replaced or removed"
        yield Problem(what=what, where=str(folder), why=why, fix="name another folder with --path")


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """
    Write the files into a hidden folder beside, which Go ignores, and rename it once they are complete.
    """
    partial = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.partial")
    try:
        partial.mkdir(parents=True)
        for name, data in files.items():
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            (partial / name).write_bytes(data)
        os.rename(partial, folder)
    except OSError as error:
        raise _write_error(error, folder) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_error(error: OSError, folder: Path) -> PolicyTasksError:
    if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR) and os.path.lexists(folder):
        return SettingsError(*_check_place(folder))  # another process has made it meanwhile
    error.filename = None  # the error names the folder that was asked for, not the temporary one
    return output_error(error, folder, "--path")
