"""
What the user's Docker configuration holds for one registry: a name and password, an identity token, or a helper's answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policy_tasks.errors import RegistryError
from policy_tasks.printable import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """
    A name with a password, or an identity token that stands for both.
    """

    name: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)


def credentials(registry: str) -> Mapping[str, Any]:
    """
    The entry for this registry (empty for Docker Hub) as the Docker engine takes it; an empty mapping where there is none,
    without which newer engines drop the connection (https://github.com/docker/docker-py/issues/3348).

    Only the helper of this registry is asked, so that another one that is broken harms nobody.
    """
    import docker.auth
    import docker.errors

    try:
        return docker.auth.load_config().resolve_authconfig(registry or None) or {}
    except (docker.errors.DockerException, OSError, ValueError) as error:
        raise RegistryError.of(
            "the credentials cannot be read",
            where=f"the Docker configuration, for {registry or 'Docker Hub'}",
            why=printable(str(error)),
            fix=f"log in anew with: {f'docker login {registry}'.rstrip()}; or correct ~/.docker/config.json",
        ) from None


def parsed_credentials(registry: str) -> Credentials:
    """
    The same entry, parsed: the configuration writes its keys in lower case, a credential helper does not.
    """
    entry = {key.lower(): value for key, value in credentials(registry).items()}
    return Credentials(
        name=entry.get("username") or "",
        password=entry.get("password") or "",
        identity_token=entry.get("identitytoken") or "",
    )
