"""
What modules are taken from: the policies' folders, what their go.mod files replace, and the settings, which decide.

A replace of a policy's holds for the whole build, and two that differ are an error: in one binary a module is one thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from policy_tasks.errors import PolicyError, PolicyTasksError, SettingsError
from policy_tasks.model import Exclude, Replace
from policy_tasks.settings import Replaces
from policy_tasks.toolchain.go_graph import Graph, GraphModule, target_of
from policy_tasks.toolchain.go_mod import GO_MOD

SETTING = "modules.replaces"


class Replacement(NamedTuple):
    """
    Where a module (`module` or `module@version`) is taken from, as the generated go.mod says it and as the user knows it,
    and who says so.
    """

    old: str
    new: str
    shown_as: str
    origin: str
    of_policy: bool = False

    @property
    def path(self) -> str:
        """
        The module without a version.
        """
        return self.old.partition("@")[0]

    def document(self) -> Replace:
        """
        The same for a document.
        """
        return Replace(old=self.old, new=self.shown_as, origin=self.origin)


class Exclusion(NamedTuple):
    """
    A version that is not to be taken, `module@version`, and the first line that says so.
    """

    version: str
    origin: str

    def document(self) -> Exclude:
        """
        The same for a document.
        """
        path, _, version = self.version.partition("@")
        return Exclude(module=path, version=version, origin=self.origin)


def gather_excludes(graph: Graph) -> tuple[Exclusion, ...]:
    """
    Every exclude of the build, sorted.
    """
    modules = (graph.core, *graph.modules)
    told = [(each, _exclude_line(module, each)) for module in modules for each in module.go_mod.excludes]
    return tuple(Exclusion(*each) for each in sorted(dict(reversed(told)).items()))


def gather_replaces(graph: Graph, settings: Replaces) -> tuple[Replacement, ...]:
    """
    Every replace of the build, sorted.

    Raises `PolicyError` for those of two go.mod files that differ where no setting decides, `SettingsError` for a setting
    that replaces a policy.
    """
    modules = graph.modules
    staged = {module.source.directory: module.staged for module in modules}
    decided = tuple(_of_settings(settings, staged))
    own = tuple(_of_folders(modules))
    for replacement in decided:
        for policy in (each for each in own if each.path == replacement.path):
            raise _replaces_a_policy(replacement, policy)
    paths = {replacement.path for replacement in decided}
    told = [
        (module, replacement) for module, replacement in _of_modules(graph, staged) if replacement.path not in paths
    ]
    _check_agreement(own, told)
    kept = {replacement.old: replacement for _, replacement in reversed(told)} | {
        replacement.old: replacement for replacement in (*decided, *own)
    }
    return tuple(kept[old] for old in sorted(kept))


def _of_settings(settings: Replaces, staged: dict[Path, str]) -> Iterator[Replacement]:
    for old, new in settings:
        place = staged.get(Path(new).resolve()) if "/" in new[:2] else None
        yield Replacement(old=old, new=f"./{place}" if place else new, shown_as=new, origin=SETTING)


def _of_folders(modules: tuple[GraphModule, ...]) -> Iterator[Replacement]:
    for module in modules:
        if not module.helper:
            folder = str(module.source.directory)
            new, origin = f"./{module.staged}", f"{folder}/{GO_MOD}"
            yield Replacement(old=module.go_mod.path, new=new, shown_as=folder, origin=origin, of_policy=True)


def _of_modules(graph: Graph, staged: dict[Path, str]) -> Iterator[tuple[GraphModule, Replacement]]:
    """
    What go.mod files say, but for replaces of the core, by which policies find it while they are developed: it is here.
    """
    for module in (graph.core, *graph.modules):
        for replace in module.go_mod.replaces:
            if replace.old.partition("@")[0] == graph.core.go_mod.path:
                continue
            new = shown_as = replace.new
            if replace.is_folder:
                target = target_of(module.source.directory, replace.new)
                if target not in staged:
                    raise _leads_to_the_core(module, replace.old, target)
                new, shown_as = f"./{staged[target]}", str(target)
            yield module, Replacement(old=replace.old, new=new, shown_as=shown_as, origin=_line(module, replace.old))


def _check_agreement(own: tuple[Replacement, ...], told: list[tuple[GraphModule, Replacement]]) -> None:
    """
    The directives of two modules for one have to agree: a replace of one version would outrank another policy's replace of
    all versions without a word. Those of a single go.mod may differ from version to version.
    """
    first = {replacement.path: (None, {replacement.new}, replacement) for replacement in own}
    deciders: dict[str, tuple[GraphModule | None, set[str], Replacement]] = {**first}
    for module, replacement in told:
        decider, targets, before = deciders.setdefault(replacement.path, (module, {replacement.new}, replacement))
        if decider is module:
            targets.add(replacement.new)
        elif targets != {replacement.new}:
            raise _conflict(before, replacement)


def _line(module: GraphModule, old: str) -> str:
    """
    The go.mod with the line of its directive for this module.
    """
    path = old.partition("@")[0]
    lines = module.source.files[GO_MOD].decode("utf-8", "replace").splitlines()
    for number, line in enumerate(lines, 1):
        words = line.partition("=>")[0].replace('"', " ").replace("`", " ").split()
        if "=>" in line and path in words:
            return f"{module.source.directory / GO_MOD}:{number}"
    return str(module.source.directory / GO_MOD)


def _exclude_line(module: GraphModule, version: str) -> str:
    """
    The go.mod with the line that excludes this version, in a block or alone.
    """
    file, in_block = str(module.source.directory / GO_MOD), False
    for number, line in enumerate(module.source.files[GO_MOD].decode("utf-8", "replace").splitlines(), 1):
        words = re.sub(r"//.*|[\"`]", "", line).replace("(", " ( ").split()
        if words[-1:] in (["("], [")"]):
            in_block = words == ["exclude", "("]
        elif words == [*([] if in_block else ["exclude"]), *version.split("@")]:
            return f"{file}:{number}"
    return file


def _conflict(first: Replacement, second: Replacement) -> PolicyTasksError:
    fix = "make both go.mod files agree on one"
    if not first.of_policy:
        choice = first.shown_as.replace("\\", "/")
        fix += f', or decide in the settings: {SETTING} with "{first.path}" = "{choice}"'
    return PolicyError.of(
        f"{first.path} is to be taken from two places",
        where=f"{first.origin} and {second.origin}",
        why=f"the first means {first.shown_as}, the second {second.shown_as}",
        fix=fix,
    )


def _leads_to_the_core(module: GraphModule, old: str, target: Path) -> PolicyTasksError:
    return PolicyError.of(
        f"{old} is to be taken from the core",
        where=_line(module, old),
        why=f"{target} is the main module of this build, under its own path",
        fix="import the core's packages by their own path, or move what is shared into a module of its own",
    )


def _replaces_a_policy(replacement: Replacement, policy: Replacement) -> PolicyTasksError:
    return SettingsError.of(
        f"{replacement.path} cannot be replaced",
        where=SETTING,
        why=f"it is a policy module, in {policy.shown_as}",
        fix="take that line out of the settings, or the folder out of the policies",
    )
