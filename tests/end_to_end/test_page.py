"""
The page that `serve --ui` shows, in a real browser.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Server

pytestmark = pytest.mark.needs("go", "chromium")

BIG = '{"id": 9007199254740993, "tiny": 1e-400, "exact": 1.10, "zero": -0, "long": 123456789012345678901234567890.5}'


def run(page: Page, server: Server, policy: str, text: str) -> None:
    """Run a policy on an input, as it is written."""
    page.goto(f"{server.url}#/{policy}")
    page.get_by_label("Input").fill(text)
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#outcome .badge")).to_be_visible()


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


# What is said of an input


def test_a_skeleton_fits_the_schema(page: Page, server: Server) -> None:
    """Before anything is written the input is what the schema requires, and the fields are listed."""
    page.goto(f"{server.url}#/access-control")
    expect(page.locator("#verdict")).to_have_text("JSON, fits the schema")
    fields = page.locator("#field-rows tr")
    expect(fields).to_have_count(6)
    expect(fields.filter(has_text="action")).to_have_text(
        re.compile('action required.*"read" | "write".*What is to be done')
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '{"subject": {"id": 1, "roles": []},\n "action": "read"}',
            "line 1, column 1 resource is required and not there",
        ),
        (
            '{"subject": {"id": 1, "roles": []}, "resource": "",\n "action": "burn"}',
            'line 2, column 12 action is to be "read" or "write" or "delete"',
        ),
        (
            '{"subject": {"id": 1, "roles": []}, "resource": "", "action": "read",\n  "axtion": 1}',
            "line 2, column 3 axtion is not allowed by the schema",
        ),
        (
            '{"subject": {"id": 1.5, "roles": [1]}, "resource": "", "action": "read"}',
            "line 1, column 35 subject.roles[0] is to be of type string",
        ),
        (
            '{"subject": {"id": 1, "roles": [], "x": 1}, "resource": "", "action": "read"}',
            "line 1, column 36 subject.x is not in the schema",
        ),
    ],
)
def test_what_does_not_fit_the_schema(page: Page, server: Server, text: str, said: str) -> None:
    """Fields that are missing, unknown or of another kind are pointed out where they are; the policy may be asked all the same."""
    page.goto(f"{server.url}#/access-control")
    page.get_by_label("Input").fill(text)
    expect(page.locator("#problems")).to_contain_text(said)
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#outcome")).to_contain_text("status 200")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1, column 1 nothing is here; no input is written null"),
        ('{"a": 1,\n "b": 2,\n}', "line 3, column 1 a comma stands before }"),
        ('{"a": 1\n "b": 2}', 'line 2, column 2 "b" stands where a comma or } is expected'),
        ("{'a': 1}", "line 1, column 2 strings are in double quotes"),
        ('["a\nb"]', "line 1, column 2 a string does not end on its line; a line break is written \\n"),
        ('["a\\q"]', "line 1, column 4 there is no such escape in a string"),
        ("[01]", "line 1, column 2 01 is not a number of JSON"),
        ("[1] 2", "line 1, column 5 2 stands where the end of the text is expected"),
        ("[True]", "line 1, column 2 True is not JSON; text is in double quotes"),
        ('{"a"', "line 1, column 5 the text ends where a colon is expected"),
        ("[" * 1001, "more than 1000 arrays and objects lie within each other"),
    ],
)
def test_what_is_not_json(page: Page, server: Server, text: str, said: str) -> None:
    """Text that is no JSON is not sent; what is wrong is said with its line and column, and leads there."""
    page.goto(f"{server.url}#/echo")
    page.get_by_label("Input").fill(text)
    expect(page.locator("#problems")).to_contain_text(said)
    page.locator("#problems button").click()
    line, column = page.locator("#problems button").inner_text().removeprefix("line ").split(", column ")
    expect(page.locator("#position")).to_have_text(f"line {line}, column {column}")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#live")).to_contain_text("Not sent")
    expect(page.locator("#no-runs")).to_be_visible()


# For everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_everybody_can_use_it(page: Page, server: Server, scheme: Literal["light", "dark"], width: int) -> None:
    """axe finds nothing in its way: names, roles and contrasts are as WCAG asks for, in both themes, on wide and narrow windows."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 760})
    page.goto(server.url)
    expect(page.locator("#rows tr")).to_have_count(5)
    for policy, text in (
        ("", ""),
        ("quota", '{"tenant": "unknown"}'),
        ("access-control", '{"axtion": 9007199254740993}'),
    ):
        if policy:
            run(page, server, policy, text)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_theme_is_the_systems_until_another_is_chosen(page: Page, server: Server) -> None:
    """The colours are those that the system asks for; the switch overrides it, and is remembered."""
    ground = "getComputedStyle(document.body).backgroundColor"
    page.goto(server.url)
    light = page.evaluate(ground)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(ground)
    assert light != dark
    page.get_by_role("button", name="Theme: auto").click()
    assert page.evaluate(ground) == light
    page.reload()
    expect(page.get_by_role("button", name="Theme: light")).to_be_visible()
    assert page.evaluate(ground) == light


def test_nothing_moves_for_who_does_not_want_it(page: Page, server: Server) -> None:
    """With reduced motion the spinner stands still."""
    page.goto(server.url)
    turning = "getComputedStyle(document.querySelector('.spinner')).animationName"
    assert page.evaluate(turning) == "turn"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(turning) == "none"
