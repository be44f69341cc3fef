"""
How a run ends by signals, whatever they interrupt.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from policy_tasks.errors import BuildError
from policy_tasks.signals import exit_on_signals


@pytest.fixture(autouse=True)
def _usual_hangup() -> Iterator[None]:
    before = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, before)


def test_a_hangup_ends_a_run() -> None:
    """With 128 and its number, and afterwards the signal is what it was."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    with pytest.raises(SystemExit) as caught, exit_on_signals():
        os.kill(os.getpid(), signal.SIGHUP)
    assert caught.value.code == 128 + signal.SIGHUP
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


def test_what_nohup_started_outlives_its_terminal() -> None:
    """A signal that is ignored at the start is ignored to the end."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with exit_on_signals():
        os.kill(os.getpid(), signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def _send(number: int) -> None:
    os.kill(os.getpid(), number)


class _InAClass:
    def __init__(self, number: int) -> None:
        self.number = number

    def __set_name__(self, owner: type, name: str) -> None:
        _send(self.number)


class _AtItsEnd:
    def __init__(self, number: int) -> None:
        self.number = number

    def __del__(self) -> None:
        _send(self.number)


def _while_a_class_is_made(number: int) -> None:
    type("Any", (), {"member": _InAClass(number)})


def _while_something_is_freed(number: int) -> None:
    _AtItsEnd(number)
    time.sleep(10)  # the exception is printed at most, and the sleep begins


def _before_an_error(number: int) -> None:
    try:
        _send(number)
    finally:
        raise BuildError.of("go was killed", where="here", why="the run ends", fix="none")


def _within_what_catches_all(number: int) -> None:
    with suppress(BaseException):
        _send(number)


@pytest.mark.parametrize(
    "moment", [_send, _within_what_catches_all, _while_a_class_is_made, _while_something_is_freed, _before_an_error]
)
def test_a_signal_is_the_end_at_any_moment(moment: Callable[[int], None], capsys: pytest.CaptureFixture[str]) -> None:
    """Also where Python turns what its handler raises into another exception, or into none, and nothing is printed of it."""
    with pytest.raises(SystemExit) as caught, exit_on_signals():
        moment(signal.SIGTERM)
    assert caught.value.code == 128 + signal.SIGTERM
    with pytest.raises(KeyboardInterrupt), exit_on_signals():
        moment(signal.SIGINT)
    assert capsys.readouterr() == ("", "")


def test_errors_that_no_signal_made_come_out() -> None:
    """What is raised without a signal is what it was, exits among it."""
    for error in (BuildError.of("a", where="b", why="c", fix="d"), SystemExit(3), KeyboardInterrupt()):
        with pytest.raises(type(error)) as caught, exit_on_signals():
            raise error
        assert caught.value is error


def test_another_thread_changes_nothing() -> None:
    """Where the main thread is somebody else's, its signals and hooks are, too."""

    def hooks() -> tuple[object, ...]:
        return sys.unraisablehook, *map(signal.getsignal, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))

    def look() -> None:
        with exit_on_signals():
            inside.append(hooks())

    inside: list[tuple[object, ...]] = []
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert inside == [hooks()]
