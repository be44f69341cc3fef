"""
The core: the Go program that the policies are registered with. By default it is go-core, which comes with this package.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from policy_tasks.errors import PolicyError, PolicyTasksError, SettingsError
from policy_tasks.settings import CoreSettings, Settings
from policy_tasks.toolchain import go_core
from policy_tasks.toolchain.go_mod import GO_MOD
from policy_tasks.toolchain.policy_folder import Reading, SourceModule, read_folder


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
            raise _wrong("core.main is missing", "the other settings of the core say something about that folder")
        source = SourceModule(directory=go_core.directory(), files=dict(go_core.engine_files()))
        return Core(source, go_core.INTERFACE, "RegisterPolicy", wanted.imports, own=False)
    _check(wanted)
    folder = Path(os.path.realpath(settings.path(wanted.main)))
    reading = Reading(
        files_left=settings.discover.max_files, bytes_left=settings.discover.max_bytes, nested=False, hidden=False
    )
    read_folder(folder, reading)
    if reading.problems:
        raise PolicyError(*reading.problems)
    if folder not in reading.modules:
        raise _wrong(f"{folder} has no {GO_MOD}", "the core is a Go module with a main package")
    return Core(reading.modules[folder], wanted.interface, wanted.register, wanted.imports, own=True)


def _check(wanted: CoreSettings) -> None:
    package, _, name = wanted.interface.rpartition(".")
    if not package or not name.isidentifier():
        raise _wrong(
            f"core.interface is {wanted.interface!r}",
            "want the import path and the name of the interface that policies implement, such as example.com/app/plugin.Plugin",
        )
    if not wanted.register.rpartition(".")[2].isidentifier() and wanted.register:
        raise _wrong(
            f"core.register is {wanted.register!r}",
            "want a function of the main package, such as Register, or one with its import path: example.com/app/plugin.Register",
        )
    name = wanted.imports
    if not name.endswith(".go") or name.endswith("_test.go") or name.startswith("/") or ".." in name.split("/"):
        raise _wrong(f"core.imports is {name!r}", "want a Go file below core.main, in the folder of the main package")


def _wrong(what: str, why: str) -> PolicyTasksError:
    fix = "see docs/dependencies.md for a core of your own"
    return SettingsError.of(f"the core cannot be used: {what}", where="[tool.policy-tasks.core]", why=why, fix=fix)
