"""
Why there is no Docker engine, where there is none.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from policy_tasks.errors import ToolError
from policy_tasks.toolchain.docker_connection import connect


def test_what_is_wrong_with_the_socket_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that does not exist, one that is no socket, one that nobody serves, and a name that none can have are told apart."""
    monkeypatch.chdir(tmp_path)  # where a short name will do
    with socket.socket(socket.AF_UNIX) as unserved:
        unserved.bind("dead")
    Path("file").touch()
    for path, why in (
        ("none", "there is no such socket: the file does not exist"),
        ("none/none", "there is no such socket: the file does not exist"),
        ("file/none", "there is no such socket: the file does not exist"),
        ("file", "that is no socket: "),
        ("", "that is no socket: "),
        ("x" * 120, "that is no socket: AF_UNIX path too long"),
        ("dead", "the socket is dead: "),
    ):
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        with pytest.raises(ToolError) as caught:
            connect()
        assert caught.value.why.startswith(why), (path, caught.value.why)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("tcp://127.0.0.1:1", "Failed to establish a new connection: Connection refused"),
        ("ssh://somebody@127.0.0.1:1", "Install paramiko package to enable ssh:// support"),
    ],
)
def test_an_engine_elsewhere_that_does_not_answer(address: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What happened, in words that are nobody's Python."""
    monkeypatch.setenv("DOCKER_HOST", address)
    with pytest.raises(ToolError) as caught:
        connect()
    assert caught.value.why == why
    assert "paramiko" in caught.value.fix or not address.startswith("ssh:")


@pytest.mark.parametrize("chosen", ["DOCKER_CONTEXT", "currentContext"])
def test_a_context_that_is_not_there_is_no_engine_of_this_machine(
    chosen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has chosen another engine does not want to build or publish on this one."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    (tmp_path / "config.json").write_text(json.dumps({"currentContext": "gone"} if chosen == "currentContext" else {}))
    if chosen == "DOCKER_CONTEXT":
        monkeypatch.setenv("DOCKER_CONTEXT", "gone")
    with pytest.raises(ToolError) as caught:
        connect()
    assert caught.value.where == "the docker context gone"
