"""
An engine that serves on a socket which it is handed, as by systemd.
"""

from __future__ import annotations

import logging
import os
import select
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from policy_tasks.errors import PolicyError, PolicyTasksError

log = logging.getLogger(__name__)

# In seconds, to become ready, and to end once all accepted requests are answered.
_START_TIMEOUT = 60
_STOP_TIMEOUT = 30
# In bytes: what a folder's name may have so that a socket in a temporary folder of it has one, of 103 at most on any system.
_MAX_FOLDER = 70
# LISTEN_PID has to be the engine's process ID, which a shell knows beforehand: `exec` keeps it.
_SERVE_COMMAND = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" serve 3<&0 </dev/null'


class EngineProcess:
    """
    An engine's process, and the socket at which it reports that it is ready, for which it waits unless it is `unwanted`.
    """

    def __init__(self, binary: Path, listener: socket.socket, unwanted: Callable[[], bool]) -> None:
        with ExitStack() as resources:
            folder = resources.enter_context(
                tempfile.TemporaryDirectory(prefix="policy-tasks-", dir=_folder_of_sockets())
            )
            notify_socket = resources.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            notify_socket.bind(f"{folder}/notify")
            self._process = _start(binary, listener, f"{folder}/notify")
            resources.callback(self._end)
            try:
                _wait_until_ready(self._process, notify_socket, unwanted)
            except BaseException:
                self._process.kill()
                raise
            self._resources = resources.pop_all()

    @property
    def pid(self) -> int:
        """
        The process's ID.
        """
        return self._process.pid

    def code(self) -> int | None:
        """
        The exit code, once it has ended.
        """
        return self._process.poll()

    def end(self) -> None:
        """
        End it, once it has answered what it has accepted.
        """
        self._resources.close()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            log.info("watch: an engine did not end within %d s: it is killed", _STOP_TIMEOUT)
            self._process.kill()
            self._process.wait()


def _start(binary: Path, listener: socket.socket, notify_socket: str) -> subprocess.Popen[bytes]:
    # Its stdout goes to our stderr, like all that is logged. In a session of its own it does not get our Ctrl-C.
    return subprocess.Popen(
        ("/bin/sh", "-c", _SERVE_COMMAND, str(binary)),
        env={**os.environ, "NOTIFY_SOCKET": notify_socket},
        stdin=listener.fileno(),
        stdout=2,
        start_new_session=True,
    )


def _folder_of_sockets() -> str:
    folder = tempfile.gettempdir()
    return folder if len(os.fsencode(folder)) <= _MAX_FOLDER else "/tmp"  # noqa: S108 - a folder of our own is made in it


def _wait_until_ready(
    process: subprocess.Popen[bytes], notify_socket: socket.socket, unwanted: Callable[[], bool]
) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < deadline:
        if unwanted():
            raise _not_started("it was stopped meanwhile")
        readable, _, _ = select.select([notify_socket], [], [], 0.05)
        if readable and b"READY=1" in notify_socket.recv(4096).split(b"\n"):
            return
        if process.poll() is not None:
            raise _not_started(f"it ended with code {process.returncode}; what it said stands above")
    raise _not_started(f"it was not ready after {_START_TIMEOUT} s")


def _not_started(why: str) -> PolicyTasksError:
    return PolicyError.of(
        "the engine does not start",
        where="policy-engine serve",
        why=why,
        fix="correct what it names; each change of the policies is tried anew",
    )
