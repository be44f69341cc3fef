"""
The page with a keyboard alone, with hostile policies, with a token, behind a proxy, and with a server that goes away.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, Request, expect

from tests.end_to_end.conftest import Server, showing

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = pytest.mark.needs("go", "chromium")

TOKEN = "a-token-of-the-tests"


def focused(page: Page) -> Locator:
    """What has the focus."""
    return page.locator(":focus")


# The keyboard


def test_a_policy_is_run_with_keys_alone(page: Page, server: Server) -> None:
    """Filter, choose, write, run, and back to where one was: without a pointer."""
    page.goto(server.url)
    expect(page.locator("#rows tr")).to_have_count(5)
    page.keyboard.press("/")
    page.keyboard.type("platform")
    page.keyboard.press("Tab")
    for _ in range(2):  # the charts
        page.keyboard.press("Tab")
    expect(focused(page)).to_have_text("access-control")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    expect(focused(page)).to_have_text("quota")
    page.keyboard.press("Enter")
    expect(focused(page)).to_have_attribute("id", "title")
    page.keyboard.press("i")
    page.keyboard.press("Control+a")
    page.keyboard.type('{"tenant": "a/b?jkpt"}')
    expect(page.get_by_label("Input")).to_have_value('{"tenant": "a/b?jkpt"}')
    page.keyboard.press("Control+Enter")
    expect(page.locator("#outcome")).to_contain_text("ok")
    page.keyboard.press("Escape")
    expect(focused(page)).to_have_text("quota")


@pytest.mark.parametrize("address", ["", "#/access-control"])
def test_tab_reaches_everything_and_shows_where_it_is(page: Page, server: Server, address: str) -> None:
    """Whatever can be used is reached with Tab, in the order of the page, and has an outline."""
    page.goto(server.url + address)
    page.get_by_role("link", name="quota").or_(page.get_by_label("Input")).first.wait_for()
    controls = "a, button:enabled, input, textarea, svg, summary, [tabindex='0']"
    wanted = page.evaluate(
        "all => [...document.querySelectorAll(all)].filter(e => e.checkVisibility()).length", controls
    )
    reached = []
    for _ in range(wanted):
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        reached.append(
            page.evaluate("all => [...document.querySelectorAll(all)].indexOf(document.activeElement)", controls)
        )
    assert len(set(reached)) == wanted
    assert reached == sorted(reached)


def test_single_keys_can_be_turned_off(page: Page, server: Server) -> None:
    """Who talks to a computer, and types without wanting to, turns the single keys off; the dialog of keys says which there are."""
    page.goto(server.url)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.get_by_label("Single keys are shortcuts").uncheck()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    expect(page.get_by_role("button", name="Keys")).to_be_visible()
    page.keyboard.press("t")
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Theme: auto")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_a_chart_is_read_with_arrow_keys(page: Page, server: Server) -> None:
    """A chart says its newest values, and those from before when an arrow key goes there."""
    page.goto(server.url)
    chart = page.get_by_role("img", name="Requests of the server: all 0/s, errors 0/s")
    chart.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#live")).to_contain_text("seconds ago: all 0/s, errors 0/s")


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


# A server that goes away


def test_a_server_that_goes_away_and_comes_back(page: Page, server: Server) -> None:
    """The page says that there is no answer, keeps what it knew and what was written, and goes on when there is one again."""
    page.goto(f"{server.url}#/echo")
    page.get_by_label("Input").fill("[1.0]")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#facts")).to_contain_text("calls1")
    server.stop()
    expect(page.locator("#banner")).to_contain_text("The server does not answer")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#outcome")).to_contain_text("no answer")
    server.start()
    page.get_by_role("button", name="Ask now").click()
    expect(page.locator("#banner")).to_be_hidden()
    expect(page.locator("#live")).to_have_text("The server answers again.")
    expect(page.locator("#facts")).to_contain_text("calls0")
    expect(page.get_by_label("Input")).to_have_value("[1.0]")
    assert "-" not in page.locator("#rates .legend").inner_text()


def test_nobody_looks_and_nothing_is_asked(page: Page, server: Server) -> None:
    """While the page is hidden, or paused, the server is left alone; then it is asked at once."""
    page.goto(server.url)
    expect(page.locator("#rows tr")).to_have_count(5)
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - Playwright takes no built-in
    hide = "hidden => { Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden}); document.dispatchEvent(new Event('visibilitychange')) }"
    for leave, come_back in (
        (lambda: page.evaluate(hide, True), lambda: page.evaluate(hide, False)),
        (lambda: page.keyboard.press("p"), lambda: page.get_by_role("button", name="Resume").click()),
    ):
        leave()
        page.wait_for_timeout(300)
        asked.clear()
        page.wait_for_timeout(2500)
        assert not asked
        with page.expect_request("**/metrics", timeout=1500):
            come_back()
