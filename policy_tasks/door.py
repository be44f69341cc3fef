"""
What all doors share: a stage is run, its answer goes to stdout, the story and errors to stderr, and there is an exit code.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from policy_tasks.errors import PolicyTasksError, SettingsError, output_error
from policy_tasks.model import document
from policy_tasks.settings import Settings
from policy_tasks.shown import printable

STAGES = ("fetch", "discover", "generate", "compile", "image", "publish")
TASKS = (*STAGES, "test", "new", "watch")
FORMATS = ("text", "json")
# Where `watch` serves, as policy-engine does.
ADDRESS = "127.0.0.1:8080"
INTERRUPTED = 128 + signal.SIGINT


def answer(task: str, settings: Callable[[], Settings], form: str, **arguments: Any) -> int:
    """
    Run the task, print its answer or its error in this format, and say the exit code.
    """
    tell_story()
    try:
        with ended_by_signals():
            _check_format(form)
            from policy_tasks import pipeline

            value = getattr(pipeline, task)(settings(), **arguments)
            if value is not None and (text := _as_text(value, form)):
                _print(text)
    except PolicyTasksError as error:
        return tell_error(error, as_json=form == "json")
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    return 0


def _as_text(value: Any, form: str) -> str:
    return json.dumps(document(value), indent=2) if form == "json" else str(value)


def tell_error(error: PolicyTasksError, *, as_json: bool) -> int:
    """
    Show the error, and say its exit code.
    """
    if as_json:
        with suppress(PolicyTasksError):  # that stdout cannot be written was the error
            _print(json.dumps(error.document(), indent=2))
    else:
        print(shown(error), file=sys.stderr)
    return error.exit_code


def tell_story() -> None:
    """
    Send what the stages have to tell to stderr.
    """
    logger = logging.getLogger("policy_tasks")
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_Story())
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False


class _Story(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return shown(super().format(record))


def shown(text: object) -> str:
    """
    The text of the story or of an error, fit for a terminal.
    """
    return "\n".join(map(printable, str(text).split("\n")))


def _check_format(form: str) -> None:
    if form not in FORMATS:
        raise SettingsError.of(
            f"there is no format {form!r}",
            where="--format",
            why=f"known are {', '.join(FORMATS)}",
            fix="name one of them",
        )


def _print(text: str) -> None:
    try:
        print(text, flush=True)
    except UnicodeEncodeError:  # a path as the system has it, whatever stdout is said to take
        sys.stdout.buffer.write(os.fsencode(text) + b"\n")
        sys.stdout.flush()
    except BrokenPipeError:  # whoever asked has left; Python would complain once more when it flushes at its end
        _close_stdout()
    except OSError as error:
        _close_stdout()
        raise output_error(error, "stdout") from None


def _close_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """
    Leave in order when told to end, so that no process and no temporary file is left behind.
    """
    before: dict[int, Any] = {}
    received: list[int] = []

    def leave(number: int, _frame: object) -> None:
        received.append(number)
        sys.exit(128 + number)

    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    try:
        for name in names:
            number = getattr(signal, name)
            before[number] = signal.signal(number, leave)
    except ValueError:  # not in the main thread: somebody else's program, with its own ways
        pass
    try:
        yield
    except KeyboardInterrupt:
        if received:  # a library that looks after signals itself takes each for Ctrl-C
            sys.exit(128 + received[-1])
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
