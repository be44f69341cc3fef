"""
What `policy-tasks test` prints for people.
"""

from __future__ import annotations

from policy_tasks import model


def _test(policy: str | None, test: str, *, skipped: bool = False) -> model.PolicyTest:
    return model.PolicyTest(package="x.example/a", policy=policy, test=test, skipped=skipped, seconds=0)


def test_what_was_skipped_is_not_counted_as_passed() -> None:
    """Checks and tests that were left out are told as that; a package of which all were is still there."""
    tests = (_test("A", "Contract"), _test("A", "Cases", skipped=True), _test(None, "TestX", skipped=True))
    assert (
        str(model.Tested(tests=tests, race=False))
        == "x.example/a: 0 tests, 1 skipped\nx.example/a.A: 1 check, 1 skipped"
    )
