"""
Work that goes on while Go compiles, in a thread that never holds up the end of the program.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from policy_tasks.toolchain.thread import start_thread

T = TypeVar("T")

# In seconds: a signal that comes just before the main thread begins to wait does not wake it, and is seen when it looks again.
_LOOK = 0.1


class Background(Generic[T]):
    """
    A function's result, to be had later. No signal interrupts the function: Python handles them in the main thread. A pool would
    wait for its threads at the end, even for a pull that no one needs.
    """

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._ended = False
        self._running = threading.Lock()
        self._running.acquire()
        start_thread(self._run)

    def result(self) -> T:
        """
        Wait for the function, and return what it returned or raise what it raised.
        """
        while not self.ended(_LOOK):
            pass
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        return self._outcome

    def ended(self, timeout: float) -> bool:
        """
        Wait for the function, for so many seconds at most, and return whether it has ended.
        """
        if self._running.acquire(timeout=timeout):
            self._running.release()  # where a signal comes before this, all others see by `_ended` that they need not wait
        return self._ended

    def _run(self) -> None:
        try:
            self._outcome: T | BaseException = self._function()
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
            self._outcome = error
        finally:
            self._ended = True
            self._running.release()
