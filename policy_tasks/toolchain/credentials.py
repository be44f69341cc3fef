"""
What the user's Docker configuration holds for one registry: a name and password, an identity token, or a helper's answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policy_tasks.toolchain.credential_helper import ask
from policy_tasks.toolchain.docker_config import DockerConfig, read_config


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

    Only the entry and the helper of this registry are looked at, so that another one that is broken harms nobody. Raises
    `RegistryError`.
    """
    import docker.auth

    config = read_config()
    # The name that Docker writes for its own registry is an address.
    server = docker.auth.INDEX_URL if registry in ("", docker.auth.INDEX_NAME) else registry
    helper = config.mapping("credHelpers").get(server) or config.values.get("credsStore")
    if helper and not isinstance(helper, str):
        raise config.error(f"the helper for {server} is no name")
    return (helper and ask(helper, server, config.file)) or _written(config, registry)


def _written(config: DockerConfig, registry: str) -> Mapping[str, Any]:
    """
    The entry in the file itself.
    """
    import docker.auth
    import docker.errors

    # As old as Docker's files are they may have nothing but entries.
    known = {"auths", "credsStore", "credHelpers"} & config.values.keys()
    entries = config.mapping("auths") if known else config.values
    wanted = docker.auth.resolve_index_name(registry or docker.auth.INDEX_NAME)
    entries = {key: value for key, value in entries.items() if docker.auth.resolve_index_name(key) == wanted}
    try:
        auths = docker.auth.parse_auth(entries, raise_on_error=bool(known))
    except (docker.errors.DockerException, ValueError, TypeError):
        # Without what the library says, which may have the password.
        raise config.error(f"what it has for {registry or 'Docker Hub'} is no name with a password") from None
    return docker.auth.AuthConfig({"auths": auths}).resolve_authconfig(registry or None) or {}


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
