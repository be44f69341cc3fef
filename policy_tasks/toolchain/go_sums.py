"""
The go.sum files of all modules: put together, and found again by what Go says of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from policy_tasks.errors import Problem
from policy_tasks.toolchain.go_mod import GO_SUM, merge_sums
from policy_tasks.toolchain.policy_folder import SourceModule

# A line has a module, a version and a sum: https://go.dev/ref/mod#go-sum-files.
_FIELDS = 3
_MISMATCH = re.compile(r"verifying (\S+)@(\S+): checksum mismatch\s+downloaded: \S+\s+go\.sum:\s+(\S+)")


def gather_sums(own: Iterable[SourceModule], others: Iterable[SourceModule]) -> bytes:
    """
    All go.sum files in one. Of other people's modules, which Go does not look at, without the lines that are none.
    """
    lines = (line for source in others for line in _lines(source) if len(line.split()) == _FIELDS)
    return merge_sums((*(source.files.get(GO_SUM, b"") for source in own), *lines))


def mismatched(message: str) -> tuple[str, str, str] | None:
    """
    The module, its version and the sum that a message of Go's says is another than what was downloaded.
    """
    found = _MISMATCH.search(message)
    return (found[1], found[2], found[3]) if found else None


def places_of(sum_: tuple[str, str, str], sources: Iterable[SourceModule]) -> Iterator[str]:
    """
    The go.sum files that say so, each with its line.
    """
    for source in sources:
        for number, line in enumerate(_lines(source), 1):
            if line.decode("utf-8", "replace").split() == list(sum_):
                yield f"{source.directory / GO_SUM}:{number}"


def malformed(source: SourceModule) -> Iterator[Problem]:
    """
    A problem for every line of its go.sum that is none. Go only minds where it needs a sum.
    """
    for number, line in enumerate(_lines(source), 1):
        if len(line.split()) not in (0, _FIELDS):
            yield Problem(
                what="a go.sum does not parse",
                where=f"{source.directory / GO_SUM}:{number}",
                why=f"found {line.decode('utf-8', 'replace').strip()[:100]!r}, want a module, a version and a sum",
                fix="take that line out; `go mod tidy` writes what is missing",
            )


def _lines(source: SourceModule) -> list[bytes]:
    return source.files.get(GO_SUM, b"").split(b"\n")
