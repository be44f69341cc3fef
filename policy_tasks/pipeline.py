"""
The five values, in order. Ask for one; everything before it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from policy_tasks.model import Binary, GeneratedSources, Image, PolicySet, Published
from policy_tasks.names import Platform, Reference, host_platform, parse_platform, parse_reference
from policy_tasks.settings import Settings
from policy_tasks.stages.compile import build_binary
from policy_tasks.stages.discover import StagedPolicies, check_folders, find_policies, stage_policies
from policy_tasks.stages.generate import generate_sources
from policy_tasks.toolchain.background import Background
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.build_lock import hold
from policy_tasks.toolchain.go_build import GoBuild
from policy_tasks.toolchain.go_command import Go, find_go
from policy_tasks.toolchain.image_engine import Docker, Oci, check_image_settings, choose_engine
from policy_tasks.toolchain.process import Processes


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


@dataclass(frozen=True, kw_only=True)
class _Run:
    """
    One run: the build directory that it holds, the tools that it has found.
    """

    settings: Settings
    platform: Platform
    directory: BuildDirectory
    processes: Processes

    def staged(self) -> StagedPolicies:
        return stage_policies(self.settings.folders, self.settings.discover, self.go, self.directory)

    def policies(self) -> PolicySet:
        return find_policies(self.staged(), self.platform, self.go, self.directory)

    def sources(self) -> GeneratedSources:
        return generate_sources(self.policies(), self.directory)

    def binary(self, meanwhile: Callable[[], object] = lambda: None) -> Binary:
        staged = self.staged()
        build = GoBuild(self.platform, self.go, self.directory)
        build.begin()
        meanwhile()
        found = find_policies(staged, self.platform, self.go, self.directory)
        sources = generate_sources(found, self.directory)
        return build_binary(sources, build, self.go, self.directory)

    def image(self) -> Image:
        from policy_tasks.stages.image import build_archive, build_with_docker
        from policy_tasks.toolchain.inspector import make_inspector

        binary = self.binary(meanwhile=lambda: self.engine)
        chosen = self.engine.result()
        if isinstance(chosen, Docker):
            output = self.settings.image.output and self.settings.path(self.settings.image.output)
            return build_with_docker(binary, self.reference, chosen, output, self.directory)
        inspector = lambda: make_inspector(self.go, self.directory)  # noqa: E731
        return build_archive(binary, self.reference, chosen, inspector, self.directory)

    @cached_property
    def reference(self) -> Reference:
        return parse_reference(self.settings.image.repo, self.settings.image.tag)

    @cached_property
    def go(self) -> Go:
        return find_go(self.settings.compile.go, self.directory.state, self.processes)

    @cached_property
    def engine(self) -> Background[Docker | Oci]:
        return Background(lambda: choose_engine(self.settings, self.reference, self.platform))


@contextmanager
def _run(settings: Settings, platform: Platform) -> Iterator[_Run]:
    check_folders(settings.folders)  # before anything is written
    processes = Processes()
    with hold(settings.build_dir) as directory:
        try:
            yield _Run(settings=settings, platform=platform, directory=directory, processes=processes)
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
