"""
The programs below go-core/cmd, compiled once for each toolchain, and asked.

`inspect` type-checks policies and reads binaries; `rewrite` gives a module another path; `compress` is gzip with Go's
compressor, whose output depends on the Go release alone, where zlib's differs between the builds that Python is linked with.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from policy_tasks.errors import BuildError, PolicyTasksError
from policy_tasks.names import Platform
from policy_tasks.toolchain import go_core
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import BUILD_FLAGS, LINK_FLAGS, Go, full_disk, out_of_memory
from policy_tasks.toolchain.process import Command

log = logging.getLogger(__name__)

PROGRAMS = ("inspect", "compress", "rewrite")
# What `inspect policies` reads of what `go list -json` knows; a test compares this with `inspect fields`.
FIELDS = "CgoFiles,DepOnly,DepsErrors,Dir,Error,Export,GoFiles,IgnoredGoFiles,ImportPath,Module,Name,TestGoFiles,XTestGoFiles"
# In seconds.
_DAY = 24 * 60 * 60
_UNUSED = 30 * _DAY


class Inspector:
    """
    The compiled programs, in a folder of Go's cache.
    """

    def __init__(self, folder: Path, go: Go) -> None:
        self._folder = folder
        self._go = go

    def policies(self, listed: bytes, interface: str, staged: Path, platform: Platform) -> Any:
        """
        What `go list` listed, type-checked: the policies, the near misses and the problems.
        """
        flags = ("-interface", interface, "-root", str(staged), "-goos", platform.os, "-goarch", platform.arch)
        return json.loads(self._run("inspect", "policies", *flags, stdin=listed))

    def binary(self, path: Path) -> Any:
        """
        What the headers and the build information of a binary say.
        """
        return json.loads(self._run("inspect", "binary", str(path)))

    def rewrite(self, old: str, new: str, files: dict[str, str]) -> dict[str, str]:
        """
        The Go files of a module, all of them, with the imports that they need when its path is another.
        """
        request = json.dumps({"from": old, "to": new, "files": files}).encode()
        moved: dict[str, str] = json.loads(self._run("rewrite", stdin=request))["files"]
        return moved

    def compress(self, data: bytes) -> bytes:
        """
        The data, gzipped.
        """
        return self._run("compress", stdin=data)

    def _run(self, program: str, *arguments: str, stdin: bytes = b"") -> bytes:
        argv = (str(self._folder / program), *arguments)
        done = self._go.processes.run(Command(argv=argv, cwd=self._folder, env=self._go.environment, stdin=stdin))
        if done.code != 0:
            raise BuildError.of(
                f"{program} failed",
                where=argv[0],
                why=done.message or f"it ended with code {done.code}",
                fix="remove that program and run again; if it fails again, report it with this text",
            )
        return done.stdout


def make_inspector(go: Go, directory: BuildDirectory) -> Inspector:
    """
    The programs for this toolchain: from Go's cache, else compiled now.

    They are run, here, perhaps by somebody who may do a lot: they are only taken from a cache that is the user's own, not
    from a build directory, whose contents can come with a repository, and only if nobody else can have written them.
    """
    # Not the toolchain's place: pip lays out one for each wheel that it builds, in a folder of another name.
    key = f"{go.version} {go_core.tools_digest()}"
    folder = Path(go.environment["GOCACHE"]) / "policy-tasks" / hashlib.sha256(key.encode()).hexdigest()[:16]
    if folder.is_relative_to(directory.path):
        folder = directory.temporary / "programs"
    if not all(map(_is_trusted, (folder, *(folder / name for name in PROGRAMS)))):
        folder = _compile(go, folder, directory.temporary / "programs")
    _keep(folder)
    return Inspector(folder, go)


def _keep(folder: Path) -> None:
    """
    Note, at most once a day, that these programs are used.
    """
    with suppress(OSError):  # of a cache that can only be read
        if time.time() - folder.stat().st_mtime > _DAY:
            os.utime(folder)


def _remove_unused(cache: Path) -> None:
    """
    Remove the programs that nobody has used for long: of a Go or a policy_tasks that was replaced.
    """
    for folder in cache.iterdir():
        with suppress(OSError):
            if time.time() - folder.lstat().st_mtime > _UNUSED:
                shutil.rmtree(folder)


def _is_trusted(path: Path) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    if stat.S_ISLNK(status.st_mode):
        return False
    if not hasattr(os, "geteuid"):
        return True
    return status.st_uid in (0, os.geteuid()) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _compile(go: Go, folder: Path, elsewhere: Path) -> Path:
    """
    Compile the programs into this folder, or elsewhere when it is there already and not to be trusted.
    """
    log.info("discover: compiling the inspector, once for each Go, which takes up to a minute: %s", go.version)
    if folder.exists() or folder.is_symlink():
        folder = elsewhere
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder != elsewhere:
        _remove_unused(folder.parent)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch, "made")
        made.mkdir(mode=0o755)
        flags = (*BUILD_FLAGS, "-mod=readonly", LINK_FLAGS)
        packages = [f"./cmd/{name}" for name in PROGRAMS]
        done = go.run("build", *flags, "-o", f"{made}/", *packages, cwd=go_core.directory())
        if done.code != 0:
            raise _not_compiled(done.message)
        for path in (made, *(made / name for name in PROGRAMS)):
            path.chmod(0o755)
        # Somebody else may have been faster, and then has made the same.
        with suppress(OSError):
            made.rename(folder)
    return folder


def _not_compiled(message: str) -> PolicyTasksError:
    of_machine = full_disk(go_core.directory(), message) or out_of_memory(go_core.directory(), message)
    return of_machine or BuildError.of(
        "the inspector does not compile",
        where=go_core.directory(),
        why=message,
        fix="look at Go's message: a full disk or a broken Go installation is the likely cause",
    )
