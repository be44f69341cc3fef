"""
The modules that a build is made of, and what was decided about them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TypeVar

T = TypeVar("T", bound="Resolved")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """
    A module that somebody asks for, in the least version that will do; or, in `required_by`, who asks for which. `indirect`
    where only other modules need it.
    """

    module: str
    version: str
    indirect: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """
    A Go module of the build: its path, the version that was chosen (none for a folder), and the `h1:` sum of what was
    downloaded. `replaced_by` is what it is taken from, if not from itself.
    """

    path: str
    version: str | None = None
    sum: str | None = None
    replaced_by: str | None = None
    required_by: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedModule(Module):
    """
    A module of the user's: their folder, and its place below the generated directory.

    `digest` is that of all its files, `requires` what its go.mod asks for, `copy_of` the module's own path where the build
    has several versions under paths made for them. A helper holds no policies; some policy's
    go.mod replaces a module with it.
    """

    directory: Path
    staged: str
    digest: str
    requires: tuple[Requirement, ...]
    helper: bool
    copy_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """
    A module, with its version if only that one is meant, what it is taken from, and who says so: `go.mod:line`, a setting.
    """

    old: str
    new: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclude:
    """
    A version of a module that is not to be taken, and who says so: `go.mod:line`.
    """

    module: str
    version: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """
    A value of the pipeline, with what it is made of: `modules` are all but the main one, the staged ones first, then those
    of other people; `pins` the versions that the settings hold; `lock` the lock where there is one.
    """

    modules: tuple[Module, ...] = ()
    replaces: tuple[Replace, ...] = ()
    excludes: tuple[Exclude, ...] = ()
    pins: tuple[Requirement, ...] = ()
    lock: Path | None = None

    def into(self, value: T) -> T:
        """
        A value that is made of this one, and so of the same modules.
        """
        made_of = {field.name: getattr(self, field.name) for field in fields(Resolved)}
        return replace(value, **made_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedModules(Resolved):
    """
    The modules that a build needs, which are in Go's cache now.
    """

    def __str__(self) -> str:
        return "\n".join(map(_line, (module for module in self.modules if module.version)))


def _line(module: Module) -> str:
    """
    A module as `go list -m all` prints it.
    """
    new = f" => {module.replaced_by.replace('@', ' ')}" if module.replaced_by else ""
    path = (isinstance(module, StagedModule) and module.copy_of) or module.path
    return f"{path} {module.version}{new}"


def staged(modules: Iterable[Module]) -> tuple[StagedModule, ...]:
    """
    Those of the modules that are the user's.
    """
    return tuple(module for module in modules if isinstance(module, StagedModule))
