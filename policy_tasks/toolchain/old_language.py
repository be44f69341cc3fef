"""
A go.mod that asks for an old version of the language, which is Go 1.16 where it has no `go` line: `any` is none of that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from policy_tasks.toolchain.staging import SourcePaths

# How the compiler ends what it says of each place that needs a newer version: cmd/compile/internal/types2/version.go.
_OLD = re.compile(r"requires go[\d.]+ or later \(-lang was set to go[\d.]+; check go\.mod\)")


def old_languages(problems: list[dict[str, Any]], source_paths: SourcePaths, go: str) -> Iterator[dict[str, Any]]:
    """
    The problems, with the first place alone of those that are a go.mod's, and with the version of this Go as their fix.
    """
    version = re.sub(r"^go(\d+\.\d+).*", r"\1", go)
    told = set()
    for each in problems:
        if not _OLD.search(each["text"]):
            yield each
        elif (go_mod := source_paths.go_mod(each["dir"])) not in told:
            told.add(go_mod)
            yield {**each, "fix": f"write `go {version}` into {go_mod}"}
