"""
What an author of policies does, for real: make one, test it as it is and as the engine uses it, see it found and built.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import policy_tasks
from policy_tasks.errors import PolicyError, ToolError
from policy_tasks.toolchain.go_command import find_go
from policy_tasks.toolchain.process import Processes
from tests.conftest import REPOSITORY, run_console, write_policy

pytestmark = pytest.mark.needs("go")
CORE = "github.com/policy-tasks/policy-tasks/go-core"
KIT_TEST = f"""package a

import (
	"testing"

	"{CORE}/policytest"
)

func TestPolicy(t *testing.T) {{
	policytest.Run(t, new(Policy), policytest.Case{{Input: nil, Result: "a"}})
}}
"""


CHECKED = """func (p *Policy) Validate() error {
	if p.denied == nil {
		return errors.New("there is no list")
	}
	return nil
}"""


def _go(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run Go as an author does who knows nothing of us, and who has no network."""
    go = find_go("", cwd, Processes())
    env = {**go.environment, "GOPROXY": "off"}
    return subprocess.run([go.path, *arguments], cwd=cwd, env=env, capture_output=True, text=True, check=False)


def _test(root: Path, *, race: bool = False) -> policy_tasks.Tested:
    return policy_tasks.test(policy_tasks.load_settings(root, policies=["policies"]), race=race)


def _problems(root: Path, *, race: bool = False) -> dict[str, str]:
    """What is told of the tests that fail, and why."""
    with pytest.raises(PolicyError) as raised:
        _test(root, race=race)
    return {problem.what: problem.why for problem in raised.value.problems}


def _execute(folder: Path, body: str, *imports: str) -> None:
    """Give a policy this body of Execute."""
    file = folder / "policy.go"
    lines = "".join(f'import "{each}"\n' for each in imports)
    source = file.read_text().replace('import "context"\n', f'import "context"\n{lines}')
    file.write_text(source.replace("(any, error) { return", f"(any, error) {{ {body}; return"))


# A new policy


def test_a_new_policy_passes_everything_as_it_is(tmp_path: Path) -> None:
    """A new policy passes go vet and go test without network, is found, tested and compiled, and its folder stays as it is."""
    made = run_console("new", "allow-list", "--format", "json", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    folder = Path(json.loads(made.stdout)["directory"])
    assert folder == tmp_path / "policies" / "allow-list"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert sorted(map(str, before)) == sorted(json.loads(made.stdout)["files"])
    for command in (("vet", "./..."), ("test", "./..."), ("mod", "tidy", "-diff")):
        done = _go(*command, cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr
    assert run_console("discover", cwd=tmp_path).stdout == "example.com/allow-list.Policy\n"
    tested = run_console("test", cwd=tmp_path)
    assert tested.returncode == 0, tested.stderr
    assert tested.stdout.splitlines()[0] == "example.com/allow-list: 4 tests"
    assert tested.stdout.splitlines()[1].startswith("example.com/allow-list.Policy: ")
    engine = run_console("compile", cwd=tmp_path).stdout.strip()
    ran = subprocess.run([engine, "run"], input=b'{"user": "ann"}', capture_output=True, check=True)
    assert json.loads(ran.stdout)["results"] == [{"name": "allow-list", "result": {"allowed": True}}]
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_who_has_no_policies_is_told_how_to_make_one(tmp_path: Path) -> None:
    """An empty policies folder and one that is missing end with an error that names the command, which then mends it."""
    for code in (2, 3):
        done = run_console("discover", cwd=tmp_path)
        assert done.returncode == code
        assert "`policy-tasks new NAME`" in done.stderr
        (tmp_path / "policies").mkdir(exist_ok=True)
    assert run_console("new", "hello", cwd=tmp_path).returncode == 0
    assert run_console("discover", cwd=tmp_path).returncode == 0


def test_a_new_policy_gets_a_constructor(tmp_path: Path) -> None:
    """A constructor written into a new policy, and called where its README says, passes everything."""
    folder = policy_tasks.new(policy_tasks.load_settings(tmp_path), "hello").directory
    source, test = folder / "policy.go", folder / "policy_test.go"
    text = source.read_text().replace("type Policy struct{}", "type Policy struct{ denied map[string]bool }")
    text = text.replace("func (*Policy) Validate() error { return nil }", CHECKED)
    source.write_text(f"{text}\nfunc New() (*Policy, error) {{ return &Policy{{map[string]bool{{}}}}, nil }}\n")
    assert any("there is no list" in why for why in _problems(tmp_path).values())
    test.write_text(test.read_text().replace("return new(Policy), nil", "return New()"))
    assert _go("test", "./...", cwd=folder).returncode == 0
    assert {each.policy for each in _test(tmp_path).tests} == {"Policy", None}


def test_new_and_test_at_invokes_door(tmp_path: Path) -> None:
    """In a project with a tasks.py `invoke new` and `invoke test` do the same, in the collection's folders."""
    (tmp_path / "tasks.py").write_text(
        "from policy_tasks import collection\nnamespace = collection(policies=['mine'])\n"
    )
    for arguments in (("new", "a"), ("new", "--name", "b"), ("test",)):
        done = subprocess.run(
            [sys.executable, "-m", "invoke", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [
        *("example.com/a", "example.com/a.Policy", "example.com/b", "example.com/b.Policy")
    ]


def test_a_wrong_name_is_an_error_of_the_command_line(tmp_path: Path) -> None:
    """A wrong name, and no name at all, end with exit code 2, and as one document where that is asked for."""
    for arguments in (("new", "Wrong"), ("new",)):
        done = run_console(*arguments, "--format", "json", cwd=tmp_path)
        assert done.returncode == 2
        assert json.loads(done.stdout)["error"]["exit_code"] == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("folder", ["policies", "two_engines/policies", "wheel/policies"])
def test_the_examples_pass_the_kit(folder: str, tmp_path: Path) -> None:
    """The policies that this repository shows to others keep the contract, as far as the kit can tell."""
    examples = REPOSITORY / "examples" / folder
    tested = policy_tasks.test(policy_tasks.load_settings(tmp_path, policies=[str(examples)]))
    assert {each.package for each in tested.tests if each.policy}


def test_the_document_for_authors_is_right(tmp_path: Path) -> None:
    """The cases and the Go of docs/testing-policies.md, typed into a new policy, are read, compile and pass."""
    page = (REPOSITORY / "docs/testing-policies.md").read_text()
    made = policy_tasks.new(policy_tasks.load_settings(tmp_path), "hello")
    blocks = {kind: re.findall(rf"^```{kind}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL) for kind in ("json", "go")}
    (made.directory / "testdata/policytest/Policy.json").write_text(blocks["json"][0])
    (made.directory / "kit_test.go").write_text(blocks["go"][0])
    tests = {(each.policy, each.test) for each in _test(tmp_path).tests}
    assert {("Policy", "Cases/ann_may"), (None, "TestPolicy/Cases/ann_may"), (None, "TestCases/no_object")} <= tests


# Tests that fail


def test_every_policy_that_fails_is_told_of(tmp_path: Path) -> None:
    """Each failing check names its policy and the user's own file; what passes is not told of; the exit code is the author's."""
    write_policy(tmp_path / "policies" / "good", "example.com/good")
    write_policy(tmp_path / "policies" / "bad", "example.com/bad")
    _execute(tmp_path / "policies" / "bad", 'input = input.(map[string]any)["user"].(string)')
    done = run_console("test", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert "policy example.com/bad.Policy fails the check Hostile/JSON" in done.stderr
    assert f"where: {tmp_path / 'policies/bad/policy.go'}:9" in done.stderr
    assert "Execute of null panics: interface conversion: interface {} is nil" in done.stderr
    assert "(policy.go:9)" in done.stderr
    assert "example.com/good" not in done.stderr


def test_a_case_that_is_not_met_is_told_by_its_name(tmp_path: Path) -> None:
    """The cases in testdata are those of the type in their name, and one that is not met fails with both answers."""
    folder = write_policy(tmp_path / "policies" / "a", "example.com/a") / "testdata" / "policytest"
    folder.mkdir(parents=True)
    (folder / "Other.json").write_text("is read by nobody")
    (folder / "Policy.json").write_text('[{"name": "yes", "input": 1, "result": "b"}]')
    ((what, why),) = _problems(tmp_path).items()
    assert what == "policy example.com/a.Policy fails the check Cases/yes"
    assert why == 'Execute(1) returned "a", want "b"'


def test_cases_that_cannot_be_read_are_told_of(tmp_path: Path) -> None:
    """A file of cases that is none fails its policy, with the user's own name for the file."""
    folder = write_policy(tmp_path / "policies" / "a", "example.com/a") / "testdata" / "policytest"
    folder.mkdir(parents=True)
    (folder / "Policy.json").write_text("{}")
    with pytest.raises(PolicyError) as raised:
        _test(tmp_path)
    (problem,) = raised.value.problems
    assert problem.what == "policy example.com/a.Policy fails the check Run"
    assert problem.where == str(folder / "Policy.json")
    assert problem.why.startswith("want a JSON array of cases: ")


def test_own_tests_that_fail_or_do_not_compile_are_told_of(tmp_path: Path) -> None:
    """A failing test of the author's is told with what it says; one that does not compile, with the user's file and line."""
    for name, body in (("a", 't.Error("this is wrong")'), ("b", "nothing()")):
        folder = write_policy(tmp_path / "policies" / name, f"example.com/{name}")
        source = f'package {name}\n\nimport "testing"\n\nfunc TestOwn(t *testing.T) {{\n\t{body}\n}}\n'
        (folder / "own_test.go").write_text(source)
    problems = _problems(tmp_path)
    assert problems["TestOwn of example.com/a fails"] == "this is wrong"
    assert (
        f"{tmp_path / 'policies/b/own_test.go'}:6:2: undefined: nothing"
        in problems["the tests of example.com/b cannot be run"]
    )
    assert len(problems) == 2


def test_a_policy_that_ends_the_process_is_named(tmp_path: Path) -> None:
    """A policy that calls os.Exit fails the check that called it, and those that it kept from being tested are told of."""
    for name in ("a", "b"):
        write_policy(tmp_path / "policies" / name, f"example.com/{name}")
    _execute(tmp_path / "policies" / "a", "os.Exit(3)", "os")
    problems = _problems(tmp_path)
    assert problems["policy example.com/b.Policy was not tested"] == "the tests ended before"
    ended = [what for what in problems if what.startswith("policy example.com/a.Policy fails the check Hostile")]
    assert len(ended) == 1
    assert len(problems) == 2


@pytest.mark.needs("cc")
def test_a_data_race_is_found(tmp_path: Path) -> None:
    """What only happens to go well passes without the race detector, and fails with it."""
    folder = write_policy(tmp_path / "policies" / "a", "example.com/a", extra="var calls int\n")
    _execute(folder, "calls++")
    assert not _test(tmp_path).race
    assert any("DATA RACE" in why for why in _problems(tmp_path, race=True).values())


def test_no_c_compiler_is_an_error_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a C compiler the race detector is refused, with what to do."""
    write_policy(tmp_path / "policies" / "a", "example.com/a")
    go = find_go("", tmp_path, Processes()).path
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "go").symlink_to(go)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(ToolError, match="the race detector cannot be used"):
        _test(tmp_path, race=True)


# The rules that the test kit has in common with the engine


@pytest.mark.parametrize(
    ("name", "usable"),
    [("x" * 128, True), ("größe/2 %s", True), ("x" * 129, False), ("a\\tb", False), ("\\xff", False)],
)
def test_the_kit_and_the_engine_agree_on_names(name: str, usable: bool, tmp_path: Path) -> None:
    """A name passes the kit just where the engine starts with it."""
    # No constant, which would be judged before either of them.
    folder = write_policy(tmp_path / "policies" / "a", "example.com/a", name=name)
    source = (folder / "policy.go").read_text().replace(f'return "{name}" }}', f'name := "{name}"; return name }}')
    (folder / "policy.go").write_text(source)
    engine = policy_tasks.compile(policy_tasks.load_settings(tmp_path))
    started = subprocess.run([engine.path, "list"], capture_output=True, check=False)
    assert (started.returncode == 0) is usable
    if usable:
        assert _test(tmp_path).tests
    else:
        assert list(_problems(tmp_path)) == ["policy example.com/a.Policy fails the check Contract/Name"]


# The test kit in the author's own tests


@pytest.mark.parametrize("go_mod", ["", f"require {CORE} v0.1.0\n", f"require {CORE} v0.1.0\nreplace {CORE} => %s\n"])
def test_own_tests_may_use_the_kit(go_mod: str, tmp_path: Path) -> None:
    """
    Tests that import the kit run under `policy-tasks test`, whether their go.mod asks for it, replaces it or neither; nothing
    of the kit is in the binary, and where it is replaced a plain `go test` runs them as well.
    """
    folder = write_policy(tmp_path / "policies" / "a", "example.com/a")
    settings = policy_tasks.load_settings(tmp_path)
    (folder / "kit_test.go").write_text(KIT_TEST)
    with (folder / "go.mod").open("a") as file:
        file.write(go_mod.replace("%s", str(REPOSITORY / "go-core")))
        if "replace" in go_mod:
            file.write("go 1.26.0\n")
    (folder / "go.mod").write_text((folder / "go.mod").read_text().replace("go 1.21\n", "", "replace" in go_mod))
    own = [each for each in _test(tmp_path).tests if each.policy is None]
    assert {each.package for each in own} == {"example.com/a"}
    assert "TestPolicy/Concurrency" in {each.test for each in own}
    binary = policy_tasks.compile(settings)
    assert b"go-core/engine" in binary.path.read_bytes()
    assert b"go-core/policytest" not in binary.path.read_bytes()
    ran = subprocess.run([binary.path, "run"], input=b"null", capture_output=True, check=True)
    assert json.loads(ran.stdout)["results"] == [{"name": "a", "result": "a"}]
    plain = _go("test", "./...", cwd=folder)
    assert (plain.returncode == 0) is ("replace" in go_mod), plain.stdout + plain.stderr


@pytest.mark.needs("proxy")
def test_own_tests_may_depend_on_modules_that_the_policy_does_not(tmp_path: Path) -> None:
    """A module that only a test imports is taken from the policy's own go.mod and go.sum."""
    folder = write_policy(tmp_path / "policies" / "a", "example.com/a")
    (folder / "own_test.go").write_text(
        'package a\n\nimport (\n\t"testing"\n\n\t"github.com/google/uuid"\n)\n\n'
        "func TestOwn(t *testing.T) {\n\tt.Log(uuid.NameSpaceDNS)\n}\n"
    )
    go = find_go("", tmp_path, Processes())
    for arguments in (("get", "github.com/google/uuid@v1.6.0"), ("mod", "tidy")):
        assert go.run(*arguments, cwd=folder).code == 0
    assert ("example.com/a", "TestOwn") in {(each.package, each.test) for each in _test(tmp_path).tests}


@pytest.mark.needs("proxy")
def test_other_peoples_tests_are_not_run(tmp_path: Path) -> None:
    """A module whose path begins as the policy's does is tested by whoever wrote it, and not here."""
    folder = write_policy(tmp_path / "policies" / "a", "github.com/google", package="google")
    (folder / "used.go").write_text('package google\n\nimport _ "github.com/google/uuid"\n')
    (folder / "inner").mkdir()
    (folder / "inner" / "inner_test.go").write_text(
        'package inner\n\nimport "testing"\n\nfunc TestInner(t *testing.T) {}\n'
    )
    tested = _test(tmp_path).tests
    assert {each.package for each in tested} == {"github.com/google", "github.com/google/inner"}


# Policies with a constructor

LIMITED = """package PACKAGE

import (
	"context"
	"errors"
)

type Policy struct{ limits map[string]int }

FUNCTION

func (*Policy) Name() string { return "PACKAGE" }

func (p *Policy) Validate() error {
	if p.limits == nil {
		return errors.New("there are no limits")
	}
	return nil
}

func (p *Policy) Execute(ctx context.Context, input any) (any, error) { return p.limits["ann"], p.Validate() }
"""
MADE = 'Policy{map[string]int{"ann": 10}}'
CONSTRUCTORS = {
    "pointer": f"func New() *Policy {{ return &{MADE} }}",
    "pointererror": f"func NewPolicy() (*Policy, error) {{ return &{MADE}, nil }}",
    "value": f"func New() Policy {{ return {MADE} }}",
    "valueerror": f"func NewLimited() (Policy, error) {{ return {MADE}, nil }}",
}


def _write_limited(root: Path, package: str, function: str) -> Path:
    """A policy that works only as its constructor makes it, and a case of it."""
    folder = write_policy(root / "policies" / package, f"example.com/{package}")
    (folder / "policy.go").write_text(LIMITED.replace("PACKAGE", package).replace("FUNCTION", function))
    (folder / "testdata/policytest").mkdir(parents=True)
    (folder / "testdata/policytest/Policy.json").write_text('[{"name": "ann", "input": null, "result": 10}]')
    return folder


def test_policies_are_tested_as_their_constructors_make_them(tmp_path: Path) -> None:
    """Policies whose constructors set fields pass all checks, with every form of constructor."""
    for package, function in CONSTRUCTORS.items():
        _write_limited(tmp_path, package, function)
    tests = [each for each in _test(tmp_path).tests if each.policy]
    passed = {each.package for each in tests if each.test == "State/Order" and not each.skipped}
    assert passed == {f"example.com/{package}" for package in CONSTRUCTORS}
    assert not [each for each in tests if each.skipped]


def test_a_constructor_that_fails_is_told_with_its_error(tmp_path: Path) -> None:
    """A constructor's error, panic and nil pointer fail the test of its policy alone, and the message says which it was."""
    _write_limited(tmp_path, "good", CONSTRUCTORS["pointererror"])
    _write_limited(tmp_path, "bad", 'func New() (*Policy, error) { return nil, errors.New("no key in the safe") }')
    _write_limited(tmp_path, "panics", 'func New() *Policy { panic("no luck") }')
    _write_limited(tmp_path, "none", "func New() *Policy { return nil }")
    problems = _problems(tmp_path)
    assert set(problems) == {
        f"policy example.com/{each}.Policy fails the check Run" for each in ("bad", "none", "panics")
    }
    told = 'its constructor returned the error "no key in the safe": the engine would not start'
    assert told in problems["policy example.com/bad.Policy fails the check Run"]
    assert (
        "its constructor panics: no luck (policy.go:"
        in problems["policy example.com/panics.Policy fails the check Run"]
    )
    assert "its constructor returned no policy" in problems["policy example.com/none.Policy fails the check Run"]


def test_own_tests_are_told_how_to_give_a_constructor(tmp_path: Path) -> None:
    """`Run` with what a constructor has made says to use `RunNew`, which passes as the message has it."""
    folder = _write_limited(tmp_path, "a", CONSTRUCTORS["pointer"])
    own = KIT_TEST.replace("new(Policy)", "New()").replace('Result: "a"', "Result: 10")
    (folder / "own_test.go").write_text(own)
    why = _problems(tmp_path)["TestPolicy of example.com/a fails"]
    message = re.search(r"policytest\.(RunNew\(t, .*)\)$", why, re.MULTILINE)
    assert message, why
    (folder / "own_test.go").write_text(own.replace("Run(t, New()", message[1]))
    assert (None, "TestPolicy/Cases/case_1") in {(each.policy, each.test) for each in _test(tmp_path).tests}


# What tests may do


def test_tests_see_the_users_environment_and_write_to_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test finds its testdata and the variables of whoever asked, and what it writes is not in the policy's folder."""
    folder = write_policy(tmp_path / "policies" / "a", "example.com/a")
    (folder / "testdata").mkdir()
    (folder / "testdata" / "data").write_text("data")
    (folder / "own_test.go").write_text(
        """package a

import (
	"os"
	"testing"
)

func TestOwn(t *testing.T) {
	data, err := os.ReadFile("testdata/data")
	if err != nil || string(data) != "data" || os.Getenv("GOOGLE_CLOUD_PROJECT") != "seen" || os.Getenv("GOFLAGS") != "" {
		t.Error(string(data), err, os.Environ())
	}
	if err := os.WriteFile("written", nil, 0o600); err != nil {
		t.Error(err)
	}
}
"""
    )
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "seen")
    monkeypatch.setenv("GOFLAGS", "-tags=nonsense -mod=vendor")
    before = sorted(folder.rglob("*"))
    assert ("example.com/a", "TestOwn") in {(each.package, each.test) for each in _test(tmp_path).tests}
    assert sorted(folder.rglob("*")) == before
    assert os.path.exists(tmp_path / "build/policy-engine/policies/example.com-a/written")


def test_building_runs_no_test(tmp_path: Path) -> None:
    """Tests are run where a person asks for it, and by no stage of a build."""
    folder = write_policy(tmp_path / "policies" / "a", "example.com/a")
    _execute(folder, 'panic("run")')
    (folder / "own_test.go").write_text("package a\n\nthis is no Go\n")
    assert run_console("compile", cwd=tmp_path).returncode == 0
    assert run_console("test", cwd=tmp_path).returncode == 3


def test_a_run_of_tests_is_reported(tmp_path: Path) -> None:
    """The report of `test` has its time, beside those of the stages before it."""
    write_policy(tmp_path / "policies" / "a", "example.com/a")
    done = run_console("test", "--report", "report.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert list(report["seconds"]) == ["discover", "generate", "test", "total"]
    assert report["tests"]["race"] is False
