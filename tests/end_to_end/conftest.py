"""
A browser, and a server to look at; a project with modules that are made up.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from policy_tasks import compile, load_settings
from tests.conftest import REPOSITORY
from tests.end_to_end import module_project

project, proxy = module_project.project, module_project.proxy

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page


class Server:
    """
    `serve --ui`, which can be ended and started again on the same port.
    """

    def __init__(self, binary: Path, *arguments: str) -> None:
        self._command = [str(binary), "serve", "--ui", *arguments]
        self.address = "127.0.0.1:0"
        self.start()

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{self.address}/ui/"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        command = [*self._command, "--addr", self.address]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr
        lines = (json.loads(line) for line in self._process.stderr)
        self.address = next(line["addr"] for line in lines if line["msg"] == "listening")
        self._reader = threading.Thread(target=self._process.communicate, daemon=True)
        self._reader.start()  # a full pipe would stop the server

    def stop(self) -> None:
        """End it at once, as a crash does."""
        self._process.kill()
        self._reader.join(timeout=20)


@contextmanager
def showing(binary: Path, *arguments: str) -> Iterator[Server]:
    """
    A server with the page, on a port that is free.
    """
    server = Server(binary, *arguments)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def page_binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The engine with the policies that are made for looking at."""
    project = shutil.copytree(REPOSITORY / "tests" / "projects" / "page", tmp_path_factory.mktemp("page") / "project")
    return compile(load_settings(project)).path


@pytest.fixture
def server(page_binary: Path) -> Iterator[Server]:
    """A server with well-meaning policies alone."""
    with showing(page_binary, "--policy", "[a-z]*") as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's Chromium."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=sandbox)
        yield browser
        browser.close()


WATCH = "addEventListener('securitypolicyviolation', e => console.error('CSP', e.violatedDirective, e.blockedURI))"


@pytest.fixture
def complaints() -> list[str]:
    """What the browser has complained about; all of it fails the test, but for what the test takes out."""
    return []


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """An empty tab. Errors on the console, scripts that fail and what the security policy forbids fail the test."""

    def heed(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    options: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"}
    with browser.new_context(**options) as context:
        context.set_default_timeout(30_000)
        context.add_init_script(WATCH)
        page = context.new_page()
        page.on("console", heed)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
    assert complaints == []


def run(page: Page, server: Server, policy: str, text: str) -> None:
    """Run a policy on an input, as it is written."""
    page.goto(f"{server.url}#/{policy}")
    page.get_by_label("Input").fill(text)
    page.get_by_role("button", name="Run").click()
    page.locator("#outcome .badge").wait_for()
