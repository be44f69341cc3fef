"""
The Docker engine: asked what it has, handed a Dockerfile with its context.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from policy_tasks.errors import BuildError, PolicyTasksError, RegistryError, ToolError
from policy_tasks.names import Platform, Reference
from policy_tasks.toolchain.credentials import credentials
from policy_tasks.toolchain.docker_failure import Failure, message_of
from policy_tasks.toolchain.docker_transport import ASKED_WITHIN, SdkTransport, UnixTransport

T = TypeVar("T")


class ImageFacts(NamedTuple):
    """
    What an engine knows of an image; `digests` are `REPOSITORY@DIGEST` of those that registries have.
    """

    id: str
    os: str
    arch: str
    user: str
    env: tuple[str, ...]
    digests: tuple[str, ...] = ()


class DockerEngine:
    """
    A Docker engine that answered. `sdk` gives the SDK's client, for what has to pull, push or save.
    """

    def __init__(self, transport: UnixTransport | SdkTransport, sdk: Callable[[], Any], address: str) -> None:
        self._transport = transport
        self._sdk = sdk
        self.address = address

    def failure(self, what: str, kind: type[PolicyTasksError], where: object = None) -> Failure:
        """
        How a failure of this engine is told.
        """
        return Failure(what, kind, where or self.address, self.address)

    def inspect(self, name: str) -> ImageFacts | None:
        """
        What the engine knows of the image with this name or ID; None where it has none.
        """
        return self._ask("GET", f"/images/{name}/json", read=_facts) if name else None

    def names(self, repository: str) -> list[str]:
        """
        The tags that the engine has of a repository. This takes longer than to ask for one that is known.
        """
        query = {"filters": json.dumps({"reference": [repository]})}
        read = lambda images: [str(tag) for image in images for tag in image.get("RepoTags") or ()]  # noqa: E731
        return self._ask("GET", "/images/json", query, read=read) or []

    def image_id(self, reference: str) -> str | None:
        """
        The ID of the image that has this name, if any.
        """
        found = self.inspect(reference)
        return found.id if found else None

    def build(self, context: bytes, platform: Platform) -> str:
        """
        Build the Dockerfile in this tar, and say the new image's ID. It gets no name yet.

        BuildKit first, which takes a third of the classic builder's time. Without a session, which only the docker command
        speaks (https://github.com/docker/docker-py/issues/2230), some engines' BuildKit finds no base that is present
        (https://github.com/moby/buildkit/issues/5309); then it is the classic builder's turn, whose word counts.
        """
        version = self._ask("GET", "/version", read=lambda said: (said.get("Os"), said.get("Arch")))
        native = version == (platform.os, platform.arch) and not platform.variant
        # Asked for its own platform, an engine of 20.10 wants to be in experimental mode.
        query = {"rm": "1", "forcerm": "1"} | ({} if native else {"platform": platform.container})
        try:
            return self._build(context, {**query, "version": "2"})
        except BuildError as first:
            try:
                return self._build(context, query)
            except BuildError as error:
                failure = self.failure("the Docker engine did not build the image", BuildError)
                raise failure.error(f"{error.why}\n(BuildKit said: {first.why})") from None

    def _build(self, context: bytes, query: dict[str, str]) -> str:
        image_id = ""
        failure = self.failure("the Docker engine did not build the image", BuildError)
        for event in failure.events(lambda: self._lines("/build", query, context)):
            # BuildKit's own records of its progress have a text where this has an object.
            aux = event.get("aux")
            image_id = str(aux.get("ID", image_id)) if isinstance(aux, dict) else image_id
        if not re.fullmatch("sha256:[0-9a-f]{64}", image_id):
            raise failure.error("the engine did not say the ID of what it built")
        return image_id

    def _lines(self, path: str, query: dict[str, str], body: bytes) -> Iterator[dict[str, Any]]:
        with self._transport.send("POST", path, query=query, body=body) as answer:
            if answer.status != 200:
                yield {"error": message_of(answer.read())}
            else:
                yield from (json.loads(line) for line in answer if line.strip())

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
                where=self.address,
                why="; ".join(wrong),
                fix="use --engine oci, which needs no Docker engine",
            )

    def tag(self, image_id: str, reference: Reference) -> None:
        """
        Give the image its name.
        """
        query = {"repo": reference.repository, "tag": reference.tag}
        failure = self.failure(f"the image was not named {reference}", BuildError)
        self._ask("POST", f"/images/{image_id}/tag", query, failure, read=lambda said: said)

    @contextmanager
    def discarding(self, image_id: str) -> Iterator[None]:
        """
        Remove the image, which nobody has a name for, if it turns out that nobody is to have it.
        """
        try:
            yield
        except BaseException:
            with suppress(PolicyTasksError):
                self._ask("DELETE", f"/images/{image_id}", read=lambda said: said)
            raise

    def save(self, reference: Reference, target: Path) -> None:
        """
        Write the image to a file that `docker load` takes.
        """
        failure = self.failure(f"{reference} was not saved", BuildError)
        with target.open("wb") as file:
            for chunk in failure.guarded(lambda: self._sdk().get_image(str(reference), chunk_size=1 << 20)):
                file.write(chunk)

    def push(self, reference: Reference) -> str:
        """
        Push the image, and say the digest that the registry knows it by.
        """
        access = credentials(reference.registry)
        options = {"tag": reference.tag, "stream": True, "decode": True, "auth_config": access}
        digest = ""
        failure = self.failure(f"{reference} was not pushed", RegistryError, reference)
        for event in failure.events(lambda: self._sdk().push(reference.repository, **options)):
            digest = (event.get("aux") or {}).get("Digest", digest)
        if not re.fullmatch("sha256:[0-9a-f]{64}", digest):
            raise failure.error("the engine did not say the digest that it has in the registry")
        return digest

    def pull(self, reference: Reference, platform: Platform, failure: Failure, within: int) -> None:
        """
        Pull an image; a registry may be silent for `within` seconds.
        """
        options = {
            "tag": reference.digest or reference.tag,
            "platform": platform.container,
            "auth_config": credentials(reference.registry),
        }

        def start() -> Any:
            api = self._sdk()
            api.timeout = within
            return api.pull(reference.repository, stream=True, decode=True, **options)

        for _ in failure.events(start):
            pass

    def _ask(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        failure: Failure | None = None,
        *,
        read: Callable[[Any], T],
    ) -> T | None:
        """
        What `read` takes out of the engine's answer, or None for what it does not have.
        """
        failure = failure or self.failure("the Docker engine failed", ToolError)
        (answer,) = failure.guarded(lambda: [self._answer(method, path, query)])
        status, body = answer
        if status == 404 and method == "GET":
            return None
        if status >= 300:
            raise failure.error(message_of(body) or f"it answers {status}")
        try:
            return read(json.loads(body)) if body else None
        except (ValueError, TypeError, AttributeError, KeyError):
            raise failure.error("what answers there does not answer as a Docker engine does") from None

    def _answer(self, method: str, path: str, query: dict[str, str] | None) -> tuple[int, bytes]:
        with self._transport.send(method, path, query=query, timeout=ASKED_WITHIN) as answer:
            return answer.status, answer.read()


def _facts(said: Any) -> ImageFacts:
    config = said.get("Config") or {}
    env = tuple(each for each in config.get("Env") or () if isinstance(each, str))
    digests = tuple(map(str, said.get("RepoDigests") or ()))
    user = str(config.get("User", ""))
    return ImageFacts(str(said["Id"]), str(said["Os"]), str(said["Architecture"]), user, env, digests)
