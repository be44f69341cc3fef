"""
What a lock says, as TOML that is read in a diff.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from policy_tasks.model import Module, Replace, StagedModule
from policy_tasks.names import is_exact, is_module_path

_HEADER = """\
# What the engine is built of. Made by `policy-tasks image --update`; with `--locked` a build that would differ fails.
"""
FORMAT = 1
# What is compared of each, and in which order it is shown.
_SHOWN = ("new", "directory", "version", "sum", "replaced_by", "digest")
# https://go.dev/ref/mod#go-sum-files: SHA-256 in base 64.
_SUM = re.compile(r"h1:[A-Za-z0-9+/]{43}=")
_CONFLICT = re.compile(rb"^(<{7}|={7}|>{7})( |\r?$)", re.MULTILINE)
_DIGEST = re.compile(r" ?sha256:[0-9a-f]{64}$")
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
    What can differ, each with its name. A TypeError where the content is not that of a lock.
    """
    found = {"Go": str(content["go"]), "the core": str(content["core"])}
    base = content.get("base")
    if base:
        found["the base"] = f"{base['name']} {base['digest']}"
    for kind, name in (("replace", "old"), ("policy", "path"), ("module", "path")):
        for each in content.get(kind, ()):
            if not all(isinstance(value, str) for value in each.values()):
                raise TypeError(f"{kind} {each[name]} has a value that is no text")
            found[f"{kind} {each[name]}"] = " ".join(each[key] for key in _SHOWN if key in each)
    return found


def parse(data: bytes) -> Content:
    """
    What a lock's text says. Raises ValueError with what keeps it from being one.
    """
    try:
        content = tomllib.loads(data.decode())
    except ValueError as error:
        conflict = "it holds conflict markers of git: " if _CONFLICT.search(data) else ""
        raise ValueError(f"{conflict}{error}") from None
    except RecursionError:
        raise ValueError("its arrays or tables lie too deep in one another") from None
    if content.get("format") != FORMAT:
        found = f"its format is {content['format']!r}" if "format" in content else "it has no format"
        raise ValueError(f"{found}, and this policy_tasks knows {FORMAT}" if content else "it is empty")
    try:
        _check_complete(content)
        tuple(Module(**each) for each in content.get("module", ()))
        _check_values(content)
    except (TypeError, AttributeError) as error:
        raise ValueError(str(error)) from None
    return content


def _check_complete(content: Content) -> None:
    named = (("replace", "old"), ("policy", "path"), ("module", "path"))
    entries = [("it", content, key) for key in ("go", "core")]
    entries += [("[base]", content["base"], key) for key in ("name", "digest") if content.get("base")]
    for kind, key in named:
        entries += [(f"{kind} {number}", each, key) for number, each in enumerate(content.get(kind, ()), 1)]
    for name, table, key in entries:
        if key not in table:
            raise ValueError(f"{name} has no {key}")
        if not isinstance(table[key], str):
            raise TypeError(f"the {key} of {name} is no text")
    flat(content)


def _check_values(content: Content) -> None:
    """
    See that what Go will be given is what it takes: paths, exact versions and sums. Raises ValueError with what is not.
    """
    for kind in ("policy", "module"):
        for each in content.get(kind, ()):
            _check_entry(f"{kind} {each['path']!r}", each, needs_version=kind == "module")


def _check_entry(name: str, entry: Mapping[str, str], *, needs_version: bool) -> None:
    sum_, new = entry.get("sum"), entry.get("replaced_by", "")
    path, _, version = new.partition("@")
    if "version" in entry and not is_module_path(entry["path"]):
        raise ValueError(f"{name} is no path of a module")
    if (needs_version or "version" in entry) and not is_exact(entry.get("version", "")):
        raise ValueError(f"{name} has the version {entry.get('version', '')!r}, want an exact one such as v1.2.3")
    if sum_ is not None and not _SUM.fullmatch(sum_):
        raise ValueError(f"{name} has the sum {sum_!r}, want `h1:` and 44 characters")
    if version and not (is_module_path(path) and is_exact(version)):
        raise ValueError(f"{name} is replaced by {new!r}, want module@version")


def differences(old: Content, new: Content) -> Iterator[str]:
    """
    What is not the same, a line each. The digests of files are in the lock for who wants to see them.
    """
    before, after = flat(old), flat(new)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            was, is_now = (_plain(name, each[name]) if name in each else "" for each in (before, after))
            same = name in before and name in after and was == is_now
            change = f"{was or 'not'} in the lock, {is_now or 'not here'} now"
            yield f"{name}: {'its files have changed' if same else change}"


def _plain(name: str, value: str) -> str:
    return _DIGEST.sub("", value) if name == "the core" or name.startswith("policy ") else value
