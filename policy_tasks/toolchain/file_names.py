"""
The names that files of a policy may have.
"""

from __future__ import annotations

import unicodedata

# Control characters, what stands for bytes that are no UTF-8, and what shows the letters after it in another order:
# https://trojansource.codes.
_NOT_IN_NAMES = frozenset({"Cc", "Cs"})
_REORDERING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def is_sound(name: str) -> bool:
    """
    Whether a file can have this name: in UTF-8, without control characters, without a backslash, read as it is written.
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    if name.isascii():
        return name.isprintable() and "\\" not in name
    return "\\" not in name and not any(
        unicodedata.category(each) in _NOT_IN_NAMES or unicodedata.bidirectional(each) in _REORDERING for each in name
    )
