"""
What is read from go test's own account of a run, as `go test -json` of Go 1.26 has written it.
"""

from __future__ import annotations

from policy_tasks.toolchain.go_test_events import Events, Outcome

PACKAGE = "x.example/a"
DUMP = "goroutine 10 [running]:\ntesting.tRunner.func1()\n\t/go/testing.go:1977 +0x349\nx.example/a.Boom(...)\n\t/a/p.go:2\n"


def _outcomes(*events: tuple[str, str, str]) -> list[Outcome]:
    """How a package ended that has failed after these events: what happened, to which test, and what it said."""
    reader = Events()
    for action, test, output in (*events, ("output", "", f"FAIL\t{PACKAGE}\t0.01s\n"), ("fail", "", "")):
        named = {"Test": test} if test else {}
        for line in output.splitlines(keepends=True) or [""]:
            reader.read({"Action": action, "Package": PACKAGE, **named, "Output": line})
    return reader.outcomes()


def _failed(outcomes: list[Outcome]) -> dict[str, str]:
    return {each.test: each.output for each in outcomes if each.action == "fail"}


def test_a_panic_is_that_of_the_test_whose_failure_comes_right_before() -> None:
    """A panic that the tests around it tell belongs to the innermost; tests that waited have not failed."""
    outcomes = _outcomes(
        *(("run", test, "") for test in ("T", "T/a", "T/b")),
        ("pause", "T/a", ""),
        ("output", "T/b", "    /a/a_test.go:3: said\n--- FAIL: T/b (0.00s)\n"),
        ("fail", "T/b", ""),
        ("output", "T", f"--- FAIL: T (0.00s)\npanic: boom\n\tsecond [recovered, repanicked]\n\n{DUMP}"),
        ("fail", "T", ""),
    )
    assert _failed(outcomes) == {
        "T": "",
        "T/b": "panic: boom\n\tsecond\n    /a/a_test.go:3: said\nnot finished: T/a",
    }
    assert [each.stack.splitlines()[-1] for each in outcomes if each.stack] == [f"FAIL\t{PACKAGE}\t0.01s"]


def test_a_crash_elsewhere_is_that_of_the_test_that_runs() -> None:
    """What no test recovers belongs to the test that speaks, and a failure before it stays one of its own."""
    outcomes = _outcomes(
        ("run", "A", ""),
        ("output", "A", "    /a/a_test.go:3: wrong\n--- FAIL: A (0.00s)\n"),
        ("fail", "A", ""),
        ("run", "B", ""),
        ("output", "B", f"=== RUN   B\nfatal error: stack overflow\n\nruntime stack:\n\n{DUMP}"),
    )
    assert _failed(outcomes) == {"A": "    /a/a_test.go:3: wrong", "B": "fatal error: stack overflow"}


def test_what_only_looks_like_a_panic_is_what_a_test_says() -> None:
    """A test that prints `panic: ` fails as it does, with all that it says."""
    outcomes = _outcomes(("run", "A", ""), ("output", "A", "panic: not really\n\nmore\n"), ("fail", "A", ""))
    assert _failed(outcomes) == {"A": "panic: not really\n\nmore"}


def test_an_end_before_all_tests_is_told_from_one_that_was_not_built() -> None:
    """`early` is what ended before a test began, and not what did not compile or could not be set up."""
    (ended,) = _outcomes(("output", "", "exit status 9\n"))
    assert (ended.test, ended.output, ended.early) == ("", "exit status 9", True)
    (panicked,) = _outcomes(("output", "", f"panic: no\n\n{DUMP}"))
    assert (panicked.test, panicked.output, panicked.early) == ("", "panic: no", True)
    (not_set_up,) = _outcomes(("output", "", f"FAIL\t{PACKAGE} [setup failed]\n"))
    assert not not_set_up.early


def test_a_panic_that_was_recovered_and_printed_blames_nobody() -> None:
    """Where the tests came to their end none has crashed, whatever one of them has printed."""
    outcomes = _outcomes(
        ("run", "A", ""),
        ("output", "A", f"panic: handled\n\n{DUMP}--- PASS: A (0.00s)\n"),
        ("pass", "A", ""),
        ("run", "B", ""),
        ("output", "B", "    /a/a_test.go:3: wrong\n--- FAIL: B (0.00s)\n"),
        ("fail", "B", ""),
        ("output", "", "FAIL\n"),
    )
    assert _failed(outcomes) == {"B": "    /a/a_test.go:3: wrong"}


def test_the_last_panic_is_the_one_that_ended_the_tests() -> None:
    """One that was recovered and printed before is not."""
    outcomes = _outcomes(
        ("run", "A", ""),
        ("output", "A", f"panic: handled\n\n{DUMP}--- PASS: A (0.00s)\n"),
        ("pass", "A", ""),
        ("run", "B", ""),
        ("output", "B", f"--- FAIL: B (0.00s)\npanic: boom\n\n{DUMP}"),
        ("fail", "B", ""),
    )
    assert _failed(outcomes) == {"B": "panic: boom"}
