"""
What a run that was killed has left running. A go command of it, stopped and let go on when the next run has other sources in
place, would file what it makes of these in Go's cache under the name of the old ones.
"""

from __future__ import annotations

import logging
import os
import select
import signal
from collections.abc import Collection, Iterator
from contextlib import suppress

log = logging.getLogger(__name__)

# In the environment of every command, and so of all that it starts: the run that it belongs to. Unlike a process's number that
# is never another's.
VARIABLE = "RUN_OF_POLICY_TASKS"
_ROUNDS = 5
# In milliseconds. A process that is killed ends at once, unless a disk holds it.
_ENDS_WITHIN = 2_000


def end_commands_of(runs: Collection[str]) -> None:
    """
    Kill what these runs have started and is still there. Only on Linux can that be told.
    """
    marks = {f"{VARIABLE}={run}".encode() for run in runs}
    for _ in range(_ROUNDS if marks else 0):  # what was killed may have started another just before
        found = list(_running(marks))
        if not found:
            return
        log.info("ending %d of the commands of a run that was killed", len(found))
        for descriptor in found:
            _kill(descriptor)


def _running(marks: set[bytes]) -> Iterator[int]:
    """
    A descriptor for each process with such a mark: the number alone may be another's a moment later.
    """
    with suppress(OSError, AttributeError):
        for number in filter(str.isdecimal, os.listdir("/proc")):
            with suppress(OSError):
                descriptor = os.pidfd_open(int(number))
                if _has(number, marks):
                    yield descriptor
                else:
                    os.close(descriptor)


def _has(number: str, marks: set[bytes]) -> bool:
    try:
        with open(f"/proc/{number}/environ", "rb") as environment:
            return not marks.isdisjoint(environment.read().split(b"\0"))
    except OSError:  # it has ended, or is somebody else's
        return False


def _kill(descriptor: int) -> None:
    with suppress(OSError):
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)  # readable once it has ended
    poll.poll(_ENDS_WITHIN)
    os.close(descriptor)
