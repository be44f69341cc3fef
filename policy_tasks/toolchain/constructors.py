"""
What makes a policy's value: its own constructor, or nothing but a literal.
"""

from __future__ import annotations

import difflib
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
        raise SettingsError(_problem(key, why, f"name one of those, or `{ZERO}` for a zero value"))
    return made[name]


def no_policy(key: str, known: dict[str, str], copies: dict[str, str]) -> Problem:
    """
    The problem of a setting for a policy that is not among those known, names with their modules, with what may be meant:
    the versions of that one, where its module is a copy, else what is spelled nearly so.
    """
    versions = sorted(
        name for name, module in known.items() if copies.get(module, module) + name.removeprefix(module) == key
    )
    near = versions or difflib.get_close_matches(key, sorted(known), 3, 0.5)
    fix = f"name it as {' or '.join(near)}" if near else f"name one of {', '.join(sorted(known)[:10])}"
    return _problem(key, "there is no such policy", fix)


def _problem(key: str, why: str, fix: str) -> Problem:
    return Problem(what=f"{key} cannot be made as asked for", where="discover.constructors", why=why, fix=fix)
