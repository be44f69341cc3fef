"""
An engine that is started for `watch`, whatever interrupts that.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

from policy_tasks.model import Binary
from policy_tasks.toolchain.running_engine import RunningEngine
from tests.conftest import gone

# It says that it is ready as an engine does, and serves nobody.
ENGINE = """#!{python} -SE
import os, socket, time
with open("{file}", "a") as started:
    print(os.getpid(), file=started)
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
time.sleep(60)
"""


def test_a_signal_at_any_moment_leaves_no_engine(tmp_path: Path) -> None:
    """Be it while the first starts, or while another takes its place: with `stop` there is none any more, and nobody listens."""

    def leave(_number: int, _frame: object) -> None:
        raise SystemExit

    program, started = tmp_path / "engine", tmp_path / "started"
    program.write_text(ENGINE.format(python=sys.executable, file=started))
    program.chmod(0o755)
    before = signal.signal(signal.SIGALRM, leave)
    try:
        for moment in range(30):
            listener = socket.create_server(("127.0.0.1", 0))
            engine = RunningEngine(listener)
            with suppress(SystemExit):
                signal.setitimer(signal.ITIMER_REAL, (moment + 1) * 0.005)
                while True:
                    engine.replace(Binary(path=program, sha256=os.urandom(8).hex(), platform="", size=0, go=""))
            engine.stop()
            assert listener.fileno() == -1
    finally:
        signal.signal(signal.SIGALRM, before)
    for pid in started.read_text().split():
        gone(int(pid))
