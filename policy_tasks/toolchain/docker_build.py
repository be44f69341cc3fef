"""
An image built by the Docker engine.
"""

from __future__ import annotations

from policy_tasks.errors import BuildError
from policy_tasks.names import Platform, is_digest
from policy_tasks.toolchain.docker_api import DockerApi


def build(api: DockerApi, context: bytes, platform: Platform) -> str:
    """
    Build the Dockerfile in this tar, and return the new image's ID. It gets no name yet. Raises `BuildError`.

    BuildKit first, which takes a third of the classic builder's time. Without a session, which only the docker command
    speaks (https://github.com/docker/docker-py/issues/2230), some engines' BuildKit does not find a base image that the engine
    has (https://github.com/moby/buildkit/issues/5309): where BuildKit fails, the classic builder is tried.
    """
    engine_platform = api.request("GET", "/version", read=lambda version: (version.get("Os"), version.get("Arch")))
    native = engine_platform == (platform.os, platform.arch) and not platform.variant
    # An engine of 20.10 takes a platform, even its own, only in experimental mode.
    query = {"rm": "1", "forcerm": "1"} | ({} if native else {"platform": platform.container})
    try:
        return _build(api, context, {**query, "version": "2"})
    except BuildError as first:
        try:
            return _build(api, context, query)
        except BuildError as error:
            failure = api.failure("the Docker engine did not build the image", BuildError)
            raise failure.error(f"{error.why}\n(BuildKit said: {first.why})") from None


def _build(api: DockerApi, context: bytes, query: dict[str, str]) -> str:
    image_id = ""
    failure = api.failure("the Docker engine did not build the image", BuildError)
    for event in failure.events(lambda: api.events("/build", query, context)):
        # In BuildKit's records of its progress it is a text.
        aux = event.get("aux")
        image_id = str(aux.get("ID", image_id)) if isinstance(aux, dict) else image_id
    if not is_digest(image_id):
        raise failure.error("the engine did not say the ID of what it built")
    return image_id
