"""
The connection to the Docker engine that the docker command would use, and why there is none.
"""

from __future__ import annotations

import http.client
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

from policy_tasks.errors import PolicyTasksError, RegistryError, ToolError
from policy_tasks.names import DOCKER_SOCKET
from policy_tasks.printable import printable
from policy_tasks.toolchain.connection_failure import failure
from policy_tasks.toolchain.docker_address import named_context, plain_socket
from policy_tasks.toolchain.docker_api import DockerApi
from policy_tasks.toolchain.docker_config import read_config
from policy_tasks.toolchain.docker_engine import DockerEngine
from policy_tasks.toolchain.docker_transport import (
    CONNECT_TIMEOUT,
    STREAM_TIMEOUT,
    SdkTransport,
    UnixTransport,
)


def connect() -> DockerEngine:
    """
    The engine of DOCKER_HOST, else of the current context, else at the usual socket.

    Raises `ToolError` that says which address was tried and why it does not work.
    """
    path = plain_socket()
    if path is None:
        return _connect_with_sdk()
    address = f"unix://{path}"
    try:
        return DockerEngine(DockerApi(UnixTransport(path), sdk, address))
    except (OSError, http.client.HTTPException):
        raise _no_engine(address, *_try_socket(path)) from None


def sdk() -> Any:
    """
    The SDK's low-level client. Raises `ToolError` for a configuration that the SDK, which reads it first of all, would wait for
    without an end.
    """
    import docker

    try:
        read_config()
    except RegistryError as error:
        raise ToolError(*error.problems) from None
    client = docker.from_env(timeout=CONNECT_TIMEOUT, use_ssh_client=True)
    client.api.timeout = STREAM_TIMEOUT
    # Without a configuration: with one, a build would send the engine all credentials of the user.
    client.api.reload_config(os.devnull + "/none")
    return client.api


def _connect_with_sdk() -> DockerEngine:
    import docker.errors

    address = os.environ.get("DOCKER_HOST", "")
    try:
        address = address or _address_of_context()
        client = sdk()
    except (docker.errors.DockerException, OSError, ValueError, RuntimeError) as error:
        unix = address.replace("http+unix://", "unix://")
        if unix.startswith("unix://"):
            raise _no_engine(unix, *_try_socket(unix.removeprefix("unix://"))) from None
        fix = "see to it that DOCKER_HOST or the docker context names an engine that runs"
        if address.startswith("ssh://") and "paramiko" in str(error):  # which the SDK imports, if only to run ssh
            fix = "run: pip install paramiko"
        raise _no_engine(address, failure(error), fix) from None
    return DockerEngine(DockerApi(SdkTransport(client), lambda: client, address))


def _address_of_context() -> str:
    """
    Where the chosen context leads. For one that it does not find the SDK would take the engine of this machine.
    """
    from docker.context import ContextAPI

    address, name = ContextAPI.kwargs_from_context().get("base_url"), named_context()
    if not address and name:
        raise ToolError.of(
            "no Docker engine answers",
            where=f"the docker context {printable(name)}",
            why="there is no such context with an address",
            fix="choose one that `docker context ls` lists, in a folder with a config.json: docker context use NAME; or set "
            "DOCKER_HOST, which outranks it",
        )
    return str(address or f"unix://{DOCKER_SOCKET}")


def _no_engine(address: str, why: str, fix: str) -> PolicyTasksError:
    return ToolError.of("no Docker engine answers", where=address, why=why, fix=fix)


def _try_socket(path: str) -> tuple[str, str]:
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(CONNECT_TIMEOUT)
            probe.connect(path)
    except (FileNotFoundError, NotADirectoryError):
        return "there is no such socket: the file does not exist", "start Docker, or set DOCKER_HOST"
    except PermissionError:
        return _not_permitted(path)
    except OSError as error:
        if not Path(path).is_socket():
            return f"that is no socket: {error.strerror or error}", "correct DOCKER_HOST, or the docker context"
        return f"the socket is dead: {error.strerror or error}", "start Docker"
    return "something else than a Docker engine listens there, or it hangs", "restart Docker"


def _not_permitted(path: str) -> tuple[str, str]:
    try:
        status = Path(path).stat()
    except OSError:
        return "permission denied: this user may not enter its folder", "ask for access to that folder"
    group = str(status.st_gid)
    fix = f"give this user the group {group}; a container: docker run --group-add {group} ..."
    with suppress(KeyError):  # which no container knows by name
        group = Path(path).group()
        fix = f"run: sudo usermod -aG {group} $USER, and log in anew"
    return f"permission denied: the socket belongs to the group {group}", fix
