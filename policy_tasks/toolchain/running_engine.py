"""
Engines that serve while they are developed, one after the other on one socket, which stays open when one replaces another.

An engine is handed the socket as systemd hands one over, and says as to systemd that it is ready:
https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html and sd_notify.html. Until then the engine before it
serves; then that one is told to end, and ends when it has answered what it has accepted.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from policy_tasks.errors import PolicyError, PolicyTasksError, SettingsError
from policy_tasks.model import Binary

log = logging.getLogger(__name__)

# Seconds that an engine has to start, and one that was told to end has to answer what it has accepted.
_STARTS_WITHIN = 60
_ENDS_WITHIN = 30
# A shell knows its own process number, which LISTEN_PID has to be, and stays the same process when it becomes the engine.
_AS_SYSTEMD_DOES = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" serve 3<&0 </dev/null'


@contextmanager
def listening(address: str) -> Iterator[socket.socket]:
    """
    A socket that listens at `HOST:PORT`. Raises `SettingsError` where nobody can listen.
    """
    host, _, port = address.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]") or None, port, type=socket.SOCK_STREAM)
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


class RunningEngine:
    """
    The engine that serves on a socket: none at first, then one, then the next.
    """

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._process: subprocess.Popen[bytes] | None = None
        self._sha256 = ""

    def replace(self, binary: Binary) -> bool:
        """
        Start this engine; when it is ready, end the one that served so far. False where it is the one that serves.

        Raises `PolicyError` where it does not become ready: then the one before it goes on.
        """
        if self._process and binary.sha256 == self._sha256:
            return False
        started = _start(binary.path, self._listener)
        before, self._process, self._sha256 = self._process, started, binary.sha256
        if before:
            threading.Thread(target=_end, args=(before,)).start()
        return True

    def tell_if_ended(self) -> None:
        """
        Tell once of an engine that ended though nobody told it to. It is not started again: it would end again.
        """
        if self._process and self._process.poll() is not None:
            log.info("watch: the engine ended with code %d; the next change starts it", self._process.returncode)
            self._process = None

    def stop(self) -> None:
        """
        End the engine, with all that it has accepted answered.
        """
        if self._process:
            _end(self._process)


def _start(binary: Path, listener: socket.socket) -> subprocess.Popen[bytes]:
    with (
        tempfile.TemporaryDirectory(prefix="policy-tasks-") as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices,
    ):
        place = f"{folder}/notify"
        notices.bind(place)
        # What it prints belongs to the story: nobody waits for an answer on our stdout. Ctrl-C is for us to pass on.
        process = subprocess.Popen(
            ("/bin/sh", "-c", _AS_SYSTEMD_DOES, str(binary)),
            env={**os.environ, "NOTIFY_SOCKET": place},
            stdin=listener.fileno(),
            stdout=2,
            start_new_session=True,
        )
        try:
            _wait_until_ready(process, notices)
        except BaseException:
            process.kill()
            process.wait()
            raise
    return process


def _wait_until_ready(process: subprocess.Popen[bytes], notices: socket.socket) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < deadline:
        readable, _, _ = select.select([notices], [], [], 0.05)
        if readable and b"READY=1" in notices.recv(4096).split(b"\n"):
            return
        if process.poll() is not None:
            raise _not_started(f"it ended with code {process.returncode}; what it said stands above")
    raise _not_started(f"it was not ready after {_STARTS_WITHIN} s")


def _not_started(why: str) -> PolicyTasksError:
    return PolicyError.of(
        "the engine does not start",
        where="policy-engine serve",
        why=why,
        fix="correct what it names; each change of the policies is tried anew",
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        log.info("watch: an engine that was replaced did not end within %d s: it is killed", _ENDS_WITHIN)
        process.kill()
        process.wait()
