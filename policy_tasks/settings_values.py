"""
A value as a source has it, made into what the settings hold: one function for each type, by the type's name.

Each takes the folder that relative paths count from, and raises ValueError with what was found and what is wanted.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from policy_tasks.names import (
    RemoteModule,
    fits_path,
    is_downloadable,
    is_exact,
    is_module_path,
    major_of,
    parse_module,
)

# Of seconds that is three weeks; what waits for a process counts in milliseconds, of which a C int holds a few more.
_MOST_SECONDS = 2_000_000
# Of files and of bytes: what a system counts them in.
_MOST = 2**63 - 1


def _text(value: Any, _base: Path) -> str:
    if not isinstance(value, str):
        raise ValueError(f"found {value!r}, want a text")
    if any(ord(character) < 32 for character in value):
        raise ValueError("it holds control characters")
    return value


def _seconds(value: Any, base: Path) -> int:
    return _integer(value, base, _MOST_SECONDS)


def _integer(value: Any, _base: Path, most: int = _MOST) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError(f"found {value!r}, want a whole number")
    try:
        number = int(value)
    except ValueError:
        raise ValueError(f"found {value!r}, want a whole number") from None
    if not 1 <= number <= most:
        raise ValueError(f"found {number}, want 1 to {most}")
    return number


def _yes_or_no(value: Any, _base: Path) -> bool:
    known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or value.lower() not in known:
        raise ValueError(f"found {value!r}, want true or false")
    return known[value.lower()]


def _path(value: Any, base: Path) -> Path:
    if not isinstance(value, (str, os.PathLike)) or not str(value).strip():
        raise ValueError(f"found {value!r}, want a path")
    if "\0" in str(value):
        raise ValueError("a path cannot hold a zero byte")
    # A folder whose own name begins so is written as in the shell: `./~`.
    return Path(base, Path(value).expanduser() if str(value).startswith("~") else value)


def _policies(value: Any, base: Path) -> tuple[Path | RemoteModule, ...]:
    several = value if isinstance(value, (list, tuple)) else [value]
    if not several:
        raise ValueError("found an empty list, want one folder or more")
    return tuple(_folder_or_module(each, base) for each in several)


def _folder_or_module(value: Any, base: Path) -> Path | RemoteModule:
    if isinstance(value, RemoteModule):
        return value
    if not isinstance(value, str) or "@" not in value or "\0" in value or os.path.lexists(_path(value, base)):
        return _path(value, base)
    if remote := parse_module(value):
        return remote
    version = value.rpartition("@")[2]
    if not value.startswith((".", "~", os.sep)) and (not version or is_exact(version)):
        raise ValueError(
            f"found {value!r}, want a folder that is there, or a module such as example.com/team/limits@v1.2.0"
        )
    return _path(value, base)


def _program(value: Any, base: Path) -> str:
    """
    A path counts from the file that holds it; a name alone is looked for on PATH.
    """
    text = _text(value, base)
    return str(_path(text, base)) if os.sep in text else text


def _table(value: Any, base: Path) -> tuple[tuple[str, str], ...]:
    """
    A table, or `name=value` with commas between them, as a variable has it.
    """
    if isinstance(value, str):
        pairs = [each.partition("=") for each in value.split(",") if each.strip()]
        if not all(separator for _, separator, _ in pairs):
            raise ValueError(f"found {value!r}, want name=value, with commas between several")
        names = [name.strip() for name, _, _ in pairs]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"found {twice} twice in {value!r}, want each name once")
        value = {name.strip(): text.strip() for name, _, text in pairs}
    if not isinstance(value, Mapping):
        raise ValueError(f"found {value!r}, want a table")
    return tuple(sorted((_text(name, base), _text(text, base)) for name, text in value.items()))


def _pins(value: Any, base: Path) -> tuple[tuple[str, str], ...]:
    """
    A table of modules with exact versions.
    """
    pins = _table(value, base)
    for path, version in pins:
        if not is_downloadable(path):
            raise ValueError(f"found the module {path!r}, want its path, such as github.com/google/uuid")
        if not is_exact(version):
            raise ValueError(f"{path} is pinned to {version!r}, want an exact version such as v1.2.3")
        _check_major(f"{path} is pinned to", path, version)
    return pins


def _check_major(what: str, path: str, version: str) -> None:
    if not fits_path(path, version):
        without, major = major_of(path)
        own = "v0 and v1" if path == without else f"v{major}"
        raise ValueError(f"{what} {version!r}, and the versions of a module of that path are {own} alone")


def _replaces(value: Any, base: Path) -> tuple[tuple[str, str], ...]:
    """
    A table of modules with what they are taken from, as a replace directive has it: a folder begins with `.`, `/` or `~`.
    """
    replaces = []
    for old, new in _table(value, base):
        path, _, only = old.partition("@")
        if not is_module_path(path) or ("@" in old and not is_exact(only)):
            raise ValueError(f"found the module {old!r}, want its path, such as example.com/lib, or path@v1.2.3")
        if new.startswith((".", "~", os.sep)):
            replaces.append((old, os.path.normpath(_path(new, base))))
        elif "@" in new.strip("@"):
            _check_fork(old, *new.split("@", 1))
            replaces.append((old, new))
        else:
            raise ValueError(
                f"{old} is to be taken from {new!r}, want ./{new} if that is a folder, or {new}@VERSION: as in Go's own replace "
                "a path without a dot before it is that of a module"
            )
    return tuple(replaces)


def _check_fork(old: str, path: str, version: str) -> None:
    """
    See that what a module is taken from is one that there can be.
    """
    new = f"{path}@{version}"
    if not is_exact(version):
        raise ValueError(f"{old} is to be taken from {new!r}, want an exact version such as module@v1.2.3")
    if not is_module_path(path):
        raise ValueError(f"{old} is to be taken from {new!r}, want a module such as example.com/fork@v1.2.3")
    _check_major(f"{old} is to be taken from {path} in version", path, version)


CONVERTERS: dict[str, Any] = {
    "Replaces": _replaces,
    "Pins": _pins,
    "Table": _table,
    "str": _text,
    "Program": _program,
    "int": _integer,
    "Seconds": _seconds,
    "bool": _yes_or_no,
    "Path": _path,
    "Path | None": _path,
    "Policies": _policies,
}
