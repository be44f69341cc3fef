"""
What a lock says, as TOML that is read in a diff.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from policy_tasks.model import Module, Replace, StagedModule

_HEADER = """\
# What the engine is built of. Made by `policy-tasks --update`; with `--locked` a build that would differ fails.
"""
FORMAT = 1
# What is compared of each, and in which order it is shown.
_SHOWN = ("new", "directory", "version", "sum", "replaced_by", "digest")
Content = dict[str, Any]


def content_of(modules: tuple[Module, ...], replaces: tuple[Replace, ...], root: Path) -> Content:
    """
    What the lock is to say of these, with folders as seen from the root.
    """
    policies, others = [], []
    for module in modules:
        if isinstance(module, StagedModule):
            place = {"version": module.version, "sum": module.sum or ""}
            local = {"directory": _relative(module.directory, root)}
            policies.append({"path": module.path, **(place if module.version else local), "digest": module.digest})
        else:
            keys = ("path", "version", "sum", "replaced_by")
            others.append({key: getattr(module, key) for key in keys if getattr(module, key)})
    return {
        "replace": [{"old": each.old, "new": _relative(each.new, root)} for each in replaces],
        "policy": policies,
        "module": others,
    }


def _relative(path: Path | str, root: Path) -> str:
    """
    A folder as seen from the settings; what is none stays. A name that is not UTF-8 cannot stand in TOML.
    """
    seen = os.path.relpath(path, root).replace(os.sep, "/") if os.path.isabs(path) else str(path)
    return seen.encode("utf-8", "replace").decode()


def as_text(content: Content) -> str:
    """
    The content as TOML. A JSON text is one of TOML's as well, but for a character that JSON leaves as it is.
    """
    lines = [_HEADER.rstrip()]
    plain = {key: value for key, value in content.items() if not isinstance(value, (list, dict))}
    lines += _pairs(plain)
    for name in ("base", "replace", "policy", "module"):
        tables = content.get(name) or []
        for table in tables if isinstance(tables, list) else [tables]:
            lines += ["", f"[[{name}]]" if isinstance(tables, list) else f"[{name}]", *_pairs(table)]
    return "\n".join(lines) + "\n"


def _pairs(table: Mapping[str, Any]) -> list[str]:
    return [
        f"{key} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007F") for key, value in table.items()
    ]


def flat(content: Content) -> dict[str, str]:
    """
    What can differ, each with its name. A KeyError or TypeError where the content is not that of a lock.
    """
    found = {f"the {name}": str(content[name]) for name in ("go", "core")}
    base = content.get("base")
    if base:
        found["the base"] = f"{base['name']} {base['digest']}"
    for kind, name in (("replace", "old"), ("policy", "path"), ("module", "path")):
        for each in content.get(kind, ()):
            if not all(isinstance(value, str) for value in each.values()):
                raise TypeError(f"{kind} {each[name]} has a value that is no text")
            found[f"{kind} {each[name]}"] = " ".join(each[key] for key in _SHOWN if key in each)
    return found


def differences(old: Content, new: Content) -> Iterator[str]:
    """
    What is not the same, a line each.
    """
    before, after = flat(old), flat(new)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield f"{name}: {before.get(name, 'not')} in the lock, {after.get(name, 'not here')} now"
