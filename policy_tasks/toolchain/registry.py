"""
Requests to a registry, without a daemon: https://github.com/opencontainers/distribution-spec/blob/main/spec.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from policy_tasks.errors import PolicyTasksError, RegistryError
from policy_tasks.names import Reference
from policy_tasks.printable import printable
from policy_tasks.toolchain.bounded_response import MAX_BYTES, read
from policy_tasks.toolchain.connection_failure import failure
from policy_tasks.toolchain.registry_login import TIMEOUT, authorization, with_header
from policy_tasks.toolchain.registry_refusal import fix, reason, refused
from policy_tasks.toolchain.registry_retries import PAUSES, asked_again

if TYPE_CHECKING:
    import requests

_HUB = "registry-1.docker.io"
# What reading an answer raises that is something else; a number or a nesting without an end, too.
_NO_REGISTRY_ANSWER = (
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    OverflowError,
    RecursionError,
)
# What Docker, too, takes to be without TLS: https://docs.docker.com/reference/cli/dockerd/#insecure-registries
_LOCALHOST = re.compile(r"(localhost|127(\.\d+){3}|\[::1\])(:\d+)?")


class Registry:
    """
    One repository of a registry, and the user's authorization for it. Errors begin with `what` did not succeed.
    """

    def __init__(self, reference: Reference, what: str) -> None:
        from policy_tasks.toolchain.registry_session import RegistrySession

        self.reference = reference
        self._what = what
        scheme = "http" if _LOCALHOST.fullmatch(reference.registry) else "https"
        path = reference.path if reference.registry or "/" in reference.path else f"library/{reference.path}"
        self._root = f"{scheme}://{reference.registry or _HUB}/v2/{path}/"
        self._session = RegistrySession()
        self._token = ""

    def request(
        self,
        method: str,
        path: str,
        *,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
        scope: str = "pull",
        expected: tuple[int, ...] = (200,),
        max_bytes: int = MAX_BYTES,
        pauses: Sequence[float] = PAUSES,
    ) -> requests.Response:
        """
        Send a request to the repository, authorized for this scope where the registry asks for that, and read the response,
        which is a blob of `max_bytes` or something small. After each of the `pauses` it is sent again, if the answer may be over
        in a moment.

        Raises `RegistryError` for any status but those expected, for a redirect that makes another request of this one, and
        where there is no response.
        """
        ask = partial(self._send, method, path, data, headers, max_bytes, pauses)
        response = ask()
        # At first, and when a token expires in the middle of a long push. The storage that a registry redirects to may ask
        # for a password as well: it gets none.
        if response.status_code == 401 and self._is_same_host(response.url):
            self._token = self._authorization(response.headers.get("WWW-Authenticate", ""), scope)
            response = ask()
        if refused(response, expected):
            raise self.unexpected(response, expected)
        return response

    def _send(
        self,
        method: str,
        path: str,
        data: bytes | None,
        headers: dict[str, str] | None,
        max_bytes: int,
        pauses: Sequence[float],
    ) -> requests.Response:
        url = urljoin(self._root, path)
        auth = with_header(self._token if self._is_same_host(url) else "")
        with self.translated_errors():
            options: dict[str, Any] = {"headers": headers, "auth": auth, "timeout": TIMEOUT, "stream": True}
            response = asked_again(lambda: self._session.request(method, url, data=data, **options), pauses)
            read(response, max_bytes)
            return response

    def _is_same_host(self, url: str) -> bool:
        return url.startswith(self._root.partition("/v2/")[0] + "/")

    def _authorization(self, challenge: str, scope: str) -> str:
        name = self._root.split("/v2/")[1].strip("/")
        with self.translated_errors():
            tls = self._root.startswith("https:")
            full_scope = f"repository:{name}:{scope}"
            return authorization(self._session, self.reference.registry, challenge, full_scope, tls=tls)

    @contextmanager
    def translated_errors(self) -> Iterator[None]:
        """
        Turn what requests raises, and what reading an unexpected response raises, into a `RegistryError`.
        """
        import requests

        try:
            yield
        except requests.exceptions.HTTPError as error:
            raise self.unexpected(error.response) from None
        except requests.exceptions.RequestException as error:
            raise self.error(failure(error)) from None
        except _NO_REGISTRY_ANSWER as error:
            raise self.error(f"its answer is not what a registry answers: {printable(str(error))}") from None

    def unexpected(self, response: requests.Response, expected: tuple[int, ...] = (200,)) -> PolicyTasksError:
        """
        The error for an answer that is none of those expected.
        """
        return self.error(reason(response, expected), fix(response, self.reference, self.reference.registry or _HUB))

    def error(self, why: str, how: str = "") -> PolicyTasksError:
        """
        The error for a registry that did not do what it was asked, and how to fix it.
        """
        how = how or f"see that the name is right, and that {self.reference.registry or _HUB} can be reached from here"
        return RegistryError.of(self._what, where=self.reference, why=why, fix=how)
