"""
Engines that serve while they are developed, one after the other on one socket, which stays open when one replaces another.

An engine is handed the socket as systemd hands one over, and says as to systemd that it is ready:
https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html and sd_notify.html. Until then the engine before it
serves; then that one is told to end, and ends when it has answered what it has accepted.
"""

from __future__ import annotations

import logging
import os
import re
import select
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from policy_tasks.errors import PolicyError, PolicyTasksError, SettingsError
from policy_tasks.model import Binary
from policy_tasks.toolchain.background import Background

log = logging.getLogger(__name__)

# In seconds, to become ready, and to end once all accepted requests are answered.
_START_TIMEOUT = 60
_STOP_TIMEOUT = 30
# In bytes: what a folder's name may have so that a socket in a temporary folder of it has one, of 103 at most on any system.
_MAX_FOLDER = 70
# LISTEN_PID has to be the engine's process ID, which a shell knows beforehand: `exec` keeps it.
_SERVE_COMMAND = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" serve 3<&0 </dev/null'
_ADDRESS = re.compile(r"(?P<host>\[[^\[\]]+\]|[^:\[\]]+):(?P<port>[0-9]{1,5})")


@contextmanager
def listening(address: str) -> Iterator[socket.socket]:
    """
    A socket that listens at `HOST:PORT`, or `[HOST]:PORT` for IPv6. Raises `SettingsError` where nobody can listen.
    """
    try:
        host, port = _host_and_port(address)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        listener = socket.create_server(found[0][4][:2], family=found[0][0])
    except (OSError, ValueError, OverflowError) as error:
        raise SettingsError.of(
            "nobody can listen at that address",
            where=f"--addr {address}",
            why=getattr(error, "strerror", "") or str(error),
            fix="name HOST:PORT of this machine, such as 127.0.0.1:8080, that no other program has",
        ) from None
    with listener:
        yield listener


def _host_and_port(address: str) -> tuple[str, int]:
    match = _ADDRESS.fullmatch(address)
    if not match or not 0 < int(match["port"]) < 1 << 16:  # getaddrinfo takes 99999, too, for another port
        raise ValueError(f"found {address!r}, want a host and the number of a port, with a colon between them")
    return match["host"].strip("[]"), int(match["port"])


class RunningEngine:
    """
    The engine that serves on a socket: none at first, then one, then the next.
    """

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._serving: _EngineProcess | None = None
        self._sha256 = ""

    def replace(self, binary: Binary) -> bool:
        """
        Start this engine; when it is ready, end the one before it. Return False where this very binary serves already.

        Raises `PolicyError` where it does not become ready: then the one before it goes on.
        """
        if self._serving and binary.sha256 == self._sha256:
            return False
        started = _EngineProcess(binary.path, self._listener)
        before, self._serving, self._sha256 = self._serving, started, binary.sha256
        if before:
            log.info(
                "watch: the engine before it, process %d, answers what it has accepted, and ends", before.process.pid
            )
            threading.Thread(target=before.end).start()
        return True

    def log_if_ended(self) -> None:
        """
        Log, once, that the engine has ended by itself. It is not started again before the next change: it would end again.
        """
        if self._serving and self._serving.process.poll() is not None:
            code = self._serving.process.returncode
            log.info("watch: the engine ended with code %d; the next change starts it", code)
            self._serving.end()
            self._serving = None

    def stop(self) -> None:
        """
        End the engine, with all that it has accepted answered.
        """
        if self._serving:
            self._serving.end()


class _EngineProcess:
    """
    An engine's process, and the socket at which it reports that it is ready.
    """

    def __init__(self, binary: Path, listener: socket.socket) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="policy-tasks-", dir=_folder_of_sockets())
        self._notify_socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify_socket.bind(f"{self._folder.name}/notify")
        environment = {**os.environ, "NOTIFY_SOCKET": f"{self._folder.name}/notify"}
        # In a thread, which no signal interrupts: one that came before Popen returns would leave an engine that nobody knows.
        start = Background(lambda: _start(binary, listener, environment))
        try:
            self.process = start.result()
            _wait_until_ready(self.process, self._notify_socket)
        except BaseException:
            self.process = start.result()
            self.process.kill()
            self.end()
            raise

    def end(self) -> None:
        """
        End it, once it has answered what it has accepted.
        """
        self.process.terminate()
        try:
            self.process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            log.info("watch: an engine did not end within %d s: it is killed", _STOP_TIMEOUT)
            self.process.kill()
            self.process.wait()
        self._notify_socket.close()
        self._folder.cleanup()


def _start(binary: Path, listener: socket.socket, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    # Its stdout goes to our stderr, like all that is logged. In a session of its own it does not get our Ctrl-C.
    return subprocess.Popen(
        ("/bin/sh", "-c", _SERVE_COMMAND, str(binary)),
        env=environment,
        stdin=listener.fileno(),
        stdout=2,
        start_new_session=True,
    )


def _folder_of_sockets() -> str:
    folder = tempfile.gettempdir()
    return folder if len(os.fsencode(folder)) <= _MAX_FOLDER else "/tmp"  # noqa: S108 - a folder of our own is made in it


def _wait_until_ready(process: subprocess.Popen[bytes], notify_socket: socket.socket) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < deadline:
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
