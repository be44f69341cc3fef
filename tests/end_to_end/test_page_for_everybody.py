"""
The page with a keyboard alone, in both themes, on wide and narrow windows, and for who does not see it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.end_to_end.conftest import run

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.end_to_end.conftest import Server

pytestmark = pytest.mark.needs("go", "chromium")


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


# Looks


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
