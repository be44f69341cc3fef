"""
Other programs' text, made fit to be shown.
"""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Up to the last @ before the host ends: a password may hold one.
_CREDENTIALS = re.compile(r"(?<=://)[^/\s]*@")


def printable(text: str) -> str:
    """
    The text for a terminal: control characters escaped, credentials in addresses left out.
    """
    return without_credentials(_CONTROL.sub(lambda match: repr(match[0])[1:-1], text))


def without_credentials(text: str) -> str:
    """
    The text without names, passwords and tokens in addresses.
    """
    return _CREDENTIALS.sub("***@", text)
