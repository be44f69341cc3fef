"""
The five values, in order. Ask for one; everything before it is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property

from policy_tasks.model import Binary, FetchedModules, GeneratedSources, Image, PolicySet, Published
from policy_tasks.names import Platform, Reference, host_platform, parse_platform, parse_reference
from policy_tasks.settings import Settings
from policy_tasks.stages.compile import build_binary
from policy_tasks.stages.discover import find_policies
from policy_tasks.stages.fetch import fetch_modules
from policy_tasks.stages.generate import generate_sources
from policy_tasks.stages.image import base_digest, build_image
from policy_tasks.toolchain.background import Background
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.build_lock import hold
from policy_tasks.toolchain.go_build import GoBuild
from policy_tasks.toolchain.go_command import Go, find_go
from policy_tasks.toolchain.image_engine import Docker, Oci, check_image_settings, choose_engine
from policy_tasks.toolchain.lock_file import LockFile
from policy_tasks.toolchain.process import Processes
from policy_tasks.toolchain.staged_policies import StagedPolicies, check_folders, stage_policies


def fetch(settings: Settings) -> FetchedModules:
    """
    The modules that a build needs, downloaded into Go's cache: with them there, a build works offline.
    """
    with _run(settings, parse_platform(settings.compile.platform)) as run:
        return run.fetched()


def discover(settings: Settings) -> PolicySet:
    """
    The policies that the folders hold, type-checked, with the near misses explained.
    """
    with _run(settings, parse_platform(settings.compile.platform)) as run:
        return run.policies()


def generate(settings: Settings) -> GeneratedSources:
    """
    The generated Go module: `cd` there, and `go build` works.
    """
    with _run(settings, parse_platform(settings.compile.platform)) as run:
        return run.sources()


def compile(settings: Settings) -> Binary:
    """
    The static binary, checked.
    """
    with _run(settings, parse_platform(settings.compile.platform)) as run:
        return run.binary()


def image(settings: Settings) -> Image:
    """
    The container image, in the Docker engine or in an archive.
    """
    with _image_run(settings) as run:
        return run.image()


def publish(settings: Settings) -> Published:
    """
    The image in its registry, by digest.
    """
    from policy_tasks.stages.publish import check_destination, push_image

    check_destination(parse_reference(settings.image.repo, settings.image.tag))
    with _image_run(settings) as run:
        return push_image(run.image(), run.reference, run.engine.result())


class _Run:
    """
    One run: the build directory that it holds, the tools that it has found.
    """

    def __init__(self, settings: Settings, platform: Platform, directory: BuildDirectory, processes: Processes) -> None:
        self.settings = settings
        self.platform = platform
        self.directory = directory
        # Asked while the policies are read.
        offline, patience = settings.modules.offline, settings.compile.timeout
        self._go = Background(
            lambda: find_go(settings.compile.go, directory.state, processes, offline=offline, patience=patience)
        )
        self.lock = LockFile(settings, directory)

    def staged(self) -> StagedPolicies:
        return stage_policies(self.settings, self.lock, self._go.result, self.directory)

    def fetched(self) -> FetchedModules:
        staged = self.staged()
        found = fetch_modules(staged, self.platform, self.go, self.directory)
        self.lock.check(staged.core.digest(), found.modules, staged.replaces, self.go.version)
        return replace(found, lock=self.lock.used)

    def policies(self) -> PolicySet:
        return self._found(self.staged())

    def _found(self, staged: StagedPolicies) -> PolicySet:
        found = find_policies(staged, self.platform, self.go, self.directory)
        self.lock.check(staged.core.digest(), found.modules, found.replaces, self.go.version)
        return replace(found, lock=self.lock.used)

    def sources(self) -> GeneratedSources:
        staged = self.staged()
        return generate_sources(self._found(staged), staged.core, self.directory)

    def binary(self) -> Binary:
        staged = self.staged()
        return self._compiled(staged, self._begun(staged))

    def image(self) -> Image:
        staged = self.staged()
        build = self._begun(staged)
        engine = self.engine  # asked while Go compiles
        binary = self._compiled(staged, build)
        self.lock.check_base(engine.result().base.name, base_digest(engine.result()))
        output = self.settings.path(self.settings.image.output) if self.settings.image.output else None
        return build_image(binary, self.reference, engine.result(), output, self.go, self.directory)

    def _begun(self, staged: StagedPolicies) -> GoBuild:
        build = GoBuild(staged.core, self.platform, self.go, self.directory)
        build.begin()
        return build

    def _compiled(self, staged: StagedPolicies, build: GoBuild) -> Binary:
        sources = generate_sources(self._found(staged), staged.core, self.directory)
        return build_binary(sources, build, self.go, self.directory)

    @cached_property
    def reference(self) -> Reference:
        return parse_reference(self.settings.image.repo, self.settings.image.tag)

    @property
    def go(self) -> Go:
        return self._go.result()

    @cached_property
    def engine(self) -> Background[Docker | Oci]:
        return Background(lambda: choose_engine(self.settings, self.reference, self.platform))


@contextmanager
def _run(settings: Settings, platform: Platform) -> Iterator[_Run]:
    check_folders(settings.folders, settings.build_dir)  # before anything is written
    processes = Processes()
    with hold(settings.build_dir) as directory:
        try:
            run = _Run(settings, platform, directory, processes)
            yield run
            run.lock.write()
        finally:
            processes.stop()


@contextmanager
def _image_run(settings: Settings) -> Iterator[_Run]:
    """
    A run that ends in an image: for Linux, unless a platform is named, on this machine's kind of processor.
    """
    wanted = settings.compile.platform
    platform = parse_platform(wanted) if wanted else host_platform()._replace(os="linux")
    check_image_settings(settings, platform)
    parse_reference(settings.image.repo, settings.image.tag)
    with _run(settings, platform) as run:
        yield run
