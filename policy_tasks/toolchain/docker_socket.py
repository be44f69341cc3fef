"""
Where the Docker engine is usually had, and what is in the way when it does not answer there.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

from policy_tasks.errors import PolicyTasksError, ToolError

SOCKET = "/var/run/docker.sock"
# Seconds. A daemon that is there answers at once.
ANSWERS_WITHIN = 10


def no_engine(address: str, error: Exception) -> PolicyTasksError:
    """
    Why no Docker engine answers at this address, and who can change that.
    """
    if address.startswith("unix://"):
        why, fix = _try_socket(address.removeprefix("unix://"))
    else:
        from policy_tasks.toolchain.network_errors import reason

        why, fix = reason(error), "see to it that DOCKER_HOST or the docker context names an engine that runs"
    return ToolError.of(
        "no Docker engine answers", where=address, why=why, fix=f"{fix}; or use --engine oci, which needs none"
    )


def _try_socket(path: str) -> tuple[str, str]:
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(ANSWERS_WITHIN)
            probe.connect(path)
    except PermissionError:
        return _denied(path)
    except (FileNotFoundError, NotADirectoryError):
        return "there is no such socket", "start Docker, or set DOCKER_HOST"
    except OSError as error:
        return f"the socket is dead: {error.strerror or error}", "start Docker"
    return "something else than a Docker engine listens there, or it hangs", "restart Docker"


def _denied(path: str) -> tuple[str, str]:
    try:
        group = _group(path)
    except OSError:
        return (
            "permission denied: the socket is in a folder that this user may not enter",
            f"ask the owner of {os.path.dirname(path)} to let you in, or set DOCKER_HOST",
        )
    return (
        f"permission denied: the socket belongs to the group {group}",
        f"run: sudo usermod -aG {group} $USER, and log in anew",
    )


def _group(path: str) -> str:
    try:
        return Path(path).group()
    except KeyError:
        return str(os.stat(path).st_gid)
