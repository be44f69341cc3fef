"""
The Docker engine: asked what it has, handed a Dockerfile with its context.

The SDK reports what goes wrong in a build, pull or push as lines of a stream that it does not look at itself
(https://github.com/docker/docker-py/issues/1772): every stream is read to its end here.
"""

from __future__ import annotations

import http.client
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from policy_tasks.errors import BuildError, PolicyTasksError, RegistryError, ToolError
from policy_tasks.names import Platform, Reference, parse_image
from policy_tasks.shown import printable
from policy_tasks.toolchain import alpine
from policy_tasks.toolchain.credentials import credentials
from policy_tasks.toolchain.docker_transport import SILENT_FOR, SdkTransport, UnixTransport
from policy_tasks.toolchain.image_config import STATIC

log = logging.getLogger(__name__)

T = TypeVar("T")

# Seconds. For `auto` a pull is a wish: a registry that does not answer must not hold up the build.
_AUTO_PULL_WITHIN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """
    A base image that the engine has: its name, its ID (empty for the built-in one), and its environment.
    """

    name: str
    id: str = ""
    env: tuple[str, ...] = ()


class DockerEngine:
    """
    A Docker engine that answered. `sdk` gives the SDK's client, for what has to pull, push or save.
    """

    def __init__(self, transport: UnixTransport | SdkTransport, sdk: Callable[[], Any], address: str) -> None:
        self._transport = transport
        self._sdk = sdk
        self.address = address

    def base(self, wanted: str, platform: Platform) -> Base:
        """
        The base image for this platform, pulled where it is not present.

        `auto` ends with the built-in one where there is no Alpine; an explicit one that cannot be had is an error.
        """
        if wanted == STATIC:
            return Base(name=STATIC)
        if wanted == "auto":
            return self._auto_base(platform)
        return self._present(wanted, platform) or self._pulled(wanted, platform)

    def image_id(self, reference: str) -> str | None:
        """
        The ID of the image that has this name, if any.
        """
        found = self._inspect(reference)
        return found["Id"] if found else None

    def build(self, context: bytes, platform: Platform) -> str:
        """
        Build the Dockerfile in this tar, and say the new image's ID. It gets no name yet.

        BuildKit first, which takes a third of the classic builder's time. Without a session, which only the docker command
        speaks (https://github.com/docker/docker-py/issues/2230), some engines' BuildKit finds no base that is present
        (https://github.com/moby/buildkit/issues/5309); then it is the classic builder's turn, whose word counts.
        """
        version = self._ask("GET", "/version")
        native = (version.get("Os"), version.get("Arch")) == (platform.os, platform.arch) and not platform.variant
        # Asked for its own platform, an engine of 20.10 wants to be in experimental mode.
        query = {"rm": "1", "forcerm": "1"} | ({} if native else {"platform": str(platform)})
        try:
            return self._build(context, {**query, "version": "2"})
        except BuildError:
            return self._build(context, query)

    def _build(self, context: bytes, query: dict[str, str]) -> str:
        image_id = ""
        failure = _Failure("the Docker engine did not build the image", BuildError, self.address)
        for event in self._stream(failure, lambda: self._lines("/build", query, context)):
            # BuildKit's own records of its progress have a text where this has an object.
            aux = event.get("aux")
            image_id = aux.get("ID", image_id) if isinstance(aux, dict) else image_id
        return image_id

    def _lines(self, path: str, query: dict[str, str], body: bytes) -> Iterator[dict[str, Any]]:
        with self._transport.send("POST", path, query=query, body=body) as answer:
            if answer.status != 200:
                yield {"error": _message(answer.read())}
            else:
                yield from (json.loads(line) for line in answer if line.strip())

    def check(self, image_id: str, platform: Platform, user: str) -> None:
        """
        See that an image is what was asked for, before it gets the name by which people run it.
        """
        found = self._inspect(image_id) or {}
        wrong = []
        if found.get("Config", {}).get("User") != user:
            wrong.append(f"its user is {found.get('Config', {}).get('User')!r}, not {user!r}")
        if (found.get("Os"), found.get("Architecture")) != (platform.os, platform.arch):
            wrong.append(f"it is for {found.get('Os')}/{found.get('Architecture')}, not for {platform}")
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
        self._ask("POST", f"/images/{image_id}/tag", query)

    def discard(self, image_id: str) -> None:
        """
        Remove an image that has no name; one that got a name meanwhile stays.
        """
        found = self._inspect(image_id)
        if found and not found.get("RepoTags"):
            self._ask("DELETE", f"/images/{image_id}")

    def save(self, reference: Reference, target: Path) -> None:
        """
        Write the image to a file that `docker load` takes.
        """
        failure = _Failure(f"{reference} was not saved", BuildError, self.address)
        with target.open("wb") as file:
            for chunk in self._guard(failure, lambda: self._sdk().get_image(str(reference), chunk_size=1 << 20)):
                file.write(chunk)

    def push(self, reference: Reference) -> str:
        """
        Push the image, and say the digest that the registry knows it by.
        """
        access = credentials(reference.registry)
        options = {"tag": reference.tag, "stream": True, "decode": True, "auth_config": access}
        digest = ""
        failure = _Failure(f"{reference} was not pushed", RegistryError, reference)
        for event in self._stream(failure, lambda: self._sdk().push(reference.repository, **options)):
            digest = (event.get("aux") or {}).get("Digest", digest)
        if not re.fullmatch("sha256:[0-9a-f]{64}", digest):
            raise failure.error("the engine did not say the digest that it has in the registry")
        return digest

    def _auto_base(self, platform: Platform) -> Base:
        found = self._present(alpine.ALPINE, platform) or self._present(alpine.newest(self._alpines()) or "", platform)
        if found:
            return found
        try:
            return self._pulled(alpine.ALPINE, platform, _AUTO_PULL_WITHIN)
        except PolicyTasksError as error:
            why = printable(error.why.splitlines()[0][:200])
            missing = f"there is no {alpine.ALPINE} for {platform} here and it cannot be pulled"
            log.info("image: the built-in base, as %s: %s", missing, why)
            return Base(name=STATIC)

    def _alpines(self) -> list[str]:
        images = self._ask("GET", "/images/json", {"filters": json.dumps({"reference": ["alpine"]})})
        return [tag for image in images for tag in image.get("RepoTags") or ()]

    def _present(self, name: str, platform: Platform) -> Base | None:
        found = self._inspect(name)
        if not found or (found["Os"], found["Architecture"]) != (platform.os, platform.arch):
            return None
        return Base(name=name, id=found["Id"], env=tuple((found.get("Config") or {}).get("Env") or ()))

    def _pulled(self, name: str, platform: Platform, within: int = SILENT_FOR) -> Base:
        log.info("image: pulling %s", name)
        reference = parse_image(name, "image.base (--base)")
        options = {
            "tag": reference.digest or reference.tag,
            "platform": str(platform),
            "auth_config": credentials(reference.registry),
        }
        failure = _Failure(f"the base image {name} cannot be had", RegistryError, name)
        for _ in self._stream(failure, lambda: self._pull(reference.repository, options, within)):
            pass
        found = self._present(name, platform)
        if not found:
            raise failure.error(f"the registry has it, but not for {platform}")
        return found

    def _pull(self, repository: str, options: dict[str, Any], within: int) -> Iterable[dict[str, Any]]:
        api = self._sdk()
        api.timeout = within
        events: Iterable[dict[str, Any]] = api.pull(repository, stream=True, decode=True, **options)
        return events

    def _inspect(self, name: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._ask("GET", f"/images/{name}/json") if name else None
        return found

    def _ask(self, method: str, path: str, query: dict[str, str] | None = None) -> Any:
        """
        The engine's answer, or None for what it does not have.
        """
        failure = _Failure("the Docker engine failed", ToolError, self.address)
        (answer,) = self._guard(failure, lambda: [self._answer(method, path, query)])
        status, body = answer
        if status == 404 and method == "GET":
            return None
        if status >= 400:
            raise failure.error(_message(body))
        return json.loads(body) if body else None

    def _answer(self, method: str, path: str, query: dict[str, str] | None) -> tuple[int, bytes]:
        with self._transport.send(method, path, query=query) as answer:
            return answer.status, answer.read()

    def _stream(self, failure: _Failure, start: Callable[[], Iterable[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
        for event in self._guard(failure, start):
            if "error" in event or "errorDetail" in event:
                raise failure.error((event.get("errorDetail") or {}).get("message") or str(event.get("error")))
            yield event

    def _guard(self, failure: _Failure, start: Callable[[], Iterable[T]]) -> Iterator[T]:
        """
        What the engine says, bit by bit: its refusal, or its end, is an error of ours, whoever carried the message.
        """
        try:
            yield from start()
        except PolicyTasksError:
            raise
        except Exception as error:
            explanation = getattr(error, "explanation", None)  # of the SDK's error for an answer of 400 or more
            if explanation:
                raise failure.error(str(explanation)) from None
            if not _is_of_the_line(error):
                raise
            raise _died(self.address, error) from None


@dataclass(frozen=True, slots=True)
class _Failure:
    """
    How the failure of a stream is told.
    """

    what: str
    kind: type[PolicyTasksError]
    where: object

    def error(self, why: str) -> PolicyTasksError:
        why = printable(why)
        return self.kind.of(self.what, where=self.where, why=why, fix=_fix(self.kind, why))


def _died(address: str, error: Exception) -> PolicyTasksError:
    return ToolError.of(
        "the Docker engine failed",
        where=address,
        why=printable(str(error)),
        fix="look at the engine's own log, then run again; or use --engine oci, which needs none",
    )


def _is_of_the_line(error: Exception) -> bool:
    """
    Whether the connection failed, or an answer was cut: each library on the way has errors of its own for that.
    """
    return isinstance(error, (OSError, ValueError, http.client.HTTPException)) or type(error).__module__.startswith(
        ("docker.", "requests.", "urllib3.")
    )


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode("utf-8", "replace")[:500]


def _fix(kind: type[PolicyTasksError], why: str) -> str:
    if kind is BuildError:
        return "look at the engine's message; or use --engine oci, which needs none"
    if "denied" in why or "unauthorized" in why or "authentication" in why:
        return "log in with: docker login REGISTRY; and see that the name is one you may use"
    return "see that the name is right and the registry can be reached from the Docker engine"
