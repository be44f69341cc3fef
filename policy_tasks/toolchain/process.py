"""
Run one command. The only place that starts processes.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from policy_tasks.errors import BuildError, ToolError

# No step of a build takes this long; what does hangs, or is meant to hang (a FIFO, a compile bomb). In seconds.
TIMEOUT = 1800

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_running: set[subprocess.Popen[bytes]] = set()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """
    A program with its arguments, folder, and whole environment: nothing is inherited.
    """

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    stdin: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """
    How a command ended. A negative code is the signal that ended it.
    """

    command: Command
    code: int
    stdout: bytes
    stderr: bytes

    @property
    def message(self) -> str:
        """
        What the command said on stderr, fit to be shown.
        """
        return printable(self.stderr.decode("utf-8", "replace").strip())


def run(command: Command) -> Completed:
    """
    Run the command to its end, and kill all that it started when we are interrupted or it takes too long.
    """
    process = _start(command)
    with _lock:
        _running.add(process)
    try:
        stdout, stderr = process.communicate(command.stdin, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise BuildError.of(
            f"{Path(command.argv[0]).name} {' '.join(command.argv[1:2])} did not end",
            where=command.cwd,
            why=f"it was stopped after {TIMEOUT} s",
            fix="look for what it waits for: a very large generated file, a module proxy that does not answer",
        ) from None
    finally:
        with _lock:
            _running.discard(process)
        _kill(process)
        for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
            pipe.close()
    return Completed(command=command, code=process.returncode, stdout=stdout, stderr=stderr)


def kill_all() -> None:
    """
    Kill every command that still runs, in whichever thread: for when we are interrupted.
    """
    with _lock:
        running = list(_running)
    for process in running:
        _kill(process)


def printable(text: str) -> str:
    """
    Another program's text, made fit for a terminal: control characters escaped, credentials in addresses left out.
    """
    return _CREDENTIALS.sub("***@", _CONTROL.sub(lambda match: repr(match[0])[1:-1], text))


def _start(command: Command) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command.argv,
            cwd=command.cwd,
            env=dict(command.env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise ToolError.of(
            f"{Path(command.argv[0]).name} cannot be started",
            where=command.argv[0],
            why=error.strerror or str(error),
            fix="install it for this machine, or name another one in the settings",
        ) from None


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except (ProcessLookupError, PermissionError):
        pass
    process.wait()
