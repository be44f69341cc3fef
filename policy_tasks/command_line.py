"""
What is told of a command line that is not understood.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from invoke.exceptions import ParseError

from policy_tasks.door import TASKS
from policy_tasks.errors import PolicyTasksError, SettingsError

# Invoke's message for a flag without its value shows the repr of an object; the group is the flag's name.
_NO_VALUE = re.compile(r"Flag <Argument: (\w+)[^>]*> needed value and was not given one!")
_UNKNOWN = re.compile(r"No idea what '([^']*)' is!")


def not_understood(error: ParseError) -> PolicyTasksError:
    """
    Invoke's error in the form of ours, with the nearest word and where to look.
    """
    return SettingsError.of(
        "the command line is not understood",
        where="policy-tasks",
        why=_in_our_words(error),
        fix=_where_to_look(error),
    )


def _in_our_words(error: ParseError) -> str:
    message = str(error)
    if not (unknown := _UNKNOWN.fullmatch(message)):
        return _NO_VALUE.sub(lambda found: f"--{found[1].replace('_', '-')} needs a value", message)
    word = unknown[1]
    if not word.startswith("-"):
        return f"there is no task {word!r}{_nearest(word, TASKS)}"
    if error.context is None or error.context.name is None:
        return f"there is no flag {word!r} that stands before the task"
    return f"the task {error.context.name!r} has no flag {word!r}{_nearest(word, error.context.flags)}"


def _where_to_look(error: ParseError) -> str:
    unknown = _UNKNOWN.fullmatch(str(error))
    task = error.context.name if error.context else None
    if not task or (unknown and not unknown[1].startswith("-")):
        return "see: policy-tasks --list, and: policy-tasks --help TASK"
    return f"see: policy-tasks --help {task}"


def _nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; the nearest is {close[0]!r}" if close else ""
