"""
Why a connection failed, without the wrappings of requests and urllib3.
"""

from __future__ import annotations

import http.client
import re

from policy_tasks.printable import printable

# How urllib3 begins what it says, with the connection as Python shows it, and the number that the system has for a reason.
_NOISE = re.compile(r"^(?:<[^>]*>|HTTPS?Connection(?:Pool)?\([^)]*\)): |\[Errno -?\d+\] ")
# An error that shows itself as Python would write it.
_SHOWN = re.compile(r"[A-Z]\w+\((.*)\)", re.DOTALL)
_CAUSE = re.compile(rf": {_SHOWN.pattern}\Z", re.DOTALL)


def failure(error: BaseException) -> str:
    """
    What the cause behind all that wraps it says.
    """
    inner = _inner(error)
    if inner is None:
        return _said(error)
    # A few words, which may end with the cause, and the cause, would be shown as a tuple.
    words = _CAUSE.sub("", str(error.args[0])).rstrip(".") + ": " if inner in error.args[1:] else ""
    return printable(words) + failure(inner)


def _inner(error: BaseException) -> BaseException | None:
    causes = [getattr(error, "reason", None), *error.args]
    if type(error.__cause__).__module__.startswith("requests."):
        causes.append(error.__cause__)  # of what Docker's SDK raises
    return next((each for each in causes if isinstance(each, BaseException) and each is not error), None)


def _said(error: BaseException) -> str:
    text = _NOISE.sub("", str(error)).strip()
    shown = _SHOWN.fullmatch(text)
    if type(error) is http.client.BadStatusLine:
        return printable(f"what answers does not speak HTTP: {text[:100]}")
    return printable(shown[1] if shown else text)
