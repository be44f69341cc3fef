"""
The five values, in order. Ask for one; everything before it is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import NamedTuple

from policy_tasks.errors import PolicyTasksError
from policy_tasks.model import Binary, GeneratedSources, Image, PolicySet, Published
from policy_tasks.names import Platform, Reference, host_platform, parse_platform, parse_reference
from policy_tasks.settings import Settings
from policy_tasks.stages.compile import build_binary
from policy_tasks.stages.discover import StagedPolicies, check_folders, find_policies, stage_policies
from policy_tasks.stages.generate import generate_sources
from policy_tasks.stages.image import Made, discard_image, finish_image, make_image
from policy_tasks.toolchain.background import Background
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.build_lock import hold
from policy_tasks.toolchain.go_build import GoBuild
from policy_tasks.toolchain.go_command import Go, find_go
from policy_tasks.toolchain.image_engine import Docker, Oci, check_image_settings, choose_engine
from policy_tasks.toolchain.process import Processes

# Seconds that an error waits for an image that nobody is to have, so that it can be removed.
_PATIENCE = 10


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
    from policy_tasks.stages.publish import push_image

    with _image_run(settings) as run:
        return push_image(run.image(), run.reference, run.engine.result())


class _Early(NamedTuple):
    """
    An image of the binary with this digest, made before it is wanted.
    """

    sha256: str
    making: Background[Made]


class _Run:
    """
    One run: the build directory that it holds, the tools that it has found.
    """

    def __init__(self, settings: Settings, platform: Platform, directory: BuildDirectory, processes: Processes) -> None:
        self.settings = settings
        self.platform = platform
        self.directory = directory
        # Asked while the policies are read.
        self._go = Background(lambda: find_go(settings.compile.go, directory.state, processes))

    def staged(self) -> StagedPolicies:
        return stage_policies(self.settings.folders, self.settings.discover, self._go.result, self.directory)

    def policies(self) -> PolicySet:
        return find_policies(self.staged(), self.platform, self.go, self.directory)

    def sources(self) -> GeneratedSources:
        return generate_sources(self.policies(), self.directory)

    def binary(self) -> Binary:
        return self._finished(self.staged(), self._begun())

    def _begun(self) -> GoBuild:
        build = GoBuild(self.platform, self.go, self.directory)
        build.begin()
        return build

    def _finished(self, staged: StagedPolicies, build: GoBuild) -> Binary:
        found = find_policies(staged, self.platform, self.go, self.directory)
        sources = generate_sources(found, self.directory)
        return build_binary(sources, build, self.go, self.directory)

    def image(self) -> Image:
        staged, build = self.staged(), self._begun()
        engine = self.engine  # asked while Go compiles
        early = self._early(build)
        try:
            binary = self._finished(staged, build)
        except PolicyTasksError:
            self._discard(early)
            raise
        if early and early.sha256 == binary.sha256:
            made = early.making.result()
        else:
            self._discard(early)
            made = self._made(binary)
        output = self.settings.path(self.settings.image.output) if self.settings.image.output else None
        return finish_image(made, binary, self.reference, engine.result(), output, self.directory)

    def _early(self, build: GoBuild) -> _Early | None:
        """
        Begin to make the image of what Go compiled early, while it is found out whether that is what is wanted.
        """
        candidate = build.candidate()
        return _Early(candidate.sha256, Background(lambda: self._made(candidate))) if candidate else None

    def _made(self, binary: Binary) -> Made:
        return make_image(binary, self.reference, self.engine.result(), self.go, self.directory)

    def _discard(self, early: _Early | None) -> None:
        if early and early.making.ends(within=_PATIENCE):
            with suppress(PolicyTasksError):
                discard_image(early.making.result(), self.engine.result())

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
    check_folders(settings.folders)  # before anything is written
    processes = Processes()
    with hold(settings.build_dir) as directory:
        try:
            yield _Run(settings, platform, directory, processes)
        finally:
            processes.stop()


@contextmanager
def _image_run(settings: Settings) -> Iterator[_Run]:
    """
    A run that ends in an image: for Linux, unless a platform is named, on this machine's kind of processor.
    """
    wanted = settings.compile.platform
    platform = parse_platform(wanted) if wanted else Platform("linux", host_platform().arch)
    check_image_settings(settings, platform)
    parse_reference(settings.image.repo, settings.image.tag)
    with _run(settings, platform) as run:
        yield run
