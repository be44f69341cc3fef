"""
How a run ends by signals.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from policy_tasks.door import exit_on_signals


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
