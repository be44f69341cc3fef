"""
What the user's Docker configuration holds for one registry: a name and password, an identity token, or a helper's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_tasks.errors import RegistryError
from policy_tasks.toolchain.process import printable


def credentials(registry: str) -> Mapping[str, Any]:
    """
    The entry for this registry (empty for Docker Hub); an empty mapping where there is none.

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
            fix="log in anew with: docker login; or correct ~/.docker/config.json",
        ) from None
