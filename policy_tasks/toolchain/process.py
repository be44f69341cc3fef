"""
Run one command.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from policy_tasks.errors import BuildError, PolicyTasksError
from policy_tasks.printable import printable
from policy_tasks.toolchain import leftovers
from policy_tasks.toolchain.background import Background
from policy_tasks.toolchain.pipes import Pipes
from policy_tasks.toolchain.process_group import kill, start
from policy_tasks.toolchain.thread import start_thread

log = logging.getLogger(__name__)

# No step of a build takes this long; what does hangs, or is meant to hang (a FIFO, a compile bomb). In seconds.
TIMEOUT = 1800
# In seconds: how often it is looked whether a command has ended whose pipes are open, and for how long they may be so then.
_LOOK = 1
_PIPES_TIMEOUT = 2
# In seconds: whoever waits hears of a command that takes longer, and then again and again.
_PATIENCE = 15


class Command(NamedTuple):
    """
    A program with its arguments, folder, and whole environment: nothing is inherited. `timeout` is in seconds; `doing` is
    what is said of it where it takes long; `most` is how many bytes it may say on stdout, and on stderr.
    """

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    stdin: bytes = b""
    timeout: int = TIMEOUT
    doing: str = "running"
    most: int = sys.maxsize


class Completed(NamedTuple):
    """
    How a command ended.
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


class Processes:
    """
    The commands of one run: when the run ends early, so do they, and no other of them begins. With the run's name they can be
    told from others' when it has been killed.

    Each is seen to in a thread of its own, which no signal interrupts: what came between a command's start and its entry here
    would leave it running.
    """

    def __init__(self, run: str = "") -> None:
        self._mark = {leftovers.VARIABLE: run} if run else {}
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def run(self, command: Command) -> Completed:
        """
        Run the command to its end. Raises `BuildError` when it takes too long, or is killed by somebody. Then nothing that it has
        started is left, but for what has left its session.
        """
        work = Background(lambda: self._run(command))
        try:
            return work.result()
        except BaseException:
            # Not the command's own end but a signal, which ends the run: nobody still writes what is cleaned up on the way.
            if not work.ended(0):
                self.stop()
            raise

    def stop(self) -> None:
        """
        Kill every command that still runs, in whichever thread. A second signal ends the time that one of them is given.
        """
        self._stopped = True
        with ExitStack() as stack, self._lock:
            for process in self._running:
                stack.callback(kill, process)

    def _run(self, command: Command) -> Completed:
        with self._lock:
            if self._stopped:
                raise _killed(command, "the run has ended")
            process = start(command.argv, command.cwd, {**command.env, **self._mark})
            self._running.add(process)
        try:
            with _told(command):
                stdout, stderr = _wait(process, command)
            if process.returncode < 0:
                raise _killed(command, f"signal {-process.returncode} ended it")
        except BaseException:
            kill(process)
            raise
        finally:
            with self._lock:
                self._running.discard(process)
        return Completed(command=command, code=process.returncode, stdout=stdout, stderr=stderr)


@contextmanager
def _told(command: Command) -> Iterator[None]:
    """
    Say again and again what is waited for, until it is done.
    """
    done, begun = threading.Event(), time.monotonic()

    def tell() -> None:
        pause = _PATIENCE
        while not done.wait(pause):
            log.info("%s: still %s, for %d s now", _name(command), command.doing, time.monotonic() - begun)
            pause = 2 * _PATIENCE

    start_thread(tell)
    try:
        yield
    finally:
        done.set()


def _wait(process: subprocess.Popen[bytes], command: Command) -> tuple[bytes, bytes]:
    """
    What the command says until it ends. What it leaves behind with a pipe of it is ended, not waited for.
    """
    pipes, end = Pipes(process, command.stdin, command.most), time.monotonic() + command.timeout
    while not pipes.ended(min(_LOOK, max(0, end - time.monotonic()))) and not pipes.too_much():
        if process.poll() is not None:
            if not pipes.ended(_PIPES_TIMEOUT):
                kill(process)
                pipes.ended(_PIPES_TIMEOUT)
            return pipes.said()
        if time.monotonic() >= end:
            raise _too_long(command)
    if pipes.too_much():
        raise _too_much(command)
    try:
        process.wait(max(0, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise _too_long(command) from None
    return pipes.said()


def _too_long(command: Command) -> PolicyTasksError:
    return BuildError.of(
        f"{_name(command)} did not end",
        where=command.cwd,
        why=f"it was stopped after {command.timeout} s",
        fix="look for what it waits for: a module proxy that does not answer, a very large generated file; compile.timeout "
        "in the settings is how long it may take",
    )


def _too_much(command: Command) -> PolicyTasksError:
    return BuildError.of(
        f"{_name(command)} was stopped",
        where=command.cwd,
        why=f"it says more than {command.most:,} bytes",
        fix="see what it says when it is run by hand",
    )


def _killed(command: Command, why: str) -> PolicyTasksError:
    return BuildError.of(
        f"{_name(command)} was killed",
        where=command.cwd,
        why=why,
        fix="run again; if it is signal 9 each time, this machine or container has too little memory",
    )


def _name(command: Command) -> str:
    return " ".join((Path(command.argv[0]).name, *command.argv[1:2]))
