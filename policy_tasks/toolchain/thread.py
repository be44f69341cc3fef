"""
Threads that never hold up the end of the program.

They are those of `_thread`, and are waited for by its locks: a handler of a signal that raises, as Ctrl-C's does, may do so in
the middle of what `threading` is written in, which is Python, and then leaves it broken ("release unlocked lock").
"""

from __future__ import annotations

import _thread
from collections.abc import Callable
from typing import Any

from policy_tasks.errors import ToolError


def start_thread(target: Callable[..., Any], *arguments: Any) -> None:
    """
    Call the target in a thread of its own. Raises `ToolError` where this machine or container has no room for one more.
    """
    try:
        _thread.start_new_thread(target, arguments)
    except RuntimeError as error:
        raise ToolError.of(
            "no thread can be started",
            where="this machine or container",
            why=str(error),
            fix="allow more processes and more memory: ulimit -u, ulimit -v, docker run --pids-limit",
        ) from None
