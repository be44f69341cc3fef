"""
One run of the pipeline: from the settings to the value that is asked for, with all that is made before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property

from policy_tasks.model import Binary, FetchedModules, GeneratedSources, Image, PolicySet, Published, Tested
from policy_tasks.names import Platform, Reference, host_platform, parse_platform, parse_reference
from policy_tasks.settings import Settings
from policy_tasks.stages.compile import build_binary
from policy_tasks.stages.discover import find_policies
from policy_tasks.stages.fetch import fetch_modules
from policy_tasks.stages.generate import generate_sources
from policy_tasks.stages.image import build_image
from policy_tasks.stages.publish import push_image
from policy_tasks.toolchain.background import Background
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.build_lock import locked_build_directory
from policy_tasks.toolchain.go_build import GoBuild
from policy_tasks.toolchain.go_command import Go, find_go
from policy_tasks.toolchain.image_engine import ImageEngine, check_image_settings, choose_engine
from policy_tasks.toolchain.lock_file import LockFile
from policy_tasks.toolchain.measurements import Measurements
from policy_tasks.toolchain.outside import check_inputs
from policy_tasks.toolchain.process import Processes
from policy_tasks.toolchain.staged_policies import StagedPolicies, check_folders, stage_policies


class Run:
    """
    One run: the build directory that it holds, the tools that it has found.
    """

    def __init__(
        self,
        settings: Settings,
        platform: Platform,
        times: Measurements,
        directory: BuildDirectory,
        processes: Processes,
    ) -> None:
        self.settings = settings
        self.time = times.time
        self.platform = platform
        self.directory = directory
        # Asked while the policies are read.
        offline, timeout = settings.modules.offline, settings.compile.timeout
        self._go = Background(
            lambda: find_go(settings.compile.go, directory.state, processes, offline=offline, timeout=timeout)
        )
        self.lock = LockFile(settings, directory)
        self.folders = frozenset(settings.folders)

    def staged(self) -> StagedPolicies:
        """
        The staged policies. From then on `folders` has those that replaces lead to as well.
        """
        given = (self.settings, self.platform, self.lock, self._go.result, self.directory)
        staged = self.time("discover", stage_policies, *given)
        self.folders |= {module.directory for module in staged.modules if module.helper}
        return staged

    def fetched(self) -> FetchedModules:
        """
        The modules in Go's cache, held against the lock.
        """
        staged = self.staged()
        found = self.time("fetch", fetch_modules, staged, self.platform, self.go, self.directory)
        self.lock.check(staged.core.digest(), found.modules, staged.replaces, self.go.version)
        return replace(found, lock=self.lock.used)

    def policies(self) -> PolicySet:
        """
        The policies, held against the lock.
        """
        return self._found(self.staged())

    def sources(self) -> GeneratedSources:
        """
        The generated module.
        """
        staged = self.staged()
        return self._generated(staged, self._found(staged))

    def tested(self, *, race: bool) -> Tested:
        """
        The policies' tests, run.
        """
        from policy_tasks.stages.test import run_tests

        return self.time("test", run_tests, self.sources(), self.go, self.directory, race=race)

    def binary(self) -> Binary:
        """
        The binary. Go begins to compile while the policies are looked for.
        """
        staged = self.staged()
        return self._compiled(staged, self._begun(staged))

    def image(self) -> Image:
        """
        The image, whose base is held against the lock.
        """
        staged = self.staged()
        build = self._begun(staged)
        engine = self.engine  # asked while Go compiles
        binary = self._compiled(staged, build)
        chosen = self.time("image", engine.result)
        self.lock.check_base(chosen.base.name, chosen.base.digest)
        return self.time("image", build_image, binary, self.reference, chosen, self.go, self.directory)

    def published(self) -> Published:
        """
        The image, pushed.
        """
        return self.time("publish", push_image, self.image(), self.reference, self.engine.result())

    def _begun(self, staged: StagedPolicies) -> GoBuild:
        build = GoBuild(staged.core, self.platform, self.go, self.directory)
        build.begin()
        return build

    def _found(self, staged: StagedPolicies) -> PolicySet:
        found = self.time("discover", find_policies, staged, self.platform, self.go, self.directory)
        self.lock.check(staged.core.digest(), found.modules, found.replaces, self.go.version)
        return replace(found, lock=self.lock.used)

    def _generated(self, staged: StagedPolicies, found: PolicySet) -> GeneratedSources:
        return self.time("generate", generate_sources, found, staged.core, self.directory)

    def _compiled(self, staged: StagedPolicies, build: GoBuild) -> Binary:
        sources = self._generated(staged, self._found(staged))
        return self.time("compile", build_binary, sources, build, self.go, self.directory)

    @cached_property
    def reference(self) -> Reference:
        """
        The image's name.
        """
        return parse_reference(self.settings.image.repo, self.settings.image.tag)

    @property
    def go(self) -> Go:
        """
        The go command that was found.
        """
        return self._go.result()

    @cached_property
    def engine(self) -> Background[ImageEngine]:
        """
        Who makes the image, asked in the background from the first use on.
        """
        return Background(lambda: choose_engine(self.settings, self.reference, self.platform))


@contextmanager
def running(settings: Settings, platform: Platform, times: Measurements) -> Iterator[Run]:
    """
    A run that holds the build directory, and writes the lock where it ends well.
    """
    check_folders(settings.folders, settings.build_dir)  # before anything is written
    check_inputs(settings)
    with locked_build_directory(settings.build_dir) as directory:
        processes = Processes(directory.temporary.name)
        times.directory = directory
        try:
            run = Run(settings, platform, times, directory, processes)
            with run.lock.verdict_at_the_end():
                yield run
            run.lock.write()
        finally:
            processes.stop()


@contextmanager
def running_for_image(settings: Settings, times: Measurements) -> Iterator[Run]:
    """
    A run that ends in an image: for Linux, unless a platform is named, on this machine's kind of processor.
    """
    wanted = settings.compile.platform
    platform = parse_platform(wanted) if wanted else host_platform()._replace(os="linux")
    check_image_settings(settings, platform)
    parse_reference(settings.image.repo, settings.image.tag)
    with running(settings, platform, times) as run:
        yield run
