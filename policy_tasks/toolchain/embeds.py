"""
What Go's files embed, as they say it: https://pkg.go.dev/embed#hdr-Directives.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

# Patterns with blanks between them, perhaps quoted.
_EMBED = re.compile(rb"^//go:embed[ \t]+(.+)", re.MULTILINE)
_PATTERN = re.compile(r'"([^"]*)"|`([^`]*)`|(\S+)')


def embedded_patterns(data: bytes) -> Iterator[str]:
    """
    The patterns that a Go file embeds, without their `all:`.
    """
    for line in _EMBED.findall(data):
        for groups in _PATTERN.findall(line.decode("utf-8", "replace")):
            yield "".join(groups).removeprefix("all:")


def embedded_by_name(files: Mapping[str, bytes], wanted: Collection[str]) -> Iterator[tuple[str, str]]:
    """
    Which of these are embedded, each with the Go file that names it outright. A folder or a `*` does without it.
    """
    for name, data in files.items():
        if name.endswith(".go"):
            folder = name.rpartition("/")[0]
            found = (f"{folder}/{pattern}".lstrip("/") for pattern in embedded_patterns(data))
            yield from ((each, name) for each in found if each in wanted)
