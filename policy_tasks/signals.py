"""
How a run ends by a signal, whatever it is at.

A handler that raises may do so anywhere, and not everywhere does its exception come out: in the body of a class that is imported
it becomes a RuntimeError, and in what is called as something is freed it is printed and forgotten.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from policy_tasks.toolchain.thread import start_thread

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
# In seconds, after which a signal that got lost is sent again.
_PAUSE = 0.01


@contextmanager
def exit_on_signals() -> Iterator[None]:
    """
    Turn SIGTERM and SIGHUP into SystemExit, so that no process and no temporary file is left behind, with 128 and the signal's
    number, and SIGINT into KeyboardInterrupt. After a signal nothing else comes out. One that is ignored stays so: nohup lets a
    program outlive its terminal by that.
    """
    received: list[int] = []
    try:
        with _handled(received), _none_lost(received):
            yield
    except BaseException:
        if received:
            _leave(received[-1])
        raise


def _leave(number: int) -> None:
    if number == signal.SIGINT:
        raise KeyboardInterrupt from None
    raise SystemExit(128 + number) from None


@contextmanager
def _handled(received: list[int]) -> Iterator[None]:
    before: dict[int, Any] = {}

    def handle(number: int, _frame: object) -> None:
        received.append(number)
        _leave(number)

    try:
        for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
            if signal.getsignal(number) not in (signal.SIG_IGN, None):  # None is one that Python did not install
                before[number] = signal.signal(number, handle)
    except ValueError:  # not in the main thread: the program that calls us handles its signals
        pass
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _none_lost(received: list[int]) -> Iterator[None]:
    before = sys.unraisablehook

    def send_again(lost: sys.UnraisableHookArgs) -> None:
        if received and isinstance(lost.exc_value, (KeyboardInterrupt, SystemExit)):
            start_thread(_send, received[-1])
        else:
            before(lost)

    sys.unraisablehook = send_again
    try:
        yield
    finally:
        sys.unraisablehook = before


def _send(number: int) -> None:
    time.sleep(_PAUSE)
    os.kill(os.getpid(), number)
