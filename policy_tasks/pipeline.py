"""
The value of each stage, in order. Ask for one; everything before it is made. Beside them: a new policy, and the policies' tests.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from policy_tasks.model import (
    Binary,
    FetchedModules,
    GeneratedSources,
    Image,
    NewPolicy,
    PolicySet,
    Published,
    Tested,
)
from policy_tasks.names import Platform, host_platform, parse_platform, parse_reference
from policy_tasks.run import running, running_for_image
from policy_tasks.settings import Settings
from policy_tasks.stages.image import log_how_to_run
from policy_tasks.stages.publish import check_destination
from policy_tasks.toolchain.archive_place import without_missing_archive_dir
from policy_tasks.toolchain.measurements import measured
from policy_tasks.toolchain.staged_policies import check_folders
from policy_tasks.toolchain.targets import targets


def fetch(settings: Settings) -> FetchedModules:
    """
    The modules that a build needs, downloaded into Go's cache: with them there, a build works offline.
    """
    with measured("fetch", settings) as times, running(settings, _platform(settings), times) as run:
        return run.fetched()


def discover(settings: Settings) -> PolicySet:
    """
    The policies that the folders hold, type-checked, with the near misses explained.
    """
    with measured("discover", settings) as times, running(settings, _platform(settings), times) as run:
        return run.policies()


def generate(settings: Settings) -> GeneratedSources:
    """
    The generated Go module: `cd` there, and `go build` works.
    """
    with measured("generate", settings) as times, running(settings, _platform(settings), times) as run:
        return run.sources()


def compile(settings: Settings) -> Binary:
    """
    The static binary, checked.
    """
    with measured("compile", settings) as times, running(settings, _platform(settings), times) as run:
        return run.binary()


def image(settings: Settings) -> Image:
    """
    The container image, in the Docker engine or in an archive.
    """
    with measured("image", settings) as times, running_for_image(settings, times) as run:
        made = run.image()
    log_how_to_run(made, settings)
    return made


def publish(settings: Settings) -> Published:
    """
    The image in its registry, by digest.
    """
    with measured("publish", settings) as times:
        check_destination(parse_reference(settings.image.repo, settings.image.tag))
        with running_for_image(without_missing_archive_dir(settings), times) as run:
            return run.published()


def test(settings: Settings, *, race: bool = False) -> Tested:  # noqa: PT028 - no test of pytest's
    """
    The policies' tests, and the test kit on every policy; with the race detector, if asked for.

    This runs the policies' code, on this machine, as nothing else here does.
    """
    with measured("test", settings) as times, running(settings, host_platform(), times) as run:
        return run.tested(race=race)


def new(settings: Settings, name: str, *, path: str | Path | None = None, module: str = "") -> NewPolicy:
    """
    A new policy's folder at `path`, counted from the current folder, by default below the first policies folder.
    """
    from policy_tasks.stages.new import make_policy

    return make_policy(name, Path(path) if path else None, module, settings)


def watch(settings: Settings, *, addr: str) -> None:
    """
    Serve the policies at `HOST:PORT` until interrupted, with a new engine for each change that compiles and starts.

    This runs the policies' code, on this machine. Only for development: production is a new image.
    """
    from policy_tasks.stages.watch import serve_changes

    def build() -> tuple[Binary, frozenset[Path]]:
        with measured("compile", settings) as times, running(settings, host_platform(), times) as run:
            return run.binary(), run.folders

    check_folders(settings.folders, settings.build_dir)
    settings = replace(settings, compile=replace(settings.compile, platform=""))  # it runs on this machine
    outputs = frozenset((settings.build_dir, *(target.path for target in targets(settings))))
    serve_changes(build, frozenset(settings.folders), outputs, addr)


def _platform(settings: Settings) -> Platform:
    return parse_platform(settings.compile.platform)
