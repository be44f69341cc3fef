"""
What a registry refuses, whoever asked it: our own client, or the Docker engine on our behalf.
"""

from __future__ import annotations

import re

from policy_tasks.errors import PolicyTasksError, RegistryError
from policy_tasks.names import Reference
from policy_tasks.toolchain.process import printable

_DENIED = re.compile("denied|unauthorized|forbidden|authenticat|authorization|credentials", re.IGNORECASE)


def not_pushed(reference: Reference, why: str) -> PolicyTasksError:
    """
    The image is not in the registry. A name without a registry belongs to Docker's own images, where nobody may push.
    """
    fix = _fix(reference, why)
    if _DENIED.search(why) and reference.is_unnamed:
        fix = "set image.repo (--repo) to a name in your registry, such as registry.example/team/engine, and log in"
    return RegistryError.of(f"{reference} was not pushed", where=reference, why=printable(why), fix=fix)


def no_base(reference: Reference, why: str) -> PolicyTasksError:
    """
    The base image is not to be had.
    """
    what = f"the base image {reference} cannot be had"
    return RegistryError.of(what, where=reference, why=printable(why), fix=_fix(reference, why))


def _fix(reference: Reference, why: str) -> str:
    if _DENIED.search(why):
        login = f"docker login {reference.registry}".rstrip()
        return f"log in with: {login}; and see that the name is one you may use"
    return "see that the name is right and the registry can be reached"
