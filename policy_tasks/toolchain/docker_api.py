"""
Requests to the Docker engine, and what it answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from policy_tasks.errors import PolicyTasksError, ToolError
from policy_tasks.toolchain.docker_failure import Failure, message_of
from policy_tasks.toolchain.docker_transport import REQUEST_TIMEOUT, SdkTransport, UnixTransport

T = TypeVar("T")


class DockerApi:
    """
    The API of the engine at `address`. `sdk` gives the SDK's client, for what has to pull, push or save.
    """

    def __init__(self, transport: UnixTransport | SdkTransport, sdk: Callable[[], Any], address: str) -> None:
        self.sdk = sdk
        self.address = address
        self._transport = transport

    def failure(self, what: str, kind: type[PolicyTasksError], where: object = None) -> Failure:
        """
        The error to be raised, with the engine's reason, where `what` is what did not succeed.
        """
        return Failure(what, kind, where or self.address, self.address)

    def request(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        failure: Failure | None = None,
        *,
        read: Callable[[Any], T],
    ) -> T | None:
        """
        What `read` takes out of the engine's JSON, or None where it answers a GET with 404, or with an empty body.

        Raises `ToolError`, or what `failure` says, for any other status of 300 or more and for what is no engine's answer.
        """
        failure = failure or self.failure("the Docker engine failed", ToolError)
        with (
            failure.translated_errors(),
            self._transport.send(method, path, query=query, timeout=REQUEST_TIMEOUT) as answer,
        ):
            status, body = answer.status, answer.read()
        if status == 404 and method == "GET":
            return None
        if status >= 300:
            raise failure.error(message_of(body) or f"it answers {status}")
        try:
            return read(json.loads(body)) if body else None
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            raise failure.error("what answers there does not answer as a Docker engine does") from None

    def events(self, path: str, query: dict[str, str], body: bytes) -> Iterator[dict[str, Any]]:
        """
        What the engine reports while it works on what was posted, an event for each line of JSON.
        """
        with self._transport.send("POST", path, query=query, body=body) as answer:
            if answer.status != 200:
                yield {"error": message_of(answer.read())}
            else:
                yield from (json.loads(line) for line in answer if line.strip())
