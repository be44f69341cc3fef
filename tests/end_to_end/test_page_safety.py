"""
The page with policies that mean harm, with a token, and behind a proxy.
"""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from tests.end_to_end.conftest import Server, showing

pytestmark = pytest.mark.needs("go", "chromium")

TOKEN = "a-token-of-the-tests"
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


# Policies that mean harm


def test_text_of_policies_stays_text(page: Page, page_binary: Path) -> None:
    """Names, descriptions, versions, schemas and results that are HTML elsewhere are text here, and a name with / and " is run."""
    with showing(page_binary, "--policy", "<*/*") as server:
        page.goto(server.url)
        link = page.locator("#rows a")
        expect(link).to_contain_text("<img src=x onerror=\"document.title='owned'\">")
        expect(page.locator("#rows p")).to_contain_text("</script><img src=x")
        link.click()
        expect(page.locator("#facts")).to_contain_text("<svg onload=alert(1)>")
        expect(page.locator("#field-rows")).to_contain_text("<script>document.title='owned'</script>")
        page.get_by_role("button", name="Run").click()
        expect(page.locator("#result")).to_contain_text("</script><img src=x onerror=")
        expect(page.locator("#result")).to_contain_text("\\u202edesrever")
        assert page.evaluate("[({}).polluted, document.querySelectorAll('img, main script, main svg svg').length]") == [
            None,
            1,
        ]
        assert "owned" not in page.title().removeprefix("<img src=x onerror=\"document.title='owned'\">")


def test_hidden_characters_are_seen(page: Page, page_binary: Path) -> None:
    """Characters that turn text around, or that are not seen, are written out in names, schemas, errors, runs and the title."""
    with showing(page_binary, "--policy", "<*/*") as server:
        page.goto(server.url)
        link = page.locator("#rows a")
        expect(link).to_contain_text(r"\u202e")
        link.click()
        expect(page.locator("#field-rows")).to_contain_text(r"\u2067")
        page.get_by_label("Input").fill('"fail"')
        page.get_by_role("button", name="Run").click()
        expect(page.locator("#failure-message")).to_contain_text(r"\u202ereversed\u2066\u001b[31m\u009b")
        expect(page.locator("#run-rows")).to_contain_text(r"\u202e")
        everything = "[document.title, document.body.innerText, ...document.querySelectorAll('[aria-label]')].map((each) => each.ariaLabel ?? each)"
        assert not HIDDEN.search("".join(page.evaluate(everything)))
        page.keyboard.press("Escape")
        expect(link).to_be_focused()


def test_a_name_that_is_no_name_in_a_path(page: Page, page_binary: Path) -> None:
    """A policy of the name .. is not run by asking another address, which would run them all."""
    with showing(page_binary) as server:
        page.goto(f"{server.url}#/..")
        page.get_by_role("button", name="Run").click()
        expect(page.locator("#failure")).to_contain_text("executed by POST /v1/execute alone")


def test_the_security_policy_holds(page: Page, server: Server, complaints: list[str]) -> None:
    """What the page itself never does is forbidden to it: scripts and styles in HTML, HTML from text, eval, other servers."""
    page.goto(server.url)
    tried = {
        "require-trusted-types-for": "document.body.innerHTML = '<p>'",
        "script-src-elem": "import('data:text/javascript,').catch(() => {})",
        "style-src-elem": "document.head.append(Object.assign(document.createElement('style'), {textContent: 'p{}'}))",
        "connect-src": "fetch('http://127.0.0.1:9/').catch(() => {})",
        "img-src": "document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1:9/'}))",
        "frame-src": "document.body.append(Object.assign(document.createElement('iframe'), {src: 'http://127.0.0.1:9/'}))",
    }
    for directive, script in tried.items():
        page.evaluate(f"() => {{ try {{ {script} }} catch {{}} }}")
        while not any(text.startswith(f"CSP {directive}") for text in complaints):
            page.wait_for_event("console")
        complaints.clear()


# Who asks


@pytest.fixture
def guarded(page_binary: Path, tmp_path: Path) -> Iterator[Server]:
    """A server that asks for a token."""
    (tmp_path / "tokens").write_text(TOKEN)
    with showing(page_binary, "--token-file", str(tmp_path / "tokens")) as server:
        yield server


def test_a_token_is_asked_for_and_kept_in_memory(page: Page, guarded: Server) -> None:
    """The page asks for a token, says when it is not known, stops asking the server meanwhile, and keeps it nowhere."""
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - Playwright takes no built-in
    page.goto(guarded.url)
    dialog = page.get_by_role("dialog", name="Bearer token")
    dialog.get_by_label("Token").fill("wrong")
    dialog.get_by_role("button", name="Use it").click()
    expect(page.get_by_role("alert")).to_contain_text("show a bearer token that the server knows")
    before = len(asked)
    page.wait_for_timeout(2500)
    assert len(asked) == before
    page.get_by_role("button", name="Enter a token").click()
    dialog.get_by_label("Token").fill("a b")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("A token has no spaces")
    dialog.get_by_label("Token").fill(TOKEN)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="echo").click()
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#outcome")).to_contain_text("ok")
    assert page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])") == '[{},{},""]'
    assert not [request.url for request in asked if TOKEN in request.url]
    page.reload()
    expect(dialog).to_be_visible()


# Behind a proxy


@pytest.fixture
def prefixed(server: Server) -> Iterator[str]:
    """A proxy that shows the server below /ops/engine/ alone."""

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            connection = http.client.HTTPConnection(server.address)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = self.path.removeprefix("/ops/engine")
            connection.request(self.command, path if path != self.path else "/nothing", body, dict(self.headers))
            answer = connection.getresponse()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name != "Transfer-Encoding":
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.read())
            connection.close()

        do_POST = do_GET  # noqa: N815 - the name is http.server's

        def log_message(self, *_: object) -> None:
            """It is quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{proxy.server_port}/ops/engine"
        proxy.shutdown()


@pytest.mark.parametrize("path", ["/", "/ui", "/ui/"])
def test_a_prefix_of_a_proxy_stays(page: Page, prefixed: str, path: str) -> None:
    """Behind a proxy that puts a prefix before the paths, the page is found, and finds its server."""
    page.goto(prefixed + path)
    assert page.url == f"{prefixed}/ui/"
    page.get_by_role("link", name="echo").click()
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#outcome")).to_contain_text("ok")
