"""
The Docker SDK, none of whose errors get past here: they are OSErrors here and RuntimeErrors there. The only import of it.

What goes wrong in a build, pull or push is a line of a stream that the SDK does not look at itself
(https://github.com/docker/docker-py/issues/1772): every stream is read to its end here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import docker
import docker.errors
import requests
import urllib3
from docker.context import ContextAPI

from policy_tasks.errors import PolicyTasksError, ToolError
from policy_tasks.toolchain.docker_socket import ANSWERS_WITHIN, SOCKET, no_engine
from policy_tasks.toolchain.network_errors import reason
from policy_tasks.toolchain.process import printable

# Seconds. An engine that builds or pushes may be silent for long.
SILENT_FOR = 600

# The last three are those of answers that have not the shape that the SDK takes for granted.
_FAULTS = (
    docker.errors.DockerException,
    docker.errors.StreamParseError,
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
)


def connect() -> DockerApi:
    """
    The engine that the docker command would talk to: DOCKER_HOST, else the current context, else the socket.

    Raises `ToolError` that says which socket was tried and what is in the way.
    """
    default = f"unix://{SOCKET}"
    address = os.environ.get("DOCKER_HOST", "")
    try:
        context = str(ContextAPI.kwargs_from_context().get("base_url") or default)
        address = address or context.replace("http+unix://", "unix://")
        client = docker.from_env(timeout=ANSWERS_WITHIN, use_ssh_client=True).api
        client.timeout = SILENT_FOR
        # What is not needed is not sent: a build would pass the daemon every credential of every helper.
        client.reload_config(os.devnull + "/none")
    except (*_FAULTS, RuntimeError) as error:
        raise no_engine(address or default, error) from None
    return DockerApi(client, address)


class DockerApi:
    """
    A Docker engine that answered, and its address.
    """

    def __init__(self, client: Any, address: str) -> None:
        self._client = client
        self.address = address

    def call(self, method: str, *arguments: Any, **options: Any) -> Any:
        """
        Ask the engine for one answer. Raises `ToolError` for whatever is in the way.
        """
        try:
            return getattr(self._client, method)(*arguments, **options)
        except _FAULTS as error:
            raise self._died(error) from None

    def inspect(self, name: str) -> dict[str, Any] | None:
        """
        What the engine knows of an image, None where it has none of that name or ID.
        """
        try:
            found: dict[str, Any] = self._client.inspect_image(name)
        except docker.errors.NotFound:
            return None
        except _FAULTS as error:
            raise self._died(error) from None
        return found

    def chunks(self, method: str, *arguments: Any, **options: Any) -> Iterator[bytes]:
        """
        Ask the engine for an answer that is long.
        """
        try:
            yield from getattr(self._client, method)(*arguments, **options)
        except _FAULTS as error:
            raise self._died(error) from None

    def stream(
        self, refused: Callable[[str], PolicyTasksError], method: str, *arguments: Any, **options: Any
    ) -> Iterator[dict[str, Any]]:
        """
        Have the engine do something, and follow it. What it reports as an error is raised as `refused` makes it.
        """
        start = getattr(self, method, None) or getattr(self._client, method)
        yield from self._events(refused, lambda: start(*arguments, decode=True, **options))

    def buildkit(self, context: bytes, *, decode: bool, **options: str) -> Iterator[dict[str, Any]]:
        """
        A build as the SDK's own `build` begins it, but with BuildKit, which the SDK does not ask for.
        """
        assert decode
        url = f"{self._client.base_url}/v{self._client.api_version}/build"
        headers = {"Content-Type": "application/x-tar"}
        with self._client.post(
            url, params={"version": "2", **options}, data=context, headers=headers, stream=True, timeout=SILENT_FOR
        ) as answer:
            if answer.status_code != 200:
                yield {"error": answer.text}
            else:
                yield from answer.iter_lines()
