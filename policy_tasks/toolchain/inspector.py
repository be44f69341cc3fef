"""
The programs below go-core/cmd, compiled once for each toolchain, and asked.

`inspect` type-checks policies and reads binaries; `compress` is gzip with Go's compressor, whose output depends on the
Go release alone, where zlib's differs between the builds that Python is linked with.
"""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
from pathlib import Path
from typing import Any

from policy_tasks.errors import BuildError
from policy_tasks.names import Platform
from policy_tasks.toolchain import go_core
from policy_tasks.toolchain.go_command import BUILD_FLAGS, LINK_FLAGS, Go
from policy_tasks.toolchain.process import Command, run

log = logging.getLogger(__name__)

PROGRAMS = ("inspect", "compress")
# What `inspect policies` reads of what `go list -json` knows; a test compares this with `inspect fields`.
FIELDS = "CgoFiles,DepsErrors,Dir,Error,Export,GoFiles,IgnoredGoFiles,ImportPath,Module,Name,TestGoFiles,XTestGoFiles"


class Inspector:
    """
    The compiled programs, in a folder of Go's cache.
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
                fix="remove that program and run again; if it fails again, report it with this text",
            )
        return done.stdout


def make_inspector(go: Go) -> Inspector:
    """
    The programs for this toolchain: from Go's cache, else compiled now.

    That is the user's own folder; a build directory's contents can come with a repository, and these are run.
    """
    key = f"{go.version} {go.environment['GOROOT']} {go_core.tools_digest()}"
    name = hashlib.sha256(key.encode()).hexdigest()[:16]
    folder = Path(go.environment["GOCACHE"]) / "policy-tasks" / name
    if not all((folder / program).is_file() for program in PROGRAMS):
        _compile(go, folder)
    return Inspector(folder, go)


def _compile(go: Go, folder: Path) -> None:
    log.info("discover: compiling the inspector for %s; the first time takes up to a minute", go.version)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
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
        folder.mkdir(exist_ok=True)
        for name in PROGRAMS:
            Path(made, name).replace(folder / name)
