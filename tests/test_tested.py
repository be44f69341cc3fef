"""
What `policy-tasks test` prints for people.
"""

from __future__ import annotations

from policy_tasks import model


def _test(policy: str | None, test: str, skipped: str | None = None) -> model.PolicyTest:
    return model.PolicyTest(
        package="x.example/a", policy=policy, test=test, skipped=skipped is not None, reason=skipped, seconds=0
    )


def test_what_was_skipped_is_not_counted_as_passed() -> None:
    """Checks and tests that were left out are told as that, by their reasons; a package of which all were is still there."""
    tests = (
        _test("A", "Contract"),
        _test("A", "Cases", "there are none\nmore"),
        _test("A", "State", "there are none"),
        _test("A", "Close", "other"),
        _test(None, "TestX", ""),
    )
    assert str(model.Tested(tests=tests, race=False)) == (
        "x.example/a: 0 tests, 1 skipped (TestX: no reason is told)\n"
        "x.example/a.A: 1 check, 3 skipped (Cases, State: there are none; Close: other)"
    )
