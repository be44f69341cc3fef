"""
Writes docs/images: the page of `serve --ui`, with policies that are asked for two minutes. Run from the repository: `python -m docs.screenshots`.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Page, sync_playwright

from policy_tasks import compile, load_settings
from tests.end_to_end.conftest import Server, showing

REPOSITORY = Path(__file__).resolve().parent.parent
IMAGES = REPOSITORY / "docs" / "images"
POLICIES = [str(REPOSITORY / "tests/projects/page/policies"), str(REPOSITORY / "examples/policies")]
READING = {"subject": {"id": 7, "roles": ["viewer"]}, "action": "read", "resource": "/reports"}
SECONDS = 128


def ask(server: Server, policy: str, value: Any) -> None:
    """
    Ask a policy; what it answers is of no interest.
    """
    url = f"http://{server.address}/v1/policies/{policy}/execute"
    request = urllib.request.Request(url, json.dumps({"input": value}).encode(), {"Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request, timeout=5).close()  # noqa: S310 - it is our own
    except urllib.error.HTTPError as error:
        error.close()


def busy(server: Server, end: threading.Event) -> None:
    """
    Ask the policies now and then until the end: most of them answer.
    """
    dice = random.Random(1)  # noqa: S311 - it decides nothing
    start = time.monotonic()
    while not end.wait(dice.uniform(0.01, 0.05)):
        rush = 8 if 40 < time.monotonic() - start < 60 else 3
        for _ in range(dice.randint(1, rush)):
            ask(server, "access-control", READING)
        ask(server, "replica-limit", {"replicas": dice.randint(1, 20)})
        if dice.random() < 0.3:
            ask(server, "transfer-limit", {"amount": dice.choice([100, 100, 100, 12.5])})
        if dice.random() < 0.1:
            ask(server, "quota", {"tenant": "a", "wait": dice.randint(1, 9)})


def shoot(page: Page, name: str) -> None:
    """
    Write what is seen, down to the end of the page.
    """
    page.mouse.move(0, 0)
    page.wait_for_timeout(300)
    page.screenshot(path=IMAGES / f"{name}.png", full_page=True)


def visit(page: Page, server: Server) -> None:
    """
    Take the pictures.
    """
    page.goto(server.url)
    page.wait_for_timeout(SECONDS * 1000)
    for _ in range(4):
        ask(server, "quota", {"wait": 60_000})
    page.wait_for_timeout(4000)
    shoot(page, "list")
    page.emulate_media(color_scheme="dark")
    shoot(page, "list-dark")
    page.get_by_role("link", name="transfer-limit").click()
    page.get_by_label("Input").fill('{\n  "amount": 12.5,\n  "note": "lunch"\n}')
    page.keyboard.press("Control+Enter")
    page.locator("#failure").wait_for()
    shoot(page, "error-dark")
    page.keyboard.press("Escape")
    page.emulate_media(color_scheme="light")
    page.get_by_role("link", name="access-control").click()
    page.keyboard.press("i")
    page.keyboard.press("Control+Enter")
    page.locator("#result").wait_for()
    page.locator("#title").focus()
    shoot(page, "run")
    page.set_viewport_size({"width": 360, "height": 740})
    shoot(page, "narrow-run")
    page.keyboard.press("Escape")
    page.locator("#title").focus()
    shoot(page, "narrow-list")


def main() -> None:
    """
    Compile the policies, serve them, ask them, and look.
    """
    IMAGES.mkdir(exist_ok=True)
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    end = threading.Event()
    with TemporaryDirectory() as project, sync_playwright() as playwright:
        binary = compile(load_settings(Path(project), policies=POLICIES)).path
        with showing(binary, "--policy", "[a-z]*") as server:
            threading.Thread(target=busy, args=(server, end), daemon=True).start()
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=sandbox)
            page = browser.new_page(viewport={"width": 1280, "height": 720}, color_scheme="light")
            visit(page, server)
            end.set()
            browser.close()


if __name__ == "__main__":
    main()
