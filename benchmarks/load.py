"""
Load on a server of this machine: wrk, with load.lua.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True, slots=True)
class Question:
    """
    A body, and the result that it has to get, both as JSON. An empty result is not looked at.
    """

    body: str
    result: str


@dataclass(frozen=True, slots=True)
class Load:
    """
    What wrk has seen. Times are seconds; `p99` is as wrk counts, from the sending of a request to its answer.
    """

    requests: int
    seconds: float
    p99: float
    errors: dict[str, int]
    wrong: int
    example: str

    @property
    def rate(self) -> float:
        """
        Requests per second.
        """
        return self.requests / self.seconds

    @property
    def losses(self) -> str:
        """
        What went wrong, empty where every request got its answer.
        """
        lost = [f"{count} {kind} errors" for kind, count in self.errors.items() if count]
        if self.wrong:
            lost.append(f"{self.wrong} wrong answers, one of them: {self.example}")
        return ", ".join(lost)


def load(url: str, questions: Sequence[Question], *, connections: int, seconds: int) -> Load:
    """
    Post to `url` over `connections` connections, a thread for each question, for `seconds`.
    """
    command = ["wrk", f"-t{len(questions)}", f"-c{connections}", f"-d{seconds}s", "-s", str(SCRIPT), url]
    arguments = [part for question in questions for part in (question.body, question.result)]
    done = subprocess.run([*command, "--", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"wrk failed on {url}:\n{done.stdout}{done.stderr}")
    return Load(**json.loads(done.stdout.splitlines()[-1]))


def missing() -> str:
    """
    What to install before `load` works, empty where nothing is missing.
    """
    return "" if shutil.which("wrk") else "wrk is not on PATH; on Debian: apt-get install wrk"
