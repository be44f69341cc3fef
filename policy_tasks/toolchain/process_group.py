"""
A process with all that it starts, which is its group. Nowhere else are commands started.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from policy_tasks.errors import ToolError

# In seconds, between Ctrl-C and the end.
_INTERRUPT_TIMEOUT = 2

_MORE = "allow more processes, open files and memory: ulimit -u, -n and -v, docker run --pids-limit"
_FIXES = {
    **dict.fromkeys((errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE), _MORE),
    errno.EACCES: "let this user run programs there: a disk may forbid it (noexec), as docker run --tmpfs does without :exec",
}


def start(argv: tuple[str, ...], cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """
    Start a program in a group of its own, with pipes to and from it. Raises `ToolError` where that cannot be done.
    """
    try:
        return subprocess.Popen(
            argv,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise ToolError.of(
            f"{Path(argv[0]).name} cannot be started",
            where=argv[0],
            why=error.strerror or str(error),
            fix=_FIXES.get(error.errno or 0, "install it for this machine, or name another one in the settings"),
        ) from None


def kill(process: subprocess.Popen[bytes]) -> None:
    """
    End the process with all that it started: asked as by Ctrl-C at first, upon which Go removes its temporary folders. Where the
    process itself has ended others of its group may be left. A second Ctrl-C ends the time that it is given.
    """
    try:
        if process.poll() is None:
            _signal(process, signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_INTERRUPT_TIMEOUT)
    finally:
        _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        else:
            process.kill()
