"""
Whether a core of the user's is what the settings say of it.

Where the generated file will be, Go is shown one that names the interface and calls the register function: the compiler knows
best what can be called with a policy.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

from policy_tasks.errors import BuildError, PolicyError, PolicyTasksError
from policy_tasks.toolchain import templates
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.core import OWN, Core, wrong_core
from policy_tasks.toolchain.core_packages import is_in, named_packages, nearest, no_package, was_it
from policy_tasks.toolchain.go_command import json_stream
from policy_tasks.toolchain.go_graph import Graph
from policy_tasks.toolchain.inspection_errors import NETWORK_ERROR, unresolved_module

FILE = "core_check.go.txt"
_TEMPLATE = "core_check.go"
_TOLD = re.compile(rf"{re.escape(FILE)}:(\d+):\d+: (.+(?:\n\t.+)*)")
# What is declared, as far as that can be seen without parsing it.
_DECLARED = {
    "core.interface": re.compile(r"^(?:type|\t)\s*([^\W\d]\w*) (?:= )?interface\b", re.MULTILINE),
    "core.register": re.compile(r"^func ([^\W\d]\w*)[(\[]", re.MULTILINE),
}


def check_file(core: Core) -> bytes:
    """
    The file that Go is shown in the place of the generated one.
    """
    return templates.render(
        _TEMPLATE,
        imports=core.aliases,
        interface=core.named(core.interface),
        register=core.named(core.register),
        policy=f"{OWN}Policy",
    )


class CoreCheck(NamedTuple):
    """
    What Go said of the core's packages.
    """

    core: Core
    graph: Graph
    directory: BuildDirectory

    def check(self, listed: bytes) -> None:
        """
        Look into what `go list` printed. Raises `SettingsError` for a main package, an interface or a register function that
        is none, `PolicyError` for a core that does not compile, `BuildError` where a module could not be had.
        """
        packages = {each["ImportPath"]: each for each in json_stream(listed)}
        main = packages.get(self._main, {})
        error = self._error_of(main)
        if "found packages " in error:
            raise wrong_core(
                f"core.imports is {self.core.imports!r}", error, "name a file in the folder of a main package"
            )
        self._check_name(main)
        for setting, value in named_packages(self.core).items():
            self._check_package(setting, value, packages)
        if told := _TOLD.findall(error):
            raise self._not_usable(told, packages)
        if error:
            raise self._not_compiled(error)

    @property
    def _main(self) -> str:
        """
        The import path of the main package.
        """
        return f"{self.graph.core.go_mod.path}/{self.core.imports.rpartition('/')[0]}".rstrip("/")

    def _check_name(self, main: dict[str, Any]) -> None:
        """
        See that Go takes what is generated for a file of the package: its name may be that of another platform's.
        """
        folder, _, name = self.core.imports.rpartition("/")
        if main.get("Dir") and name not in main.get("GoFiles", []):
            fix = (
                f"name another, such as {f'{folder}/'.lstrip('/')}imports.go: none that begins with _ or . and none that ends "
                "as the name of another system or architecture"
            )
            raise wrong_core(
                f"core.imports is {self.core.imports!r}", "Go passes by a file of that name on this platform", fix
            )

    def _error_of(self, listed: dict[str, Any]) -> str:
        """
        What Go says is wrong with a package itself, with the user's folder in the place of its copy.
        """
        text = re.sub(r"^# .*\n", "", listed["Error"]["Err"]) if listed.get("Error") else ""
        return text.replace(str(self.directory.path), str(self.core.source.directory)).strip()

    def _check_package(self, setting: str, value: str, packages: dict[str, dict[str, Any]]) -> None:
        path, _, name = value.rpartition(".")
        listed = packages.get(path, {})
        error = self._error_of(listed)
        if path in (self._main, "main"):
            of_main = f"name it {name} alone" if setting == "core.register" else "move it to a package of its own"
            raise wrong_core(f"{setting} is {value!r}", "that is the main package, which cannot be imported", of_main)
        if error and listed.get("Dir"):
            raise self._not_compiled(error)
        if error:
            raise self._no_package(setting, value, error)

    def _no_package(self, setting: str, value: str, error: str) -> PolicyTasksError:
        path = value.rpartition(".")[0]
        required = (each.module for each in self.graph.core.go_mod.requires)
        if NETWORK_ERROR.search(error) and any(is_in(path, each) for each in required):
            return BuildError(unresolved_module(setting, error))
        return no_package(setting, value, self.graph, error)

    def _not_usable(self, told: list[tuple[str, str]], packages: dict[str, dict[str, Any]]) -> PolicyTasksError:
        """
        The error for a main package or an interface that is none, else for a register function that cannot be called.
        """
        lines = check_file(self.core).decode().splitlines()
        at = [(lines[int(line) - 1], text) for line, text in told]
        if any("main()" in line for line, _ in at):
            why = "the Go files beside it have no function main, for this platform"
            return wrong_core(
                f"core.imports is {self.core.imports!r}", why, "name a file in the folder of a main package"
            )
        of_interface = [text for line, text in at if " _ = " in line]
        setting = "core.interface" if of_interface else "core.register"
        value = self.core.interface if of_interface else self.core.register
        path, _, name = value.rpartition(".")
        declared = self._declared(packages[path or self._main], _DECLARED[setting]) - {"main", "init"}
        usable = {each for each in declared if each[0].isupper() or not path}
        why = "\n".join(dict.fromkeys(of_interface or [text for _, text in told]))
        for package, alias in self.core.aliases.items():
            why = why.replace(f"{alias}.", f"{package}.")
        why = why.replace(f"{OWN}Policy", "policy")
        if name in declared and path and not name[0].isupper():
            why = f"{name} is not exported"
        meant = "" if name in declared else nearest(name, usable)
        fix = "name an interface of methods" if of_interface else "name a function that can be called with a policy"
        return wrong_core(f"{setting} is {value!r}", why, fix + was_it(f"{path}.{meant}".lstrip(".") if meant else ""))

    def _declared(self, listed: dict[str, Any], pattern: re.Pattern[str]) -> set[str]:
        generated = self.directory.path / self.core.imports
        files = (path for path in Path(listed["Dir"]).glob("*.go") if path != generated)
        return {name for path in files for name in pattern.findall(path.read_text(errors="replace"))}

    def _not_compiled(self, error: str) -> PolicyTasksError:
        where = self.core.source.directory
        return PolicyError.of("the core does not compile", where=where, why=error, fix="correct that, then run again")
