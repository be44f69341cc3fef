"""
What went wrong on the way to another machine, in a few words: requests and urllib3 tell it in nested exceptions.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator

from policy_tasks.toolchain.process import printable

# From the most telling to the least, whatever it is wrapped in.
_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, "its certificate is not trusted"),
    (ssl.SSLError, "it does not speak TLS as it should"),
    (socket.gaierror, "its name cannot be resolved"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionError, "the connection was broken"),
    (TimeoutError, "it timed out"),
    (json.JSONDecodeError, "its answer is cut off, or is not JSON"),
)


def reason(error: BaseException) -> str:
    """
    Why a request failed: one line, without the names of exceptions where there are words for them.
    """
    import requests
    import urllib3

    nested = list(_nested(error))
    timeouts = (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError)
    proxy = "the proxy: " if any(isinstance(each, requests.exceptions.ProxyError) for each in nested) else ""
    for kind, words in _WORDS:
        kinds = (kind, *timeouts) if kind is TimeoutError else kind
        found = next((each for each in nested if isinstance(each, kinds)), None)
        if found:
            return printable(f"{proxy}{words}{_detail(found)}")
    told = next((each.strerror for each in nested if isinstance(each, OSError) and each.strerror), None)
    return printable(proxy + (told or str(error) or type(error).__name__).splitlines()[0][:300])


def _detail(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f": {error.verify_message}"
    if isinstance(error, (ssl.SSLError, socket.gaierror)):
        return f": {error.strerror or error}"
    return ""


def _nested(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        each = waiting.pop(0)
        if each not in seen:
            seen.append(each)
            yield each
            inner = (*each.args, getattr(each, "reason", None), each.__cause__, each.__context__)
            waiting += [one for one in inner if isinstance(one, BaseException)]
