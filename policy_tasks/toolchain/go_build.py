"""
`go build` of the generated module, which begins early, with the generated files of the last run.

After an edit finding the policies takes as long as linking. Most edits leave `imports.go` as it was, so both run at once; where
the generated files do change, the build is repeated.
"""

from __future__ import annotations

import hashlib
import shutil

from policy_tasks.model import Binary
from policy_tasks.names import Platform
from policy_tasks.toolchain.background import Background
from policy_tasks.toolchain.build_directory import BINARIES, MANIFEST, BuildDirectory
from policy_tasks.toolchain.core import Core
from policy_tasks.toolchain.go_command import BUILD_FLAGS, LINK_FLAGS, Go
from policy_tasks.toolchain.go_mod import GO_MOD, GO_SUM
from policy_tasks.toolchain.process import Completed


class GoBuild:
    """
    A build for one platform. It puts the binary into a temporary file, from where it is to be moved.
    """

    def __init__(self, core: Core, platform: Platform, go: Go, directory: BuildDirectory) -> None:
        self.platform = platform
        self._package = core.package
        self._generated = (core.imports, GO_MOD, GO_SUM)
        self._go = go
        self._directory = directory
        name = "policy-engine.exe" if platform.os == "windows" else "policy-engine"
        self.target = directory.path / BINARIES / platform.folder / name
        self.made = directory.temporary / name
        self._early: Background[Completed] | None = None
        self._early_digest = ""

    def begin(self) -> None:
        """
        Begin to build the staged sources, if there are generated files of the last run.
        """
        if (self._directory.path / MANIFEST).is_file() and self.target.is_file():
            self._early_digest = self._directory.digest(*self._generated)
            self._early = Background(self._build)

    def finish(self) -> Completed:
        """
        Wait for the build, and repeat it where the generated files have changed since it began.
        """
        if self._early:
            done = self._early.result()
            if done.code == 0 and self._early_digest == self._directory.digest(*self._generated):
                return done
        return self._build()

    def binary(self) -> Binary:
        """
        The binary that was made.
        """
        data = self.made.read_bytes()
        return Binary(
            path=self.made,
            sha256=hashlib.sha256(data).hexdigest(),
            platform=str(self.platform),
            size=len(data),
            go=self._go.version.removeprefix("go"),
        )

    def _build(self) -> Completed:
        """
        Build onto a copy of the last binary, which Go leaves as it is when nothing that went into it has changed.
        """
        if self.target.is_file():
            shutil.copy2(self.target, self.made)
        flags = (*BUILD_FLAGS, "-mod=readonly", LINK_FLAGS, "-o", str(self.made))
        return self._go.run("build", *flags, self._package, cwd=self._directory.path, platform=self.platform)
