"""
What makes a policy's value: its own constructor, or nothing but a literal.
"""

from __future__ import annotations

from typing import Any

from policy_tasks.errors import Problem, SettingsError
from policy_tasks.model import Constructor

# In the settings, instead of a constructor's name.
ZERO = "zero"


def choose_constructor(found: dict[str, Any], wanted: dict[str, str]) -> Constructor | None:
    """
    What makes this policy: the function that the settings name for its type or package, else the usual one.

    Raises `SettingsError` for one that there is not.
    """
    full = f"{found['package']}.{found['type']}"
    key = full if full in wanted else found["package"]
    name = wanted.get(key, found["constructor"])
    if name in ("", ZERO):
        return None
    made = {each["name"]: Constructor(**each) for each in found["constructors"]}
    if name not in made:
        why = f"{found['package']} has no function {name}() that returns {found['type']}; it has {', '.join(made) or 'none'}"
        raise SettingsError(no_constructor(key, why, f"name one of those, or `{ZERO}` for a zero value"))
    return made[name]


def no_constructor(key: str, why: str, fix: str) -> Problem:
    """
    The problem of a setting that names none.
    """
    return Problem(what=f"{key} cannot be made as asked for", where="discover.constructors", why=why, fix=fix)
