"""
Other programs' text, made fit to be shown.
"""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Up to the last @ before the host ends: a password may hold one.
_CREDENTIALS = re.compile(r"(?<=://)[^/\s]*@")
# What a query's parameters are: which of them is a token, its server knows alone. Of a redirect to a path Go says that alone.
_QUERY = re.compile(r"""((?:://|\b[A-Z][a-z]+ "/)[^\s?#"'<>]*\?)([^\s#"'<>]+)""")


def printable(text: str) -> str:
    """
    The text for a terminal: control characters escaped, credentials and queries in addresses left out.
    """
    return without_credentials(_CONTROL.sub(lambda match: repr(match[0])[1:-1], text))


def without_credentials(text: str) -> str:
    """
    The text without names, passwords and tokens in addresses, and without the values in their queries.
    """
    return _QUERY.sub(_without_values, _CREDENTIALS.sub("***@", text))


def _without_values(address: re.Match[str]) -> str:
    parts = (part.partition("=") for part in address[2].split("&"))
    return address[1] + "&".join(f"{name}=***" if equals else "***" for name, equals, _ in parts)
