"""
What the tests share: the real parts, and how a test asks for one.

A test that needs a real part names it with a marker, `@pytest.mark.needs("docker")`. It is skipped with a reason where that
part is missing, and fails instead where POLICY_TESTS_REQUIRE (names with commas between) says that the part has to be there.
"""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
REGISTRY = "127.0.0.1:5000"


def _answers(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _has_registry() -> bool:
    try:
        with urllib.request.urlopen(f"http://{REGISTRY}/v2/", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _has_go() -> bool:
    from policy_tasks.errors import ToolError
    from policy_tasks.toolchain.go_program import find_program

    try:
        find_program("")
    except ToolError:
        return False
    return True


def _has_proxy() -> bool:
    from policy_tasks.toolchain.go_command import find_go
    from policy_tasks.toolchain.process import Processes

    if not _has_go():
        return False
    with tempfile.TemporaryDirectory() as scratch:
        return (
            find_go("", Path(scratch), Processes())
            .run("list", "-m", "github.com/google/uuid@v1.6.0", cwd=Path(scratch))
            .code
            == 0
        )


PARTS: dict[str, Callable[[], bool]] = {
    "go": _has_go,
    "docker": lambda: bool(shutil.which("docker")) and _answers("docker", "version"),
    "registry": _has_registry,
    "alpine": lambda: _answers("docker", "image", "inspect", "alpine:3.23"),
    "debian": lambda: _answers("docker", "image", "inspect", "policy-tasks-ci/debian-python:bookworm"),
    "apk": lambda: _answers("docker", "image", "inspect", "policy-tasks-ci/alpine-apk:3.23"),
    "skopeo": lambda: bool(shutil.which("skopeo")),
    "proxy": _has_proxy,
    "cc": lambda: any(map(shutil.which, ("cc", "gcc", "clang"))),
    "chromium": lambda: bool(shutil.which("chromium")) and _answers("chromium", "--version"),
    "root": lambda: os.geteuid() == 0,
}
_has = functools.cache(lambda part: PARTS[part]())


# Files are made and removed in each example: how long that takes is the machine's affair.
hypothesis.settings.register_profile("files", deadline=None)
hypothesis.settings.load_profile("files")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker; let the programs that tests start hear Ctrl-C, which who runs us in the background may have cut off."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", f"needs(*parts): real parts that the test runs on: {', '.join(PARTS)}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose parts are missing, or fail it where they have to be there."""
    required = os.environ.get("POLICY_TESTS_REQUIRE", "").split(",")
    for marker in item.iter_markers("needs"):
        for part in marker.args:
            if not _has(part):
                (pytest.fail if part in required or "all" in required else pytest.skip)(f"there is no {part} here")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("POLICY_TASKS_", "POLICY_ENGINE_")):
            monkeypatch.delenv(name)


def write_policy(folder: Path, module: str, *, name: str = "", package: str = "", extra: str = "") -> Path:
    """
    Write a small policy module, which answers with its own name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    package = package or "".join(c for c in module.rpartition("/")[2] if c.isalnum())
    (folder / "go.mod").write_text(f"module {module}\n\ngo 1.21\n")
    (folder / "policy.go").write_text(
        f"""package {package}

import "context"

type Policy struct{{}}

func (*Policy) Name() string {{ return "{name or package}" }}

func (*Policy) Execute(ctx context.Context, input any) (any, error) {{ return "{name or package}", nil }}

func (*Policy) Validate() error {{ return nil }}
{extra}"""
    )
    return folder


def run_console(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """
    Run `policy-tasks` as a process of its own.
    """
    command = [sys.executable, "-m", "policy_tasks", *arguments]
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False, timeout=600
    )


def gone(pid: int) -> None:
    """
    See that this process ends, within seconds.
    """
    end = time.monotonic() + 10
    while True:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state == "Z":  # whose parent is this container's first process, which may not care
            return
        assert time.monotonic() < end, "it still runs"
        time.sleep(0.01)
