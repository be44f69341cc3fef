"""
The Docker engine: found, asked what it has, handed a Dockerfile with its context. The only import of docker.

The SDK reports what goes wrong in a build, pull or push as lines of a stream that it does not look at itself
(https://github.com/docker/docker-py/issues/1772): every stream is read to its end here.
"""

from __future__ import annotations

import io
import json
import logging
import os
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policy_tasks.errors import BuildError, PolicyTasksError, RegistryError, ToolError
from policy_tasks.names import Platform, Reference, parse_image
from policy_tasks.toolchain import alpine
from policy_tasks.toolchain.credentials import credentials
from policy_tasks.toolchain.image_config import STATIC
from policy_tasks.toolchain.process import printable

log = logging.getLogger(__name__)

_SOCKET = "unix:///var/run/docker.sock"
# Seconds. A daemon that is there answers at once; one that builds or pushes may be silent for long.
_ANSWERS_WITHIN = 10
_SILENT_FOR = 600
# For `auto` a pull is a wish: a registry that does not answer must not hold up the build.
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
    A Docker engine that answered.
    """

    def __init__(self, client: Any, address: str) -> None:
        self._api = client
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

    def build(self, context: bytes, platform: Platform, *, is_native: bool) -> str:
        """
        Build the Dockerfile in this tar, and say the new image's ID. It gets no name yet.

        BuildKit first, which takes a third of the classic builder's time. Without a session, which the SDK does not
        speak (https://github.com/docker/docker-py/issues/2230), some engines' BuildKit finds no base that is present
        (https://github.com/moby/buildkit/issues/5309); then it is the classic builder's turn, whose word counts.
        """
        # Asked for its own platform, an engine of 20.10 wants to be in experimental mode.
        options = {} if is_native else {"platform": str(platform)}
        try:
            return self._build(self._buildkit, context, options)
        except BuildError:
            return self._build(self._classic, context, options)

    def _build(self, builder: Callable[..., Iterable[dict[str, Any]]], context: bytes, options: dict[str, str]) -> str:
        image_id = ""
        failure = _Failure("the Docker engine did not build the image", BuildError, self.address)
        for event in self._stream(failure, lambda: builder(context, options)):
            # BuildKit's own records of its progress have a text where this has an object.
            aux = event.get("aux")
            image_id = aux.get("ID", image_id) if isinstance(aux, dict) else image_id
        return image_id

    def _classic(self, context: bytes, options: dict[str, str]) -> Any:
        return self._api.build(
            fileobj=io.BytesIO(context), custom_context=True, rm=True, forcerm=True, decode=True, **options
        )

    def _buildkit(self, context: bytes, options: dict[str, str]) -> Iterator[dict[str, Any]]:
        url = f"{self._api.base_url}/v{self._api.api_version}/build"
        headers = {"Content-Type": "application/x-tar"}
        parameters = {"version": "2", **options}
        with self._api.post(
            url, params=parameters, data=context, headers=headers, stream=True, timeout=_SILENT_FOR
        ) as answer:
            if answer.status_code != 200:
                yield {"error": answer.text}
            else:
                yield from (json.loads(line) for line in answer.iter_lines() if line)

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
        self._call("tag", image_id, reference.repository, reference.tag)

    def save(self, reference: Reference, target: Path) -> None:
        """
        Write the image to a file that `docker load` takes.
        """
        with target.open("wb") as file:
            for chunk in self._call("get_image", str(reference), chunk_size=1 << 20):
                file.write(chunk)

    def push(self, reference: Reference) -> str:
        """
        Push the image, and say the digest that the registry knows it by.
        """
        access = credentials(reference.registry)
        options = {"tag": reference.tag, "stream": True, "decode": True, "auth_config": access}
        digest = ""
        failure = _Failure(f"{reference} was not pushed", RegistryError, reference)
        for event in self._stream(failure, lambda: self._api.push(reference.repository, **options)):
            digest = event.get("aux", {}).get("Digest", digest)
        return digest

    def _auto_base(self, platform: Platform) -> Base:
        tags = [tag for image in self._call("images", name="alpine") for tag in image.get("RepoTags") or ()]
        there = alpine.newest(tags)
        found = self._present(there, platform) if there else None
        if found:
            return found
        self._api.timeout = _AUTO_PULL_WITHIN
        try:
            return self._pulled(alpine.ALPINE, platform)
        except PolicyTasksError as error:
            why = printable(error.why.splitlines()[0][:200])
            log.info("image: the built-in base, as there is no %s here and it cannot be pulled: %s", alpine.ALPINE, why)
            return Base(name=STATIC)
        finally:
            self._api.timeout = _SILENT_FOR

    def _present(self, name: str, platform: Platform) -> Base | None:
        found = self._inspect(name)
        if not found or (found["Os"], found["Architecture"]) != (platform.os, platform.arch):
            return None
        return Base(name=name, id=found["Id"], env=tuple((found.get("Config") or {}).get("Env") or ()))

    def _pulled(self, name: str, platform: Platform) -> Base:
        log.info("image: pulling %s", name)
        reference = parse_image(name, "image.base (--base)")
        options = {
            "tag": reference.digest or reference.tag,
            "platform": str(platform),
            "auth_config": credentials(reference.registry),
        }
        failure = _Failure(f"the base image {name} cannot be had", RegistryError, name)
        for _ in self._stream(
            failure, lambda: self._api.pull(reference.repository, stream=True, decode=True, **options)
        ):
            pass
        found = self._present(name, platform)
        if not found:
            raise failure.error(f"the registry has it, but not for {platform}")
        return found

    def _inspect(self, name: str) -> dict[str, Any] | None:
        import docker.errors

        try:
            found: dict[str, Any] = self._call("inspect_image", name)
        except docker.errors.ImageNotFound:
            return None
        return found

    def _call(self, method: str, *arguments: Any, **options: Any) -> Any:
        import docker.errors
        import requests

        try:
            return getattr(self._api, method)(*arguments, **options)
        except docker.errors.NotFound:
            raise
        except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
            raise _died(self.address, error) from None

    def _stream(self, failure: _Failure, start: Callable[[], Iterable[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
        import docker.errors
        import requests
        import urllib3

        try:
            for event in start():
                if "error" in event or "errorDetail" in event:
                    raise failure.error((event.get("errorDetail") or {}).get("message") or str(event.get("error")))
                yield event
        except docker.errors.APIError as error:
            raise failure.error(error.explanation or str(error)) from None
        except (
            docker.errors.DockerException,
            requests.exceptions.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
        ) as error:
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


def connect() -> DockerEngine:
    """
    The Docker engine that the docker command would talk to: DOCKER_HOST, else the current context, else the socket.

    Raises `ToolError` that says which socket was tried and what is in the way.
    """
    import docker
    import docker.errors
    from docker.context import ContextAPI

    address = os.environ.get("DOCKER_HOST", "")
    try:
        context = str(ContextAPI.kwargs_from_context().get("base_url") or _SOCKET)
        address = address or context.replace("http+unix://", "unix://")
        client = docker.from_env(timeout=_ANSWERS_WITHIN, use_ssh_client=True)
        # What is not needed is not sent: a build would pass the daemon every credential of every helper.
        client.api.timeout = _SILENT_FOR
        client.api.reload_config(os.devnull + "/none")
    except (docker.errors.DockerException, OSError, ValueError, RuntimeError) as error:
        raise _no_engine(address or _SOCKET, error) from None
    return DockerEngine(client.api, address)


def _no_engine(address: str, error: Exception) -> PolicyTasksError:
    path = Path(address.removeprefix("unix://"))
    if not address.startswith("unix://"):
        why, fix = printable(str(error)), "see to it that DOCKER_HOST or the docker context names an engine that runs"
    elif not path.exists():
        why, fix = "there is no such socket", "start Docker, or set DOCKER_HOST"
    else:
        why, fix = _try_socket(path)
    return ToolError.of(
        "no Docker engine answers", where=address, why=why, fix=f"{fix}; or use --engine oci, which needs none"
    )


def _try_socket(path: Path) -> tuple[str, str]:
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(_ANSWERS_WITHIN)
            probe.connect(str(path))
    except PermissionError:
        group = _group(path)
        return (
            f"permission denied: the socket belongs to the group {group}",
            f"run: sudo usermod -aG {group} $USER, and log in anew",
        )
    except OSError as error:
        return f"the socket is dead: {error.strerror or error}", "start Docker"
    return "something else than a Docker engine listens there, or it hangs", "restart Docker"


def _group(path: Path) -> str:
    try:
        return path.group()
    except (KeyError, OSError):
        return str(path.stat().st_gid)


def _died(address: str, error: Exception) -> PolicyTasksError:
    return ToolError.of(
        "the Docker engine failed",
        where=address,
        why=printable(str(error)),
        fix="look at the engine's own log, then run again; or use --engine oci, which needs none",
    )


def _fix(kind: type[PolicyTasksError], why: str) -> str:
    if kind is BuildError:
        return "look at the engine's message; or use --engine oci, which needs none"
    if "denied" in why or "unauthorized" in why or "authentication" in why:
        return "log in with: docker login REGISTRY; and see that the name is one you may use"
    return "see that the name is right and the registry can be reached from the Docker engine"
