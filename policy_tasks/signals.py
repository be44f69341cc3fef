"""
How a run ends by a signal, whatever it is at.

A handler that raises may do so anywhere, and not everywhere does its exception come out: in the body of a class that is imported
it becomes a RuntimeError, and in what is called as something is freed it is printed and forgotten.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from policy_tasks.errors import PolicyTasksError
from policy_tasks.toolchain.thread import start_thread

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
# In seconds, after which a signal that got lost is sent again.
_PAUSE = 0.01


@contextmanager
def exit_on_signals() -> Iterator[None]:
    """
    Turn SIGTERM and SIGHUP into SystemExit, so that no process and no temporary file is left behind, with 128 and the signal's
    number, and SIGINT into KeyboardInterrupt. After a signal nothing else comes out. One that is ignored stays so: nohup lets a
    program outlive its terminal by that. In another thread than the main one the program that calls us handles its signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    try:
        with _handled(received), _none_lost(received):
            yield
    except (Exception, KeyboardInterrupt, SystemExit):
        _leave(received)
        raise
    _leave(received)


def _leave(received: list[int]) -> None:
    if not received:
        return
    if received[-1] == signal.SIGINT:
        raise KeyboardInterrupt from None
    raise SystemExit(128 + received[-1]) from None


@contextmanager
def _handled(received: list[int]) -> Iterator[None]:
    before: dict[int, Any] = {}

    def handle(number: int, _frame: object) -> None:
        received.append(number)
        _leave(received)

    for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
        if signal.getsignal(number) not in (signal.SIG_IGN, None):  # None is one that Python did not install
            before[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _none_lost(received: list[int]) -> Iterator[None]:
    before, sending, over = sys.unraisablehook, threading.Lock(), False

    def send(number: int) -> None:
        time.sleep(_PAUSE)
        with sending:
            if not over:  # or the handler that it found would be another's
                signal.pthread_kill(threading.main_thread().ident or 0, number)

    def send_again(lost: sys.UnraisableHookArgs) -> None:
        if received and isinstance(lost.exc_value, (KeyboardInterrupt, SystemExit)):
            with suppress(PolicyTasksError):  # where there is no room for a thread it is told at the end
                start_thread(send, received[-1])
        else:
            before(lost)

    sys.unraisablehook = send_again
    try:
        yield
    finally:
        sys.unraisablehook = before
        with sending:
            over = True
