"""
The packages that the settings of a core of the user's name: whether there can be any, before Go asks the network for them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from policy_tasks.errors import PolicyTasksError
from policy_tasks.toolchain.core import Core, wrong_core
from policy_tasks.toolchain.go_graph import Graph


def named_packages(core: Core) -> dict[str, str]:
    """
    The settings that name something in a package.
    """
    in_package = "." in core.register
    return {"core.interface": core.interface, **({"core.register": core.register} if in_package else {})}


def check_packages(core: Core, graph: Graph, elsewhere: Iterable[str]) -> None:
    """
    Raise `SettingsError` for a package below the core's own path that it does not have: no proxy has it, unless it is in a module
    that the core requires, in one of the user's, or `elsewhere`, in one that the settings or a replace name.
    """
    if not core.own:
        return
    go_mod, modules = graph.core.go_mod, graph.modules
    others = (*(each.module for each in go_mod.requires), *(each.go_mod.path for each in modules), *elsewhere)
    for setting, value in named_packages(core).items():
        path = value.rpartition(".")[0]
        is_missing = is_in(path, go_mod.path) and path not in _packages(graph)
        if is_missing and not any(is_in(path, each) for each in others):
            raise no_package(setting, value, graph, f"the core has no package {path}")


def no_package(setting: str, value: str, graph: Graph, why: str) -> PolicyTasksError:
    """
    The error for a setting that names something in a package which there is not.
    """
    meant = nearest(value.rpartition(".")[0], _packages(graph))
    fix = f"name a package of the core, or of a module that its go.mod requires{was_it(meant)}"
    return wrong_core(f"{setting} is {value!r}", why, fix)


def is_in(package: str, module: str) -> bool:
    """
    Whether a module of that path can hold the package.
    """
    return f"{package}/".startswith(f"{module}/")


def nearest(name: str, known: Iterable[str]) -> str:
    """
    The one of these that was probably meant, or nothing.
    """
    by_letters = {each.lower(): each for each in sorted(known)}
    found = difflib.get_close_matches(name.lower(), by_letters, n=1)
    return by_letters[found[0]] if found else ""


def was_it(name: str) -> str:
    """
    The end of a fix that says what was probably meant, if that is known.
    """
    return f"; was it {name}?" if name else ""


def _packages(graph: Graph) -> set[str]:
    """
    The import paths of the core's own packages.
    """
    folders = {name.rpartition("/")[0] for name in graph.core.source.files if name.endswith(".go")}
    return {f"{graph.core.go_mod.path}/{folder}".rstrip("/") for folder in folders}
