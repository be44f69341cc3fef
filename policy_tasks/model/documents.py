"""
The values as JSON documents.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from policy_tasks.model.modules import Resolved

_MADE_OF = tuple(field.name for field in fields(Resolved))


def document(value: Any) -> Any:
    """
    The value as JSON knows it: paths as text, tuples as lists, and no key whose value is None. What it is made of comes last.
    """
    if isinstance(value, Resolved):
        return {**summary(value), **_pairs(value, _MADE_OF)}
    if is_dataclass(value) and not isinstance(value, type):
        return summary(value)
    if isinstance(value, tuple):
        return [document(each) for each in value]
    return str(value) if isinstance(value, Path) else value


def summary(value: Any) -> dict[str, Any]:
    """
    The document of a dataclass without what it is made of.
    """
    made_of = _MADE_OF if isinstance(value, Resolved) else ()
    return _pairs(value, tuple(field.name for field in fields(value) if field.name not in made_of))


def _pairs(value: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: document(each) for name in names if (each := getattr(value, name)) is not None}
