"""
Work that goes on while Go compiles, in a thread that never holds up the end of the program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from policy_tasks.toolchain.thread import start_thread

T = TypeVar("T")


class Background(Generic[T]):
    """
    A function's result, to be had later. A pool would wait for its threads at the end, even for a pull that no one needs.
    """

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._thread = start_thread(self._run)

    def result(self) -> T:
        """
        Wait for the function, and return what it returned or raise what it raised.
        """
        self._thread.join()
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        return self._outcome

    def _run(self) -> None:
        try:
            self._outcome: T | BaseException = self._function()
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
            self._outcome = error
