"""
What the user's Docker configuration holds for one registry: a name and password, an identity token, or a helper's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policy_tasks.errors import RegistryError
from policy_tasks.toolchain.process import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """
    What to show a registry: a name with a password, or an identity token, or nothing.
    """

    name: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)


def credentials(registry: str) -> Credentials:
    """
    The credentials for this registry (empty for Docker Hub), however the configuration and its helpers spell them.
    """
    known = {key.lower(): value or "" for key, value in docker_credentials(registry).items()}
    return Credentials(
        name=known.get("username", ""),
        password=known.get("password", ""),
        identity_token=known.get("identitytoken", ""),
    )


def docker_credentials(registry: str) -> Mapping[str, Any]:
    """
    The entry for this registry as the Docker engine wants it; an empty mapping where there is none.

    Only the helper of this registry is asked, so that another one that is broken harms nobody.
    """
    import docker.auth
    import docker.errors

    try:
        return docker.auth.load_config().resolve_authconfig(registry or None) or {}
    except (docker.errors.DockerException, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        # The SDK takes the shape of the file, and of a helper's answer, for granted.
        raise RegistryError.of(
            "the credentials cannot be read",
            where=f"the Docker configuration, for {registry or 'Docker Hub'}",
            why=printable(str(error)),
            fix="log in anew with: docker login; or correct ~/.docker/config.json",
        ) from None
