"""
The programs that keep a user's passwords for registries: https://github.com/docker/docker-credential-helpers.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from policy_tasks.errors import PolicyTasksError, RegistryError
from policy_tasks.printable import printable
from policy_tasks.toolchain.process import Command, Completed, Processes

# In seconds, and in bytes: it may have to unlock a keychain, or to ask a cloud, and has a token to say.
_TIMEOUT = 60
_MOST = 1 << 20
# What the helpers say, and Docker looks for, where they know nothing of a server.
_NOT_FOUND = "credentials not found in native keychain"
_TOKEN = "<token>"  # noqa: S105 - the name that stands for one


def ask(name: str, server: str, file: str) -> Mapping[str, Any] | None:
    """
    What the helper of this name, which this configuration file asks for, has for the server, in the form of the Docker
    engine; None where it has nothing. Raises `RegistryError` where it cannot be asked, or does not answer.
    """
    program = f"docker-credential-{name}"
    done = _run(program, server, file)
    said = done.stdout.decode("utf-8", "replace")
    if done.code:
        if _NOT_FOUND in said:
            return None
        why = f"it ended with code {done.code}: {printable(said.strip() or done.message)[:500]}"
        raise _failed(program, server, file, why)
    try:
        return _entry(json.loads(said), server)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _failed(program, server, file, "its answer is not what a helper answers") from None


def _run(program: str, server: str, file: str) -> Completed:
    path = shutil.which(program)
    if path is None:
        raise _failed(program, server, file, "it is not installed, or not in PATH")
    doing = "asking for the credentials"
    command = Command(
        (path, "get"), Path(), os.environ, stdin=server.encode(), timeout=_TIMEOUT, doing=doing, most=_MOST
    )
    processes = Processes()
    atexit.register(processes.stop)  # where a thread asks in the background, and the program ends
    try:
        return processes.run(command)
    except PolicyTasksError as error:
        raise _failed(program, server, file, error.why) from None
    finally:
        processes.stop()
        atexit.unregister(processes.stop)


def _entry(answer: Any, server: str) -> Mapping[str, Any] | None:
    name, secret = answer["Username"], answer["Secret"]
    if not isinstance(name, str) or not isinstance(secret, str):
        raise TypeError
    if not name and not secret:
        return None
    if name == _TOKEN:
        return {"ServerAddress": server, "IdentityToken": secret}
    return {"ServerAddress": server, "Username": name, "Password": secret}


def _failed(program: str, server: str, file: str, why: str) -> PolicyTasksError:
    return RegistryError.of(
        "a credential helper failed",
        where=f"{program}, which {file} names for {server}",
        why=why,
        fix=f"see what it does with: echo {server} | {program} get; or take it out of that file",
    )
