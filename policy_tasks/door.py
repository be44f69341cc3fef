"""
What all doors share: a task is run, its answer goes to stdout, the log and errors to stderr, and there is an exit code.
"""

from __future__ import annotations

import gc
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
from policy_tasks.printable import printable
from policy_tasks.settings import Settings
from policy_tasks.signals import exit_on_signals

STAGES = ("fetch", "discover", "generate", "compile", "image", "publish")
TASKS = (*STAGES, "test", "new", "watch")
FORMATS = ("text", "json")
# Where `watch` serves, as policy-engine does.
ADDRESS = "127.0.0.1:8080"
INTERRUPTED = 128 + signal.SIGINT


def answer(task: str, settings: Callable[[], Settings], form: str, **arguments: Any) -> int:
    """
    Run the task, print its answer or its error in this format, and return the exit code.
    """
    log_to_stderr()
    try:
        with exit_on_signals(), _imports_kept():
            _check_format(form)
            from policy_tasks import pipeline

            gc.freeze()  # all of which stays: of a warm run a tenth would go into looking whether it is garbage
            value = getattr(pipeline, task)(settings(), **arguments)
            if value is not None and (text := _as_text(value, form)):
                print_text(text)
    except PolicyTasksError as error:
        return print_error(error, as_json=form == "json")
    except KeyboardInterrupt:
        tell("interrupted")
        return INTERRUPTED
    return 0


@contextmanager
def _imports_kept() -> Iterator[None]:
    """
    Let Python keep what it compiles of the modules imported from here on. Invoke forbids that for the sake of tasks.py, and uv
    leaves it to the first import: each run would compile all of policy_tasks again, which takes a sixth of a warm one.
    """
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def _as_text(value: Any, form: str) -> str:
    return json.dumps(document(value), indent=2) if form == "json" else str(value)


def print_error(error: PolicyTasksError, *, as_json: bool) -> int:
    """
    Print the error, as a JSON document on stdout or as text on stderr, and return its exit code.
    """
    if as_json:
        with suppress(PolicyTasksError):  # where stdout cannot be written, that is the error itself
            print_text(json.dumps(error.document(), indent=2))
    else:
        tell(printable_lines(error))
    return error.exit_code


def tell(text: str) -> None:
    """
    Print this on stderr, if it can be written. Where it is closed Python has None for it, and print() would take stdout.
    """
    if sys.stderr:
        with suppress(OSError):
            print(text, file=sys.stderr)


def log_to_stderr() -> None:
    """
    Send what the stages log to stderr.
    """
    logger = logging.getLogger("policy_tasks")
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_TerminalFormatter())
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False


class _TerminalFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return printable_lines(super().format(record))


def printable_lines(text: object) -> str:
    """
    The lines of the log or of an error, with control characters escaped and credentials left out.
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


def print_text(text: str) -> None:
    """
    Print this on stdout. Raises an `OutputError` where it cannot be written, unless the reader has gone.
    """
    with written_to_stdout():
        try:
            print(text)
        except UnicodeEncodeError:  # a path that is not UTF-8, or a stdout that is not
            sys.stdout.buffer.write(os.fsencode(text) + b"\n")


@contextmanager
def written_to_stdout() -> Iterator[None]:
    """
    Have what is printed in here written now. Raises an `OutputError` where it cannot be, unless the reader has gone.
    """
    try:
        yield
        if sys.stdout:  # None where it is closed, and then print() prints nothing
            sys.stdout.flush()
    except BrokenPipeError:
        _discard_stdout()
    except OSError as error:
        _discard_stdout()
        raise output_error(error, "stdout") from None


def _discard_stdout() -> None:
    """
    Let nothing more be written to stdout: Python would say so again when it flushes at exit.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
