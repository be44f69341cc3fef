"""
The programs below go-core/cmd, compiled once for each toolchain and build directory, and asked.

`inspect` type-checks policies and reads binaries; `compress` is gzip with Go's compressor, whose output depends on the
Go release alone, where zlib's differs between the builds that Python is linked with.
"""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path
from typing import Any

from policy_tasks.errors import BuildError
from policy_tasks.names import Platform
from policy_tasks.toolchain import go_core
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import BUILD_FLAGS, LINK_FLAGS, Go
from policy_tasks.toolchain.process import Command, run

log = logging.getLogger(__name__)

PROGRAMS = ("inspect", "compress")
# What `inspect policies` reads of what `go list -json` knows; a test compares this with `inspect fields`.
FIELDS = "CgoFiles,DepsErrors,Dir,Error,Export,GoFiles,IgnoredGoFiles,ImportPath,Module,Name,TestGoFiles,XTestGoFiles"


class Inspector:
    """
    The compiled programs, in a folder of the build directory.
    """

    def __init__(self, folder: Path, go: Go) -> None:
        self._folder = folder
        self._go = go

    def policies(self, listed: bytes, staged: Path, platform: Platform) -> Any:
        """
        What `go list` listed, type-checked: the policies, the near misses and the problems.
        """
        flags = ("-interface", go_core.INTERFACE, "-root", str(staged), "-goos", platform.os, "-goarch", platform.arch)
        return json.loads(self._run("inspect", "policies", *flags, stdin=listed))

    def binary(self, path: Path) -> Any:
        """
        What the headers and the build information of a binary say.
        """
        return json.loads(self._run("inspect", "binary", str(path)))

    def compress(self, data: bytes) -> bytes:
        """
        The data, gzipped.
        """
        return self._run("compress", stdin=data)

    def _run(self, program: str, *arguments: str, stdin: bytes = b"") -> bytes:
        argv = (str(self._folder / program), *arguments)
        done = run(Command(argv=argv, cwd=self._folder, env=self._go.environment, stdin=stdin))
        if done.code != 0:
            raise BuildError.of(
                f"{program} failed",
                where=argv[0],
                why=done.message or f"it ended with code {done.code}",
                fix="remove the build directory and run again; if it fails again, report it with this text",
            )
        return done.stdout


def make_inspector(directory: BuildDirectory, go: Go) -> Inspector:
    """
    The programs for this toolchain: those beside go-core, as the builder image has them; else from the build directory.
    """
    key = f"{go.version} {go.environment['GOROOT']} {go_core.tools_digest()}"
    name = hashlib.sha256(key.encode()).hexdigest()[:16]
    shipped, folder = go_core.directory() / "programs" / name, directory.state / "programs" / name
    if _is_complete(shipped):
        return Inspector(shipped, go)
    if not _is_complete(folder):
        _compile(directory, go, folder)
    return Inspector(folder, go)


def _is_complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in PROGRAMS)


def _compile(directory: BuildDirectory, go: Go, folder: Path) -> None:
    log.info("discover: compiling the inspector for %s; the first time takes up to a minute", go.version)
    made = directory.temporary / "programs"
    flags = (*BUILD_FLAGS, "-mod=readonly", LINK_FLAGS)
    packages = [f"./cmd/{name}" for name in PROGRAMS]
    done = go.run("build", *flags, "-o", f"{made}/", *packages, cwd=go_core.directory())
    if done.code != 0:
        raise BuildError.of(
            "the inspector does not compile",
            where=go_core.directory(),
            why=done.message,
            fix="look at Go's message: a full disk or a broken Go installation is the likely cause",
        )
    folder.parent.mkdir(exist_ok=True)
    directory.move(made, folder)
