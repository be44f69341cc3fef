"""
What the page says of an input.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Server

pytestmark = pytest.mark.needs("go", "chromium")


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
