"""
What a core of the user's has where the build directory keeps what is made of it: a Dockerfile, say, or a `bin` folder.

It is left out, since a build does not need it, unless Go would compile or embed it.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from policy_tasks.toolchain.build_directory import DOCKERFILE, MANIFEST, OUTPUTS
from policy_tasks.toolchain.embeds import embedded_patterns
from policy_tasks.toolchain.policy_folder import SourceModule

_PLACES = OUTPUTS | {DOCKERFILE, MANIFEST}


def leave_out(source: SourceModule) -> str:
    """
    Take what is in such a place out of the core's files, and return the first that Go would need, or nothing.
    """
    inside = sorted(name for name in source.files if name.partition("/")[0] in _PLACES)
    if not inside:
        return ""
    embedded = _embedded(source)
    for name in inside:
        del source.files[name]
    return next((name for name in inside if _is_needed(name, embedded)), "")


def _is_needed(name: str, embedded: set[str]) -> bool:
    is_code = name.endswith((".go", ".s")) and not name.endswith("_test.go")
    return is_code or any(fnmatchcase(name.partition("/")[0], first) for first in embedded)


def _embedded(source: SourceModule) -> set[str]:
    """
    The first parts of all patterns that the core's files at the top embed: no other file can mean what is there.
    """
    at_the_top = (name for name in source.files if "/" not in name)
    texts = (source.files[name] for name in at_the_top if name.endswith(".go") and not name.endswith("_test.go"))
    return {pattern.partition("/")[0] for data in texts for pattern in embedded_patterns(data)}
