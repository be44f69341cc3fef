"""
How `policy-tasks test` tells what failed: what did, once, where in the author's own files, and why what was left out was.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

import policy_tasks
from policy_tasks.errors import PolicyError, Problem, ToolError
from tests.conftest import run_console, write_policy

pytestmark = pytest.mark.needs("go")

# The first waits until the second has ended.
OWN_TEST = """package a

import (
	"os"
	"testing"
)

func TestOwn(t *testing.T) {
	t.Run("first", func(t *testing.T) { t.Parallel(); t.Log(os.Args) })
	t.Run("second", func(t *testing.T) { BODY })
}
"""


def _problems(root: Path, *, race: bool = False) -> tuple[Problem, ...]:
    with pytest.raises(PolicyError) as raised:
        policy_tasks.test(policy_tasks.load_settings(root), race=race)
    return raised.value.problems


def _add(folder: Path, code: str, *imports: str) -> None:
    """Write a file of this code into a policy's package, after lines for the imports and the package."""
    lines = "".join(f'import "{each}"\n' for each in imports)
    (folder / "added.go").write_text(f"package {folder.name}\n\n{lines}\n{code}\n")


# All policies together


def test_two_policies_of_one_name_fail(tmp_path: Path) -> None:
    """Policies whose names nobody can know before they run fail where the engine would not start with both."""
    for package in ("a", "b", "c"):
        folder = write_policy(tmp_path / "policies" / package, f"example.com/{package}", name="hello")
        source = (folder / "policy.go").read_text()
        name = "hello" if package != "c" else "other"
        source = source.replace('return "hello" }', "return name }", 1) + f'\nvar name = "{name}"\n'
        (folder / "policy.go").write_text(source)
    (problem,) = _problems(tmp_path)
    words = '"hello" is the name of both example.com/a.Policy and example.com/b.Policy'
    assert problem.what == "the engine would not start with all of these policies"
    assert problem.why == f"{words}: the engine would not start"
    assert problem.where == " and ".join(f"{tmp_path / 'policies' / each / 'policy.go'}:5" for each in "ab")
    engine = policy_tasks.compile(policy_tasks.load_settings(tmp_path)).path
    listed = subprocess.run([engine, "list"], capture_output=True, text=True, check=False)
    assert listed.returncode == 4
    assert words in listed.stderr


# The end of the process


def test_a_panic_is_told_once_and_where_it_was(tmp_path: Path) -> None:
    """A panic is told of the one test that panicked, with the author's line, no goroutines, and what it cut off in one line."""
    folder = write_policy(tmp_path / "policies" / "a", "example.com/a")
    _add(folder, 'func Boom() {\n\tpanic("boom")\n}')
    (folder / "own_test.go").write_text(OWN_TEST.replace("BODY", "Boom()"))
    (problem,) = _problems(tmp_path)
    assert problem.what == "TestOwn/second of example.com/a fails"
    assert problem.where == f"{folder / 'added.go'}:5"
    assert problem.why == "panic: boom\nnot finished: TestOwn/first"


def test_a_panic_beside_a_check_is_told_of_that_check(tmp_path: Path) -> None:
    """A panic on a goroutine of the policy's own is told of the check that runs, with the author's line."""
    folder = write_policy(tmp_path / "policies" / "a", "example.com/a")
    _add(folder, "func begin() string {\n\tgo func() {\n\t\tpanic(1)\n\t}()\n\tselect {}\n}")
    source = folder / "policy.go"
    source.write_text(source.read_text().replace("(any, error) { return", "(any, error) { begin(); return"))
    (problem,) = _problems(tmp_path)
    assert problem.what == "policy example.com/a.Policy fails the check Hostile/JSON"
    assert (problem.where, problem.why) == (f"{folder / 'added.go'}:6", "panic: 1")


def test_a_stack_overflow_is_told_without_the_stack(tmp_path: Path) -> None:
    """What Go's runtime cannot recover from is told in its first words, with the author's line."""
    folder = write_policy(tmp_path / "policies" / "a", "example.com/a")
    _add(folder, "func Deep(n int) int {\n\treturn Deep(n+1) + 1\n}")
    (folder / "own_test.go").write_text(
        'package a\n\nimport "testing"\n\nfunc TestOwn(t *testing.T) { t.Log(Deep(0)) }\n'
    )
    (problem,) = _problems(tmp_path)
    assert problem.what == "TestOwn of example.com/a fails"
    assert problem.where.startswith(f"{folder / 'added.go'}:")
    assert problem.why.splitlines()[0] == "fatal error: stack overflow"
    assert len(problem.why.splitlines()) == 2


def test_a_test_that_ends_the_process_is_told_with_those_that_waited(tmp_path: Path) -> None:
    """os.Exit fails the test that called it; those that it cut off are named in one line."""
    folder = write_policy(tmp_path / "policies" / "a", "example.com/a")
    (folder / "own_test.go").write_text(OWN_TEST.replace("BODY", "os.Exit(3)"))
    (problem,) = _problems(tmp_path)
    assert problem.what == "TestOwn/second of example.com/a fails"
    assert problem.why == "the process ended during this test\nnot finished: TestOwn/first"


@pytest.mark.parametrize(
    ("body", "line", "why"), [("os.Exit(9)", "", "exit status 9"), ("panic(os.Args)", "/added.go:6", "panic: ")]
)
def test_a_policy_that_ends_the_process_before_the_tests_is_found(
    body: str, line: str, why: str, tmp_path: Path
) -> None:
    """What ends the process in an init function is told once, with the policy that does so and the likely causes."""
    for name in ("a", "b", "c"):
        folder = write_policy(tmp_path / "policies" / name, f"example.com/{name}")
        own = f'package {name}\n\nimport "testing"\n\nfunc TestOwn(t *testing.T) {{ t.Log() }}\n'
        (folder / "own_test.go").write_text(own)
    folder = tmp_path / "policies" / "b"
    _add(folder, f"func init() {{\n\t{body}\n}}", "os")
    (problem,) = _problems(tmp_path)
    assert problem.what == "policy package example.com/b cannot be tested"
    assert problem.where == f"{folder}{line}"
    first, second = problem.why.splitlines()
    assert first.endswith("ended the process before any test began: in an init function or a package's variable")
    assert second.startswith(why)


# Where it was


def test_a_check_that_fails_is_told_with_its_line(tmp_path: Path) -> None:
    """What the kit finds is told where a panic was, or in the file of cases, and else at the type."""
    for name, result in {"a": "panic(input)", "b": 'return "b", nil', "c": "return make(chan int), nil"}.items():
        folder = write_policy(tmp_path / "policies" / name, f"example.com/{name}")
        code = (folder / "policy.go").read_text()
        (folder / "policy.go").write_text(code.replace(f'return "{name}", nil', f"\n\t{result}"))
    cases = tmp_path / "policies" / "b" / "testdata" / "policytest" / "Policy.json"
    cases.parent.mkdir(parents=True)
    cases.write_text('[{"name": "one", "input": 1, "result": "c"}]')
    told = {(problem.what.split()[1][:13], problem.where) for problem in _problems(tmp_path)}
    assert ("example.com/a", f"{tmp_path}/policies/a/policy.go:10") in told
    assert ("example.com/b", str(cases)) in told
    assert ("example.com/c", f"{tmp_path}/policies/c/policy.go:5") in told


def test_a_failing_test_is_told_with_its_line(tmp_path: Path) -> None:
    """Where an author's test failed is the file and line of its first message; the others keep theirs, in short."""
    folder = write_policy(tmp_path / "policies" / "a", "example.com/a")
    body = '\tt.Error("one\\nmore")\n\tt.Error("two")\n'
    (folder / "own_test.go").write_text(f'package a\n\nimport "testing"\n\nfunc TestOwn(t *testing.T) {{\n{body}}}\n')
    (problem,) = _problems(tmp_path)
    assert problem.where == f"{folder / 'own_test.go'}:6"
    assert problem.why == "one\n    more\nown_test.go:7: two"


def test_no_file_of_the_kit_is_named(tmp_path: Path) -> None:
    """What a check says begins with no file that its reader does not have."""
    folder = write_policy(tmp_path / "policies" / "a", "example.com/a")
    source = folder / "policy.go"
    source.write_text(source.read_text().replace("(any, error) { return", "(any, error) { input = input.(int); return"))
    for problem in _problems(tmp_path):
        assert problem.where == f"{source}:9"
        lines = problem.why.splitlines()
        assert lines[-1] == "the inputs after these were not tried"
        assert all(re.match(r"Execute of .+ panics: .+ \(policy\.go:9\)$", line) for line in lines[:-1])


def test_a_new_policys_test_refuses_a_misspelt_key(tmp_path: Path) -> None:
    """A key that no case has is told by the file and the key, and an unexpected error by its message."""
    folder = policy_tasks.new(policy_tasks.load_settings(tmp_path), "hello").directory
    cases = folder / "testdata/policytest/Policy.json"
    text = cases.read_text()
    cases.write_text(text.replace('"name": "no object"', '"nme": "no object"'))
    whys = {problem.what: problem.why for problem in _problems(tmp_path)}
    assert whys["TestCases of example.com/hello fails"] == 'testdata/policytest/Policy.json: json: unknown field "nme"'
    cases.write_text(text.replace('"error": "want an object"', '"result": 1'))
    whys = {problem.what: problem.why for problem in _problems(tmp_path)}
    assert whys["TestCases/no_object of example.com/hello fails"] == (
        'Execute() returned the error "want an object", want 1'
    )


# What was left out


def test_what_was_skipped_is_told_with_the_reason(tmp_path: Path) -> None:
    """Checks that a policy without cases cannot have are named with the reason, as text and in the document."""
    folder = write_policy(tmp_path / "policies" / "a", "example.com/a")
    own = 'package a\n\nimport "testing"\n\nfunc TestOwn(t *testing.T) {\n\tt.Skip("not today")\n}\n'
    (folder / "own_test.go").write_text(own)
    done = run_console("test", cwd=tmp_path)
    assert done.stdout.splitlines()[0] == "example.com/a: 0 tests, 1 skipped (TestOwn: not today)"
    assert done.stdout.splitlines()[1].endswith(" checks, 2 skipped (Cases, State: there are no cases)")
    tests = json.loads(run_console("test", "--format", "json", cwd=tmp_path).stdout)["tests"]
    assert {each["test"]: each["reason"] for each in tests if each["skipped"]} == {
        "TestOwn": "not today",
        "Cases": "there are no cases",
        "State": "there are no cases",
    }
    assert not any("reason" in each for each in tests if not each["skipped"])


# The machine


@pytest.mark.parametrize("compiler", ["/nosuch", "false"])
def test_a_c_compiler_that_fails_is_an_error_of_the_machine(
    compiler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A C compiler that is not there, or does not work, is told once, and is no fault of the policies."""
    write_policy(tmp_path / "policies" / "a", "example.com/a")
    monkeypatch.setenv("CC", compiler)
    with pytest.raises(ToolError) as raised:
        policy_tasks.test(policy_tasks.load_settings(tmp_path), race=True)
    (problem,) = raised.value.problems
    assert (problem.what, problem.where) == ("the race detector cannot be used", "CC")
    assert "it is linked by a C compiler, which fails:\n" in problem.why
