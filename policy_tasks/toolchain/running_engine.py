"""
Engines that serve while they are developed, one after the other on one socket, which stays open when one replaces another.

An engine is handed the socket as systemd hands one over, and says as to systemd that it is ready:
https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html and sd_notify.html. Until then the engine before it
serves; then that one is told to end, and ends when it has answered what it has accepted.
"""

from __future__ import annotations

import logging
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from policy_tasks.errors import SettingsError
from policy_tasks.model import Binary
from policy_tasks.toolchain.background import Background
from policy_tasks.toolchain.engine_process import EngineProcess

log = logging.getLogger(__name__)

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
        self._serving: EngineProcess | None = None
        self._sha256 = ""
        self._replacing = threading.Lock()
        self._stopped = False

    def replace(self, binary: Binary) -> bool:
        """
        Start this engine; when it is ready, end the one before it. Return False where this very binary serves already.

        Raises `PolicyError` where it does not become ready: then the one before it goes on.
        """
        # In a thread, which no signal interrupts: one could come when an engine runs and nobody has it yet, or any more.
        return Background(lambda: self._replace(binary)).result()

    def _replace(self, binary: Binary) -> bool:
        with self._replacing:
            if self._stopped or (self._serving and binary.sha256 == self._sha256):
                return False
            started = EngineProcess(binary.path, self._listener, lambda: self._stopped)
            before, self._serving, self._sha256 = self._serving, started, binary.sha256
            if before:
                log.info("watch: the engine before it, process %d, answers what it has accepted, and ends", before.pid)
                _end_aside(before)
            return True

    def log_if_ended(self) -> None:
        """
        Log, once, that the engine has ended by itself. It is not started again before the next change: it would end again.
        """
        code = self._serving.code() if self._serving else None
        if self._serving and code is not None:
            log.info("watch: the engine ended with code %d; the next change starts it", code)
            self._serving.end()
            self._serving = None

    def stop(self) -> None:
        """
        End the engine, with all that it has accepted answered. Who comes now is refused, and does not wait for it. A second
        signal ends the wait here; the program's end still waits for it.
        """
        self._stopped = True
        end = threading.Thread(target=self._end)
        end.start()
        end.join()

    def _end(self) -> None:
        with self._replacing:
            self._listener.close()
            if self._serving:
                self._serving.end()


def _end_aside(engine: EngineProcess) -> None:
    try:
        threading.Thread(target=engine.end).start()
    except RuntimeError:  # there is no room for one more
        engine.end()
