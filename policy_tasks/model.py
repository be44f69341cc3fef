"""
The values that travel down the pipeline, in order. Each is made from the one before.

All are frozen, hold absolute paths, and convert to the JSON documents of `--format json` with `document`;
`str(value)` is the answer that a task prints.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any


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
class Constructor:
    """
    An exported function without parameters that makes a policy: `pointer` is whether it returns *T, `error` whether it
    returns an error as well.
    """

    name: str
    pointer: bool
    error: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """
    An exported type of a policy package that implements the core's interface.

    `pointer` is whether only *T implements it, `composite` whether `T{}` is Go for a value of it. `name` is what
    `Name()` returns where that is a constant, else None. `constructor` makes it, where there is one. `version` is that of its
    module where several are in the engine: it is part of the policy's name.
    """

    package: str
    type: str
    module: str
    file: Path
    line: int
    pointer: bool
    composite: bool
    name: str | None
    constructor: Constructor | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """
    Something that looks like a policy and is not taken, and the reason. Package and type may be empty.
    """

    package: str
    type: str
    reason: str
    file: Path
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedModules:
    """
    The modules that a build needs, which are in Go's cache now, and the lock that has their versions.
    """

    modules: tuple[Module, ...]
    lock: Path | None = None

    def __str__(self) -> str:
        return "\n".join(f"{module.path} {module.version}" for module in self.modules if module.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySet:
    """
    The policies that were found, sorted by package and type, in modules that are staged in `directory`.

    `core` is the path of the main module. `modules` are all others that the build is made of: the staged ones, then those of
    other people. `pins` are the versions that the settings hold, `lock` is the lock where there is one.
    """

    core: str
    policies: tuple[Policy, ...]
    near_misses: tuple[NearMiss, ...]
    modules: tuple[Module, ...]
    replaces: tuple[Replace, ...] = ()
    pins: tuple[Requirement, ...] = ()
    lock: Path | None = None
    directory: Path

    def __str__(self) -> str:
        return "\n".join(f"{policy.package}.{policy.type}" for policy in self.policies)


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedSources:
    """
    A complete Go module in `directory`: the core, the policies, `imports.go` that registers them.
    """

    core: str
    directory: Path
    policies: tuple[Policy, ...]
    modules: tuple[Module, ...]
    replaces: tuple[Replace, ...] = ()
    pins: tuple[Requirement, ...] = ()
    lock: Path | None = None

    def __str__(self) -> str:
        return str(self.directory)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """
    The compiled engine: static, for `platform` (`OS/ARCH[/VARIANT]`), `size` in bytes.

    `manifest` says in JSON what it is made of, `sbom` the same as a CycloneDX bill of materials; both are files beside it,
    and not there before it is checked.
    """

    path: Path
    sha256: str
    platform: str
    size: int
    go: str
    manifest: Path | None = None
    sbom: Path | None = None

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """
    The container image.

    `digest` is the image's ID where the Docker engine built it, and its manifest's digest where it is an OCI archive.
    `base` is the base image's name, or `static`, `base_digest` what its registry knows it by, else its ID; `archive` is the
    file that holds the image, where there is one.
    """

    reference: str
    digest: str
    engine: str
    base: str
    base_digest: str
    platform: str
    archive: Path | None

    def __str__(self) -> str:
        return self.reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """
    What a registry holds now: `reference` is always `repository@sha256:…`.
    """

    reference: str
    tag: str

    def __str__(self) -> str:
        return self.reference


def staged(modules: Iterable[Module]) -> tuple[StagedModule, ...]:
    """
    Those of the modules that are the user's.
    """
    return tuple(module for module in modules if isinstance(module, StagedModule))


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTest:
    """
    A test that passed or was skipped: the package, its own test or a check of the test kit, and how long it took in seconds.

    `policy` is the policy's type where the test kit has checked one.
    """

    package: str
    policy: str | None
    test: str
    skipped: bool
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """
    The policies' tests, all well; `race` is whether the race detector has watched them.
    """

    tests: tuple[PolicyTest, ...]
    race: bool

    def __str__(self) -> str:
        counts = Counter((each.package, each.policy) for each in self.tests)
        lines = []
        for (package, policy), count in sorted(counts.items(), key=lambda item: (item[0][0], item[0][1] or "")):
            what = ("check" if policy else "test") + ("" if count == 1 else "s")
            lines.append(f"{package}{'.' + policy if policy else ''}: {count} {what}")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPolicy:
    """
    A policy's folder that was made, with the files in it.
    """

    directory: Path
    name: str
    module: str
    files: tuple[Path, ...]

    def __str__(self) -> str:
        return str(self.directory)


def document(value: Any) -> Any:
    """
    The value as JSON knows it: paths as text, tuples as lists, and no key whose value is None.
    """
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: document(each) for name, each in pairs if each is not None}
    if isinstance(value, tuple):
        return [document(each) for each in value]
    return str(value) if isinstance(value, Path) else value
