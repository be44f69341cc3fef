"""
The values as JSON documents.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any


def document(value: Any) -> Any:
    """
    The value as JSON knows it: paths as text, tuples as lists, and no key whose value is None.
    """
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: document(each) for name, each in pairs if each is not None}
    if isinstance(value, tuple):
        return [document(each) for each in value]
    return str(value) if isinstance(value, Path) else value
