"""
The templates, each named after the file that it becomes.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).resolve().parent.parent / "templates"


def source(name: str) -> bytes:
    """
    The template's own text: what is rendered from it changes with it.
    """
    return (FOLDER / f"{name}.j2").read_bytes()


def render(name: str, /, **values: Any) -> bytes:
    """
    The file that the template gives with these values.
    """
    text: str = _environment().get_template(f"{name}.j2").render(**values)
    return text.encode()


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # The texts are Go and Dockerfiles: there is no HTML to escape, and what is quoted says so.
    environment = Environment(  # noqa: S701
        loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, keep_trailing_newline=True, auto_reload=False
    )
    environment.filters["quoted"] = _quoted
    return environment


def _quoted(text: str) -> str:
    """
    The text as a string literal of Go and of a Dockerfile alike: JSON's, but for its pairs of surrogates, which Go refuses.
    In a Dockerfile `$` would ask for a variable.
    """
    return json.dumps(text, ensure_ascii=False).replace("$", "\\$")
