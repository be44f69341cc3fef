"""
The core: the Go program that the policies are registered with. By default it is go-core, which comes with this package.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from policy_tasks.errors import PolicyError, PolicyTasksError, SettingsError
from policy_tasks.settings import CoreSettings, Settings
from policy_tasks.toolchain import go_core
from policy_tasks.toolchain.core_places import leave_out
from policy_tasks.toolchain.go_mod import GO_MOD
from policy_tasks.toolchain.policy_folder import Reading, SourceModule, read_folder
from policy_tasks.toolchain.targets import written_places

_FIX = "see docs/dependencies.md for a core of your own"
# A //go:embed line that means names with a dot before them: https://pkg.go.dev/embed#hdr-Directives
_EMBEDS_HIDDEN = re.compile(rb"""^//go:embed(?=[ \t]).*(all:|[ \t"`/]\.[^./])""", re.MULTILINE)
_MAIN = re.compile(rb"^package main\b", re.MULTILINE)
# https://go.dev/s/generatedcode
_GENERATED = re.compile(rb"^// Code generated .* DO NOT EDIT\.\r?$", re.MULTILINE)

# What begins the names in files that are generated into the user's own package, where any other may be declared.
OWN = "policyTasks"


class Core(NamedTuple):
    """
    A main module as it was read, and what the generated file needs to know of it.

    `register` is the function that takes a policy, empty where importing a policy's package is enough; `imports` the
    generated file. A core of the user's own is `own`.
    """

    source: SourceModule
    interface: str
    register: str
    imports: str
    own: bool

    @property
    def files(self) -> Mapping[str, bytes]:
        """
        The files that the generated module takes over.
        """
        return self.source.files

    @property
    def contract(self) -> str:
        """
        The package of the interface.
        """
        return self.interface.rpartition(".")[0]

    @property
    def aliases(self) -> dict[str, str]:
        """
        What the packages of the interface and of the register function are imported as, by their paths.
        """
        registry = self.register.rpartition(".")[0]
        return {**({registry: f"{OWN}Registry"} if registry else {}), self.contract: f"{OWN}Contract"}

    def named(self, name: str) -> str:
        """
        The interface or the register function as the main package names it.
        """
        package, _, last = name.rpartition(".")
        return f"{self.aliases[package]}.{last}" if package else last

    @property
    def package(self) -> str:
        """
        The main package, as `go build` takes it.
        """
        folder = self.imports.rpartition("/")[0]
        return f"./{folder}" if folder else "."

    def digest(self) -> str:
        """
        A digest of what makes this core.
        """
        if not self.own:
            return f"sha256:{go_core.engine_digest()}"
        told = repr((go_core.digest(self.files), self.interface, self.register, self.imports))
        return f"sha256:{hashlib.sha256(told.encode()).hexdigest()}"


def read_core(settings: Settings) -> Core:
    """
    The core that the settings mean. Raises `SettingsError` where they do not fit together, `PolicyError` where the folder
    is not a module.
    """
    wanted = settings.core
    if wanted.main is None:
        if wanted != CoreSettings():
            raise wrong_core("core.main is missing", "the other settings of the core say something about that folder")
        source = SourceModule(directory=go_core.directory(), files=dict(go_core.engine_files()))
        return Core(source, go_core.INTERFACE, "RegisterPolicy", wanted.imports, own=False)
    _check(wanted)
    folder = Path(os.path.realpath(settings.path(wanted.main)))
    if not os.path.isdir(folder):
        raise _no_module(folder)
    reading = _read(folder, settings, hidden=False)
    if any(_EMBEDS_HIDDEN.search(data) for each in reading.modules.values() for data in _go_files(each)):
        reading = _read(folder, settings, hidden=True)
    if reading.problems:
        raise PolicyError(*reading.problems)
    if folder not in reading.modules:
        raise _no_module(folder)
    if needed := leave_out(reading.modules[folder]):
        raise _taken(folder, needed)
    _check_imports(reading.modules[folder], wanted.imports)
    return Core(reading.modules[folder], wanted.interface, wanted.register, wanted.imports, own=True)


def _read(folder: Path, settings: Settings, *, hidden: bool) -> Reading:
    """
    The core's module. What begins with a dot is mostly somebody's tools, such as `.venv`, with links in them.
    """
    discover = settings.discover
    files, most, written = discover.max_files, discover.max_bytes, written_places(settings)
    reading = Reading(files_left=files, bytes_left=most, written=written, nested=False, hidden=hidden)
    read_folder(folder, reading)
    return reading


def _go_files(source: SourceModule) -> Iterator[bytes]:
    return (data for name, data in source.files.items() if name.endswith(".go"))


def _check(wanted: CoreSettings) -> None:
    package, _, name = wanted.interface.rpartition(".")
    if not package or not name.isidentifier():
        raise wrong_core(
            f"core.interface is {wanted.interface!r}",
            "want the import path and the name of the interface that policies implement, such as example.com/app/plugin.Plugin",
        )
    if not wanted.register.rpartition(".")[2].isidentifier() and wanted.register:
        raise wrong_core(
            f"core.register is {wanted.register!r}",
            "want a function of the main package, such as Register, or one with its import path: example.com/app/plugin.Register",
        )
    name = wanted.imports
    if not name.endswith(".go") or name.endswith("_test.go") or name.startswith("/") or ".." in name.split("/"):
        raise wrong_core(
            f"core.imports is {name!r}", "want a Go file below core.main, in the folder of the main package"
        )


def _no_module(folder: Path) -> PolicyTasksError:
    if not os.path.isdir(folder):
        why = "it is a file" if os.path.exists(folder) else "there is no such folder"
        return wrong_core(f"core.main is {folder}", why, "name the folder of a Go module that has a main package")
    around = next((each for each in folder.parents if os.path.isfile(each / GO_MOD)), None)
    fix = f"name that of the module, {around}, and with core.imports a file in the folder of its main package"
    return wrong_core(f"{folder} has no {GO_MOD}", "core.main is the folder of a Go module", fix if around else _FIX)


def _taken(folder: Path, needed: str) -> PolicyTasksError:
    place = needed.partition("/")[0]
    return wrong_core(
        f"its {place} has the name of what is made of it",
        f"Go would compile or embed {folder / needed}, and in the build directory {place} is something else",
        f"give {place} another name, or move it into a folder",
    )


def _check_imports(source: SourceModule, imports: str) -> None:
    """
    See that the generated file has a package to be in, and replaces nothing that somebody wrote.
    """
    folder = imports.rpartition("/")[0]
    go_files = [name for name in source.files if name.endswith(".go") and not name.endswith("_test.go")]
    if not any(name.rpartition("/")[0] == folder for name in go_files if name != imports):
        mains = sorted({name.rpartition("/")[0] for name in go_files if _MAIN.search(source.files[name])})
        fix = f"name a file there, such as {f'{mains[0]}/'.lstrip('/')}imports.go" if mains else _FIX
        told = f"the main package is in {', '.join(f'./{each}'.rstrip('/') for each in mains)}" if mains else ""
        why = f"no other Go file is in {source.directory / folder}" + (f"; {told}" if told else "")
        raise wrong_core(f"core.imports is {imports!r}", why, fix)
    if imports in source.files and not _GENERATED.search(source.files[imports]):
        raise wrong_core(
            f"core.imports is {imports!r}, which somebody wrote",
            f"{source.directory / imports} would not be in the build: what is generated takes its place",
            "name a file that there is not; or begin that one with: // Code generated by policy_tasks. DO NOT EDIT.",
        )


def wrong_core(what: str, why: str, fix: str = _FIX) -> PolicyTasksError:
    """
    The error for settings of the core that do not hold.
    """
    return SettingsError.of(f"the core cannot be used: {what}", where="[tool.policy-tasks.core]", why=why, fix=fix)
