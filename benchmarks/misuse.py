"""
What a server has to bear beside its good requests: policies that do harm, and clients that do not wait for their answer.
"""

from __future__ import annotations

import json
import socket
import threading

from servers import HERE, Server

FAULTS = sorted(folder.name for folder in (HERE / "policies/faults").iterdir())
HARMLESS = {"leaks": {"result": True}}  # what the one that answers may answer
PAUSE = 0.02  # seconds between two requests, so that quick failures leave the processor to the others


class Misuse(threading.Thread):
    """
    Requests, one after the other, until `stop` is set. `problems` has what the server should not have done.
    """

    def __init__(self, name: str, server: Server, stop: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self.server = server
        self.stop = stop
        self.requests = self.results = self.errors = 0
        self.problems: list[str] = []

    def run(self) -> None:
        """
        Ask until told to stop, or until there is a problem.
        """
        while not self.stop.wait(PAUSE) and not self.problems:
            self.requests += 1
            try:
                self._ask()
            except (OSError, ValueError) as error:
                self.problems.append(f"{self.name}: request {self.requests} got no answer: {error!r}")

    def _ask(self) -> None:
        raise NotImplementedError


class BadPolicy(Misuse):
    """
    Asks a policy that does harm. The answer has to be an error, and never a decision that the policy did not make.
    """

    def _ask(self) -> None:
        status, body = self.server.ask(f"/v1/policies/{self.name}/execute", {"input": None})
        answer = json.loads(body)
        if status == 200 and answer == HARMLESS.get(self.name, ...):
            self.results += 1
        elif status >= 400 and "result" not in answer:
            self.errors += 1
        else:
            self.problems.append(f"{self.name}: request {self.requests} got {status} {body!r}")


class BadClient(Misuse):
    """
    Leaves in the middle of its request, and says so to nobody.
    """

    def _ask(self) -> None:
        head = "POST /v1/policies/rbac/execute HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
        host, port = self.server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(head.encode() + b'{"input": ')
