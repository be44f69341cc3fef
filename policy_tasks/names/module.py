"""
The paths and versions of Go modules.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_MAJOR = re.compile(r"(?:/|^gopkg\.in/.*\.)v(\d+)$")


class RemoteModule(NamedTuple):
    """
    A module with a version, which may be any that Go understands: `v1.2.3`, `latest`, a branch, a commit.
    """

    path: str
    version: str

    def __str__(self) -> str:
        return f"{self.path}@{self.version}"


def parse_module(text: str) -> RemoteModule | None:
    """
    Read `module/path@version`; None where it is something else, such as a folder. A module that can be downloaded begins
    with a domain.
    """
    match = re.fullmatch(r"([a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?/[^\s@]*[^\s@/])@([^\s@/-][^\s@]*)", text)
    return RemoteModule(match[1], match[2]) if match else None


def is_exact(version: str) -> bool:
    """
    Whether the version always means the same, as `v1.2.3` does and `latest`, `v1` or a branch do not.
    """
    return bool(re.fullmatch(r"v\d+\.\d+\.\d+(-[\w.-]+)?(\+incompatible)?", version, re.ASCII))


def major_of(path: str) -> tuple[str, int]:
    """
    A module's path without its major version, and that version: 1 where the path has none.
    """
    major = _MAJOR.search(path)
    return (path[: major.start()].removesuffix("/"), int(major[1])) if major else (path, 1)


def fits_path(path: str, version: str) -> bool:
    """
    Whether a module of this path can have this version: https://go.dev/ref/mod#major-version-suffixes.
    """
    major = int(version.removeprefix("v").partition(".")[0])
    if _MAJOR.search(path):
        return major == major_of(path)[1] or (path.startswith("gopkg.in/") and version.startswith("v0.0.0-"))
    return major < 2 or version.endswith("+incompatible")


def is_module_path(path: str) -> bool:
    """
    Whether a module may have this path, as far as its characters go: https://go.dev/ref/mod#go-mod-file-ident.
    """
    return bool(re.fullmatch(r"(?!-)[\w.~+-]+(/[\w.~+-]+)*", path, re.ASCII))


def is_downloadable(path: str) -> bool:
    """
    Whether the path is that of a module that Go can look for: it begins with a domain.
    """
    return is_module_path(path) and "." in path.partition("/")[0].strip(".")
