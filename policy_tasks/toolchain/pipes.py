"""
What goes into a process and comes out of it.
"""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress
from functools import partial
from typing import IO, Any

from policy_tasks.toolchain.background import Background
from policy_tasks.toolchain.thread import start_thread


class Pipes:
    """
    The three pipes of a process, each with a thread of its own. So nobody has to wait for a pipe that something else holds
    which the process has started, as `communicate` does, however long that goes on.
    """

    def __init__(self, process: subprocess.Popen[bytes], stdin: bytes, most: int) -> None:
        self._said = (bytearray(), bytearray())
        self._most = most
        outputs: tuple[Any, Any] = (process.stdout, process.stderr)
        start_thread(_write, process.stdin, stdin)
        self._readers = [Background(partial(self._read, *each)) for each in zip(outputs, self._said, strict=True)]

    def ended(self, timeout: float) -> bool:
        """
        Wait, for so many seconds at most, until nobody can write any more, and return whether that is so.
        """
        end = time.monotonic() + timeout
        return all(reader.ended(max(0, end - time.monotonic())) for reader in self._readers)

    def said(self) -> tuple[bytes, bytes]:
        """
        What has come out on stdout and on stderr. Raises what kept it from being read, such as a lack of memory.
        """
        for reader in self._readers:
            if reader.ended(0):
                reader.result()
        stdout, stderr = map(bytes, self._said)
        return stdout, stderr

    def too_much(self) -> bool:
        """
        Whether more has come out of one of the two than `most` bytes, and so is not read on.
        """
        return any(len(said) > self._most for said in self._said)

    def _read(self, pipe: IO[Any], said: bytearray) -> None:
        with pipe:
            # Not with the pipe's own buffer, whose lock Python could wait for at its end.
            while len(said) <= self._most and (chunk := os.read(pipe.fileno(), 1 << 16)):
                said.extend(chunk)


def _write(pipe: IO[Any], text: bytes) -> None:
    with suppress(BrokenPipeError), pipe:  # a command need not read what it is given
        pipe.write(text)
