"""
Where the Docker engine listens, as far as that is known without a library for it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from policy_tasks.names import DOCKER_SOCKET
from policy_tasks.regular_file import read_regular


def plain_socket() -> str | None:
    """
    The path of the socket that the docker command would use, unless a context or a host decides that.
    """
    host = os.environ.get("DOCKER_HOST", "")
    if host.startswith("unix://"):
        return host.removeprefix("unix://")
    return None if host or named_context() else DOCKER_SOCKET


def named_context() -> str:
    """
    The docker context that the user has chosen, unless that is the default one.
    """
    name = os.environ.get("DOCKER_CONTEXT") or _current_context()
    return name if name != "default" else ""


def _current_context() -> str:
    try:
        folder = Path(os.environ.get("DOCKER_CONFIG") or Path("~/.docker").expanduser())
        found = json.loads(read_regular(folder / "config.json")).get("currentContext")
    except (OSError, ValueError, AttributeError, RuntimeError):  # RuntimeError: no known home, or too deep to be parsed
        return ""
    return found if isinstance(found, str) else ""
