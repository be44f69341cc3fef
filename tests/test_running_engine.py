"""
An engine that is started for `watch`, whatever interrupts that.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from policy_tasks.model import Binary
from policy_tasks.toolchain.running_engine import RunningEngine
from tests.conftest import gone

# It says that it is ready as an engine does, and serves nobody.
ENGINE = """#!{python} -SE
import os, socket, time
{more}
with open("{file}", "a") as started:
    print(os.getpid(), file=started)
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _a_signal_that_raises() -> Iterator[None]:
    def leave(_number: int, _frame: object) -> None:
        raise SystemExit

    before = signal.signal(signal.SIGALRM, leave)
    yield
    signal.signal(signal.SIGALRM, before)


def test_a_signal_at_any_moment_leaves_no_engine(tmp_path: Path) -> None:
    """Be it while the first starts, or while another takes its place: with `stop` there is none any more, and nobody listens."""
    program, started = _program(tmp_path)
    for moment in range(30):
        listener = socket.create_server(("127.0.0.1", 0))
        engine = RunningEngine(listener)
        with suppress(SystemExit):
            if moment % 2:
                engine.replace(_another(program))
            signal.setitimer(signal.ITIMER_REAL, (moment + 1) * 0.005)
            while True:
                engine.replace(_another(program))
        engine.stop()
        assert listener.fileno() == -1
    for pid in started.read_text().split():
        gone(int(pid))


def test_a_second_signal_leaves_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends the wait for one that does not end, which is killed all the same when its time is over."""
    monkeypatch.setattr("policy_tasks.toolchain.engine_process._STOP_TIMEOUT", 1)
    program, started = _program(tmp_path, "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    engine = RunningEngine(socket.create_server(("127.0.0.1", 0)))
    engine.replace(_another(program))
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    with pytest.raises(SystemExit):
        engine.stop()
    gone(int(started.read_text()))


def _program(folder: Path, more: str = "") -> tuple[Path, Path]:
    program, started = folder / "engine", folder / "started"
    program.write_text(ENGINE.format(python=sys.executable, file=started, more=more))
    program.chmod(0o755)
    return program, started


def _another(program: Path) -> Binary:
    return Binary(path=program, sha256=os.urandom(8).hex(), platform="", size=0, go="")
