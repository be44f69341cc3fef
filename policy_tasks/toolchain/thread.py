"""
Threads that never hold up the end of the program.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from policy_tasks.errors import ToolError


def start_thread(target: Callable[..., Any], *arguments: Any) -> threading.Thread:
    """
    Call the target in a thread of its own. Raises `ToolError` where this machine or container has no room for one more.
    """
    thread = threading.Thread(target=target, args=arguments, daemon=True)
    try:
        thread.start()
    except RuntimeError as error:
        raise ToolError.of(
            "no thread can be started",
            where="this machine or container",
            why=str(error),
            fix="allow more processes and more memory: ulimit -u, ulimit -v, docker run --pids-limit",
        ) from None
    return thread
