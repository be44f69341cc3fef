"""
The policies as Go source names them.
"""

from __future__ import annotations

from collections.abc import Iterable

from policy_tasks.model import Policy


def package_aliases(policies: Iterable[Policy]) -> dict[str, str]:
    """
    A name for each package to be imported under: our own, so that no package's name can shadow anything.
    """
    paths = sorted({policy.package for policy in policies})
    return {path: f"p{number}" for number, path in enumerate(paths)}


def new_value(policy: Policy, alias: str) -> str:
    """
    Go for a new value of the type, as its receivers and its kind allow.
    """
    if policy.composite:
        return f"{'&' if policy.pointer else ''}{alias}.{policy.type}{{}}"
    return f"{'' if policy.pointer else '*'}new({alias}.{policy.type})"
