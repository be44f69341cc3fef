"""
Errors of the Docker engine, whichever library on the way raises them.

The SDK reports what goes wrong in a build, pull or push as lines of a stream that it does not look at itself
(https://github.com/docker/docker-py/issues/1772): every stream is read to its end here.
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

from policy_tasks.errors import BuildError, PolicyTasksError, RegistryError, ToolError
from policy_tasks.names import Reference
from policy_tasks.printable import printable

T = TypeVar("T")

# What an engine says where a registry answers with 401 or 403.
_REFUSED = re.compile("denied|unauthorized|forbidden|authentication|credentials", re.IGNORECASE)
# And with 429, or 5xx.
_BUSY = re.compile(r"toomanyrequests|too many requests|HTTP (429|5\d\d)\b|(status|request)\b.*: 5\d\d ", re.IGNORECASE)


class Failure(NamedTuple):
    """
    What did not succeed, and the kind of error that it is: the engine at `address` was asked for something about `where`.
    """

    what: str
    kind: type[PolicyTasksError]
    where: object
    address: str

    def error(self, why: str) -> PolicyTasksError:
        """
        The error, with the reason that the engine gives.
        """
        why = printable(why)
        return self.kind.of(self.what, where=self.where, why=why, fix=_fix(self.kind, self.where, why))

    @contextmanager
    def translated_errors(self) -> Iterator[None]:
        """
        Turn an engine's refusal and a broken connection, whichever library raises them, into errors of ours.
        """
        try:
            yield
        except PolicyTasksError:
            raise
        except Exception as error:
            explanation = getattr(error, "explanation", None)  # of the SDK's error for an answer of 400 or more
            if explanation:
                raise self.error(str(explanation)) from None
            if not _is_of_the_connection(error):
                raise
            raise _broken_connection(self.address, error) from None

    def stream(self, start: Callable[[], Iterable[T]]) -> Iterator[T]:
        """
        What the engine sends, bit by bit. Errors of whoever reads the stream stay as they are.
        """
        with self.translated_errors():
            yield from start()

    def events(self, start: Callable[[], Iterable[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
        """
        The events of a stream to its end, or the error that is one of them.
        """
        for event in self.stream(start):
            if not isinstance(event, dict):
                raise self.error("what answers there does not answer as a Docker engine does")
            if "error" in event or "errorDetail" in event:
                detail = event.get("errorDetail")
                message = detail.get("message") if isinstance(detail, dict) else detail
                raise self.error(str(message or event.get("error")))
            yield event


def message_of(body: bytes) -> str:
    """
    What an answer of 400 or more says.
    """
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return body.decode("utf-8", "replace")[:500]


def _broken_connection(address: str, error: Exception) -> PolicyTasksError:
    return ToolError.of(
        "the Docker engine failed",
        where=address,
        why=printable(str(error)),
        fix="look at the engine's own log, then run again; or use --engine oci, which needs none",
    )


def _is_of_the_connection(error: Exception) -> bool:
    """
    Whether the connection failed, or an answer was cut off: each library on the way has errors of its own for that.
    """
    return isinstance(error, (OSError, ValueError, RecursionError, http.client.HTTPException)) or type(
        error
    ).__module__.startswith(("docker.", "requests.", "urllib3."))


def _fix(kind: type[PolicyTasksError], where: object, why: str) -> str:
    if kind is BuildError and "No such image" in why:
        return "run again: somebody removed what was just built, perhaps with docker image prune"
    if kind is not RegistryError:
        return "look at the engine's message; or use --engine oci, which needs none"
    if _REFUSED.search(why):
        login = where.login if isinstance(where, Reference) else "docker login"
        return f"log in with: {login}; and see that the name (--repo, --base) is one you may use"
    host = (isinstance(where, Reference) and where.registry) or "Docker Hub"
    if "toomanyrequests" in why:
        login = where.login if isinstance(where, Reference) else "docker login"
        return f"try again later, or log in, which may raise the limit: {login}"
    if _BUSY.search(why):
        return f"try again later; if it stays so, ask whoever runs {host}"
    return f"see that the name is right and {host} can be reached from the Docker engine"
