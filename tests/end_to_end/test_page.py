"""
The page that `serve --ui` shows, in a real browser: what it shows, and running a policy.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, Request, expect

from tests.end_to_end.conftest import run

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Server

pytestmark = pytest.mark.needs("go", "chromium")

BIG = '{"id": 9007199254740993, "tiny": 1e-400, "exact": 1.10, "zero": -0, "long": 123456789012345678901234567890.5}'


# What is shown


def test_the_list_has_what_is_known_of_each_policy(page: Page, server: Server) -> None:
    """Each policy is in a row with its version, its origin, its description and its state."""
    page.goto(server.url)
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(5)
    row = rows.filter(has_text="access-control")
    for text in ("2.3.1", "example.com/platform/access", "Says whether a subject may do something", "ready"):
        expect(row).to_contain_text(text)
    expect(page.locator("header")).to_contain_text(re.compile(r"ready.*up\d+s.*abandoned0", re.DOTALL))


def test_the_way_to_the_page(page: Page, server: Server) -> None:
    """The server's address alone leads to the page, and an address of a policy shows it."""
    page.goto(f"http://{server.address}/")
    assert page.url == server.url
    page.get_by_role("link", name="quota").click()
    expect(page.get_by_role("heading", name="quota")).to_be_visible()
    assert page.url == f"{server.url}#/quota"
    page.reload()
    expect(page.locator("#facts")).to_contain_text("example.com/platform/guard")
    page.goto(f"{server.url}#/nobody")
    expect(page.locator("#description")).to_have_text("There is no policy nobody in this engine.")


def test_a_filter_that_nothing_fits(page: Page, server: Server) -> None:
    """The filter looks at names, modules and states, and says when nothing is left."""
    page.goto(server.url)
    page.get_by_label("Filter").fill("payments ready")
    expect(page.locator("#rows tr:visible")).to_have_count(2)
    expect(page.locator("#count")).to_have_text("2 of 5")
    page.get_by_label("Filter").fill("nothing like it")
    expect(page.get_by_text("No policy is like that.")).to_be_visible()


# Running a policy


def test_a_run_with_its_result(page: Page, server: Server) -> None:
    """A policy is run on an input; its answer, how long it took and what it was asked are shown, and can be had again."""
    page.goto(f"{server.url}#/access-control")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#result")).to_contain_text('"allow": true')
    expect(page.locator("#outcome")).to_have_text(re.compile(r"^ok ?status 200 ?[\d.]+ (µs|ms) ?\d+ bytes ?[\d:]+$"))
    run(page, server, "echo", '"other"')
    page.locator("#run-rows").get_by_role("button", name="access-control").click()
    expect(page.locator("#result")).to_contain_text('"by": "viewer"')
    expect(page.get_by_label("Input")).to_have_value(re.compile('"action": "read"'))


def test_a_run_that_fails(page: Page, server: Server) -> None:
    """An error is shown as text with its code and its decision, and the policy is said to fail."""
    run(page, server, "quota", '{"tenant": "unknown"}')
    expect(page.locator("#outcome")).to_contain_text("policy_error")
    expect(page.locator("#failure")).to_contain_text("add it to quotas.json <b>now</b>")
    expect(page.locator("#failure-more")).to_have_text(re.compile("^decision [0-9a-f]{32}$"))
    expect(page.locator("#title + .badge")).to_have_text("failing")
    expect(page.locator("#rates .value").last).to_have_text(re.compile("^[0-9.]*[1-9][0-9.]*/s$"))


def test_calls_that_are_given_up(page: Page, server: Server) -> None:
    """Calls that go on past their deadline are counted while they do, and enough of them open the breaker."""
    run(page, server, "quota", '{"wait": 20000}')
    expect(page.locator("#outcome")).to_contain_text("policy_timeout")
    expect(page.locator("#facts")).to_contain_text("abandoned1")
    for _ in range(3):
        page.get_by_role("button", name="Run").click()
        expect(page.get_by_role("button", name="Run")).to_be_enabled()
    expect(page.locator("#title + .badge")).to_have_text("breaker open")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#outcome")).to_contain_text("policy_tripped")


def test_a_run_can_be_cancelled(page: Page, server: Server) -> None:
    """Who does not want to wait takes the request back, and the policy hears of it."""
    page.goto(f"{server.url}#/approval")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#facts")).to_contain_text("in flight1")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#outcome")).to_contain_text("cancelled")
    expect(page.locator("#facts")).to_contain_text("in flight0")
    expect(page.get_by_role("button", name="Run")).to_be_enabled()


def test_numbers_keep_their_digits(page: Page, server: Server) -> None:
    """What a number was written as comes back so, in the result, in what is laid out, and from a schema."""
    run(page, server, "echo", BIG)
    shown = page.locator("#result").inner_text()
    for digits in ("9007199254740993", "1e-400", "1.10", "-0", "123456789012345678901234567890.5"):
        assert re.search(rf": {re.escape(digits)}(,|\n)", shown), digits
    page.get_by_role("button", name="Tidy").click()
    expect(page.get_by_label("Input")).to_have_value(re.compile("9007199254740993,\n.*1e-400,\n.*1.10,\n.*-0,\n"))
    page.goto(f"{server.url}#/access-control")
    expect(page.get_by_label("Input")).to_have_value(re.compile('"id": 9007199254740993'))


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
