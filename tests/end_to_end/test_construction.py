"""
How the engine comes by a policy's value: a literal, or the policy's own constructor.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from policy_tasks import compile, discover, load_settings
from policy_tasks.errors import SettingsError
from tests.conftest import run_console, write_policy

pytestmark = pytest.mark.needs("go")

MADE = """package made

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"
)

type Policy struct{ from string }

func (p *Policy) Name() string { return "made" }

func (p *Policy) Execute(ctx context.Context, input any) (any, error) { return p.from, nil }

func (p *Policy) Validate() error { return nil }

func New() Policy {
	fmt.Println("this is no part of the answer")
	return Policy{"New"}
}

func NewOther() (*Policy, error) { return &Policy{"NewOther"}, nil }

func Broken() (*Policy, error) { return nil, errors.New("no key\\n in the safe") }

func Panicking() *Policy { panic("no luck") }

func Nil() *Policy { return nil }

type speechless struct{ text string }
func (s *speechless) Error() string { return s.text }
func NilError() (*Policy, error) { return &Policy{}, (*speechless)(nil) }

func Exiting() *Policy { runtime.Goexit(); return nil }
func Hanging() *Policy { time.Sleep(time.Hour); return nil }
"""

_UNMADE = "policy-engine: example.com/made.Policy cannot be made"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a policy that has several constructors, and one that has none."""
    root = tmp_path_factory.mktemp("construction")
    folder = write_policy(root / "policies" / "made", "example.com/made")
    (folder / "policy.go").write_text(MADE)
    write_policy(root / "policies" / "plain", "example.com/plain")
    return root


def built(project: Path, *arguments: str, **constructors: str) -> subprocess.CompletedProcess[bytes]:
    """
    Build and run the engine, with these constructors for the policy's package or type.
    """
    wanted = {name.replace("_", "."): value for name, value in constructors.items()}
    named = {f"example.com/{name}": value for name, value in wanted.items()}
    binary = compile(load_settings(project, constructors=named))
    return subprocess.run([binary.path, *arguments], capture_output=True, check=False, input=b"", timeout=60)


def test_a_type_with_a_name_beyond_16_bits(tmp_path: Path) -> None:
    """Go takes any letter for a name, also one that JSON writes as a pair of surrogates."""
    folder = write_policy(tmp_path / "policies" / "bold", "example.com/bold")
    source = (folder / "policy.go").read_text().replace("Policy", "𐐔olicy")
    (folder / "policy.go").write_text(f"{source}\nfunc New() *𐐔olicy {{ return &𐐔olicy{{}} }}\n")
    assert json.loads(built(tmp_path).stdout)["results"] == [{"name": "bold", "result": "bold"}]


@pytest.mark.parametrize(
    ("constructors", "answer"),
    [({}, "New"), ({"made": "NewOther"}, "NewOther"), ({"made_Policy": "zero", "made": "NewOther"}, "")],
)
def test_a_policy_is_made_by_its_constructor(constructors: dict[str, str], answer: str, project: Path) -> None:
    """`New` makes it, or what the settings name for its package or, outranking that, its type; `zero` is a zero value."""
    ran = built(project, **constructors)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["results"] == [
        {"name": "made", "result": answer},
        {"name": "plain", "result": "plain"},
    ]


@pytest.mark.parametrize(
    ("constructor", "told"),
    [
        ("Broken", rf"{_UNMADE}: no key\n in the safe"),
        ("Panicking", f"{_UNMADE}: panic: no luck"),
        ("Nil", "nil pointer"),
        ("NilError", f"{_UNMADE}: panic: runtime error: invalid memory address"),
        ("Exiting", f"{_UNMADE}: its constructor ended its goroutine with runtime.Goexit"),
        ("Hanging", f"{_UNMADE}: its constructor has not returned after 5s"),
    ],
)
def test_a_constructor_that_fails_stops_the_engine(constructor: str, told: str, project: Path) -> None:
    """Whatever keeps a constructor from making a policy ends the engine at its start with code 4, on one line that names the policy."""
    ran = built(project, made=constructor)
    assert ran.returncode == 4
    assert ran.stdout == b""
    assert [line for line in ran.stderr.decode().splitlines() if told in line], ran.stderr
    assert b"[running]" not in ran.stderr


@pytest.mark.parametrize("constructor", ["NilError", "Exiting", "Hanging"])
def test_version_works_where_a_constructor_does_not(constructor: str, project: Path) -> None:
    """Which build it is can be asked of an engine that cannot make its policies."""
    ran = built(project, "version", made=constructor)
    assert (ran.returncode, ran.stderr, json.loads(ran.stdout)["name"]) == (0, b"", "policy-engine")


def test_the_document_says_which(project: Path) -> None:
    """Each policy's constructor is in what `discover` finds, and none where there is none."""
    found = discover(load_settings(project)).policies
    assert [each.constructor and each.constructor.name for each in found] == ["New", None]


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("example.com/made", "Gone", "it has Broken, Exiting, Hanging, New, NewOther, Nil, NilError, Panicking"),
        ("example.com/plain", "New", "it has none"),
        ("example.com/made.Plicy", "New", "there is no such policy"),
    ],
)
def test_a_constructor_that_is_none_is_refused(key: str, value: str, why: str, project: Path) -> None:
    """A setting that names another function, or no policy, says what there is."""
    with pytest.raises(SettingsError) as caught:
        discover(load_settings(project, constructors={key: value}))
    assert caught.value.where == "discover.constructors"
    assert why in caught.value.why


IGNORED = """
func New(path string) (*Policy, error) { return nil, nil }

func (*Policy) Init() error { return nil }
"""
_NEW = "New is not taken as the constructor of Policy: it has parameters; the policy is made as &Policy{}"
_INIT = "Init has the signature func() error, want func(ctx context.Context) error: it is not called"


def write_ignored(root: Path) -> Path:
    """
    A policy with a constructor and an Init that do not fit; the file, whose last lines are these.
    """
    file = write_policy(root / "policies" / "deny", "example.com/deny") / "policy.go"
    file.write_text(file.read_text() + IGNORED)
    return file


def test_what_is_ignored_is_told_in_every_run_and_in_the_document(tmp_path: Path) -> None:
    """A constructor and an optional method that do not fit are warnings with their lines, also of a run that knows them."""
    file = write_ignored(tmp_path)
    line = file.read_text().count("\n")
    for _ in range(2):
        ran = run_console("discover", cwd=tmp_path)
        assert (ran.returncode, ran.stdout) == (0, "example.com/deny.Policy\n")
        assert f"discover: {file}:{line - 2}: {_NEW}; if that is meant, say `zero`" in ran.stderr
        assert f"discover: {file}:{line}: {_INIT}\n" in ran.stderr
    told = discover(load_settings(tmp_path)).ignored
    assert [(each.type, each.name, each.file, each.line) for each in told] == [
        ("Policy", "New", file, line - 2),
        ("Policy", "Init", file, line),
    ]


@pytest.mark.parametrize("key", ["example.com/deny", "example.com/deny.Policy"])
def test_a_constructor_that_is_ignored_on_purpose_is_not_told(key: str, tmp_path: Path) -> None:
    """Whoever has said `zero` for that policy or its package knows."""
    write_ignored(tmp_path)
    assert [each.name for each in discover(load_settings(tmp_path, constructors={key: "zero"})).ignored] == ["Init"]


def test_a_policy_is_a_pointer_where_only_that_has_an_optional_method(tmp_path: Path) -> None:
    """The three methods have value receivers and Init has not: the engine calls it nevertheless."""
    file = write_policy(tmp_path / "policies" / "late", "example.com/late") / "policy.go"
    init = 'func (*Policy) Init(context.Context) error { panic("Init was called") }'
    file.write_text(file.read_text().replace("*Policy", "Policy") + init)
    assert discover(load_settings(tmp_path)).policies[0].pointer
    assert b"Init was called" in built(tmp_path).stdout
