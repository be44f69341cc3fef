"""
The policies as Go source names them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from policy_tasks.model import Constructor, Policy


def package_aliases(policies: Iterable[Policy], prefix: str = "p") -> dict[str, str]:
    """
    A name for each package to be imported under: our own, so that no package's name can shadow anything.
    """
    paths = sorted({policy.package for policy in policies})
    return {path: f"{prefix}{number}" for number, path in enumerate(paths)}


def new_value(policy: Policy, alias: str) -> str:
    """
    Go for a new value of the type, as its receivers and its kind allow.
    """
    if policy.composite:
        return f"{'&' if policy.pointer else ''}{alias}.{policy.type}{{}}"
    return f"{'' if policy.pointer else '*'}new({alias}.{policy.type})"


def construct(policy: Policy, constructor: Constructor, alias: str, wrapper: str = "") -> tuple[str, ...]:
    """
    Go for the body of a function that returns what the constructor makes, or a pointer to it where that is the policy,
    in the struct that is its wrapper if there is one.
    """
    call, error = f"{alias}.{constructor.name}()", "err" if constructor.error else "nil"
    made = "&made" if policy.pointer and not constructor.pointer else "made"
    if wrapper or made != "made":
        value = f"{wrapper}{{{made}}}" if wrapper else made
        return f"made{', err' if constructor.error else ''} := {call}", f"return {value}, {error}"
    return (f"return {call}" if constructor.error else f"return {call}, nil",)


def is_pointer(policy: Policy) -> bool:
    """
    Whether the value that is registered is a *T.
    """
    return policy.pointer or bool(policy.constructor and policy.constructor.pointer)


def registered(policy: Policy, alias: str, number: int) -> dict[str, Any]:
    """
    What a template needs to hand the policy over: `versioned{number}` is the struct around one whose version is in its name.
    """
    zero = new_value(policy, alias)
    wrapper = f"versioned{number}" if policy.version else ""
    base = f"base{number}"
    return {
        "origin": f"{policy.package}.{policy.type}",
        "zero": zero,
        "value": f"{wrapper}{{{zero}}}" if wrapper else zero,
        "construct": construct(policy, policy.constructor, alias, wrapper) if policy.constructor else (),
        "version": policy.version,
        # The name of an embedded field is that of its alias, which no method of the type can have.
        "wrapper": wrapper,
        "base": base,
        "embedded": f"*{base}" if is_pointer(policy) else base,
        "go_type": f"{alias}.{policy.type}",
    }
