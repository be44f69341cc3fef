"""
The images of a Docker engine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from policy_tasks.errors import BuildError, PolicyTasksError, RegistryError
from policy_tasks.names import Platform, Reference, is_digest
from policy_tasks.toolchain.credentials import credentials
from policy_tasks.toolchain.docker_api import DockerApi
from policy_tasks.toolchain.docker_build import build
from policy_tasks.toolchain.docker_failure import Failure


class ImageFacts(NamedTuple):
    """
    What an engine knows of an image; `digests` are `REPOSITORY@DIGEST` of those that registries have, `tags` its names as
    `REPOSITORY:TAG`.
    """

    id: str
    os: str
    arch: str
    user: str
    env: tuple[str, ...]
    digests: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class DockerEngine:
    """
    A Docker engine that answered once. Each method raises `ToolError` where it no longer does.
    """

    def __init__(self, api: DockerApi) -> None:
        self.api = api

    def inspect(self, name: str) -> ImageFacts | None:
        """
        What the engine knows of the image with this name or ID; None where it has none.
        """
        return self.api.request("GET", f"/images/{name}/json", read=_facts) if name else None

    def tags(self, repository: str) -> list[str]:
        """
        The engine's images of a repository, as `REPOSITORY:TAG`. This takes longer than to inspect one that is known.
        """
        query = {"filters": json.dumps({"reference": [repository]})}
        return self.api.request("GET", "/images/json", query, read=_tags) or []

    def image_id(self, reference: str) -> str | None:
        """
        The ID of the image that has this name, if any.
        """
        found = self.inspect(reference)
        return found.id if found else None

    def build(self, context: bytes, platform: Platform) -> str:
        """
        Build the Dockerfile in this tar, and return the new image's ID. It gets no name yet. Raises `BuildError`.
        """
        return build(self.api, context, platform)

    def check(self, image_id: str, platform: Platform, user: str) -> None:
        """
        See that an image is what was asked for, before it gets the name by which people run it.
        """
        found = self.inspect(image_id) or ImageFacts("", "", "", "", ())
        wrong = []
        if found.user != user:
            wrong.append(f"its user is {found.user!r}, not {user!r}")
        if (found.os, found.arch) != (platform.os, platform.arch):
            wrong.append(f"it is for {found.os}/{found.arch}, not for {platform}")
        if wrong:
            raise BuildError.of(
                "the Docker engine built something else",
                where=self.api.address,
                why="; ".join(wrong),
                fix="use --engine oci, which needs no Docker engine",
            )

    def tag(self, image_id: str, reference: Reference) -> None:
        """
        Give the image its name.
        """
        query = {"repo": reference.repository, "tag": reference.tag}
        failure = self.api.failure(f"the image was not named {reference}", BuildError)
        self.api.request("POST", f"/images/{image_id}/tag", query, failure, read=lambda answer: answer)

    @contextmanager
    def removed_on_error(self, image_id: str) -> Iterator[None]:
        """
        Remove the image if an error is raised before it gets a name. One that has a name is an older image with the same
        contents, and somebody's: the engine would take away that name, too.
        """
        try:
            yield
        except BaseException:
            with suppress(PolicyTasksError):
                found = self.inspect(image_id)
                if found and not found.tags and not found.digests:
                    self.api.request("DELETE", f"/images/{image_id}", read=lambda answer: answer)
            raise

    def save(self, reference: Reference, target: Path) -> None:
        """
        Write the image to a file that `docker load` takes.
        """
        failure = self.api.failure(f"{reference} was not saved", BuildError)
        with target.open("wb") as file:
            for chunk in failure.stream(lambda: self.api.sdk().get_image(str(reference), chunk_size=1 << 20)):
                file.write(chunk)

    def push(self, reference: Reference) -> str:
        """
        Push the image, and return the digest that it has in the registry. Raises `RegistryError`.
        """
        auth_config = credentials(reference.registry)
        options = {"tag": reference.tag, "stream": True, "decode": True, "auth_config": auth_config}
        digest = ""
        failure = self.api.failure(f"{reference} was not pushed", RegistryError, reference)
        for event in failure.events(lambda: self.api.sdk().push(reference.repository, **options)):
            aux = event.get("aux")
            digest = str(aux.get("Digest", digest)) if isinstance(aux, dict) else digest
        if not is_digest(digest):
            raise failure.error("the engine did not say the digest that it has in the registry")
        return digest

    def pull(self, reference: Reference, platform: Platform, failure: Failure, timeout: int) -> None:
        """
        Pull an image. Raises what `failure` says, also where the registry is silent for `timeout` seconds.
        """
        options = {
            "tag": reference.digest or reference.tag,
            "platform": platform.container,
            "auth_config": credentials(reference.registry),
        }

        with failure.translated_errors():
            client = self.api.sdk()
        usual, client.timeout = client.timeout, timeout
        try:
            for _ in failure.events(lambda: client.pull(reference.repository, stream=True, decode=True, **options)):
                pass
        finally:
            client.timeout = usual  # a client may be the connection's, for all that follows


def _tags(images: Any) -> list[str]:
    return [str(tag) for image in images for tag in image.get("RepoTags") or ()]


def _facts(image: Any) -> ImageFacts:
    config = image.get("Config") or {}
    env = tuple(each for each in config.get("Env") or () if isinstance(each, str))
    digests, tags = (tuple(map(str, image.get(key) or ())) for key in ("RepoDigests", "RepoTags"))
    user = str(config.get("User", ""))
    return ImageFacts(str(image["Id"]), str(image["Os"]), str(image["Architecture"]), user, env, digests, tags)
