"""
`new`: what the folder of a new policy holds, where it is made, and that nothing is ever overwritten.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import policy_tasks
from policy_tasks.errors import OutputError, SettingsError
from policy_tasks.model import NewPolicy
from policy_tasks.stages.new import FILES, _files, make_policy
from policy_tasks.toolchain.build_lock import locked_build_directory
from policy_tasks.toolchain.go_command import find_go
from policy_tasks.toolchain.process import Processes
from tests.conftest import REPOSITORY

GOLDEN = REPOSITORY / "tests" / "golden" / "new"


def _new(root: Path, name: str = "allow-list", path: Path | None = None, module: str = "") -> NewPolicy:
    return make_policy(name, path, module, policy_tasks.load_settings(root))


@pytest.mark.parametrize("file", FILES)
def test_scaffolded_file_is_the_golden_one(file: str, tmp_path: Path) -> None:
    """Every file of a new policy is, to the byte, what was reviewed."""
    made = _new(tmp_path)
    golden = GOLDEN / file
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_bytes((made.directory / file).read_bytes())
    assert (made.directory / file).read_bytes() == golden.read_bytes()


def test_a_new_policy_is_in_a_folder_of_its_name(tmp_path: Path) -> None:
    """The folder has the policy's name, below the first policies folder, which is made where it is missing, and nothing else."""
    made = make_policy("allow-list", None, "", policy_tasks.load_settings(tmp_path, policies=["first", "second"]))
    assert made.directory == tmp_path / "first" / "allow-list"
    assert (made.name, made.module) == ("allow-list", "example.com/allow-list")
    assert list(made.files) == [made.directory / file for file in FILES]
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(made.files)


def test_a_new_policys_files_are_as_readable_as_any(tmp_path: Path) -> None:
    """The folder and its files have the modes that this user's files have."""
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    made = _new(tmp_path)
    assert made.directory.stat().st_mode == (tmp_path / "folder").stat().st_mode
    assert {file.stat().st_mode for file in made.files} == {(tmp_path / "file").stat().st_mode}


def test_path_and_module_are_taken_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--path names the folder itself, counted from here; --module is the line in go.mod."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    made = policy_tasks.new(
        policy_tasks.load_settings(tmp_path), "hello", path="../some/where", module="github.com/acme/Hello/v2"
    )
    assert made.directory == tmp_path / "some" / "where"
    assert (made.directory / "go.mod").read_text().startswith("module github.com/acme/Hello/v2\n")


@pytest.mark.parametrize("kind", ["a folder", "an empty folder", "a file", "a link that leads nowhere"])
def test_nothing_is_overwritten(kind: str, tmp_path: Path) -> None:
    """Whatever is there already stays as it is, and the error says that it is there."""
    place = tmp_path / "policies" / "allow-list"
    place.parent.mkdir()
    if kind == "a file":
        place.write_text("mine")
    elif kind == "a link that leads nowhere":
        place.symlink_to(tmp_path / "nowhere")
    else:
        place.mkdir()
        if kind == "a folder":
            (place / "policy.go").write_text("mine")
    before = sorted((path, path.lstat().st_mtime_ns, path.lstat().st_ino) for path in tmp_path.rglob("*"))
    with pytest.raises(SettingsError, match="there already") as raised:
        _new(tmp_path)
    assert raised.value.where == str(place)
    assert sorted((path, path.lstat().st_mtime_ns, path.lstat().st_ino) for path in tmp_path.rglob("*")) == before


def test_whoever_is_faster_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that appears while the files are written is left alone, and nothing lies beside it."""
    place, rename = tmp_path / "policies" / "allow-list", os.rename

    def slow(source: Path, target: Path) -> None:
        place.mkdir()
        (place / "policy.go").write_text("theirs")
        rename(source, target)

    monkeypatch.setattr(os, "rename", slow)
    with pytest.raises(SettingsError, match="there already"):
        _new(tmp_path)
    assert [path.name for path in place.parent.iterdir()] == ["allow-list"]
    assert (place / "policy.go").read_text() == "theirs"


BAD_NAMES = [
    *(
        "",
        " ",
        ".",
        "..",
        "-x",
        "x-",
        "a--b",
        "1a",
        "Hello",
        "a_b",
        "a.b",
        "a/b",
        "../a",
        "/a",
        "a\n",
        "größe",
        "a b",
        "--help",
    ),
    *(
        "func",
        "fu-nc",
        "main",
        "init",
        "internal",
        "testdata",
        "vendor",
        "documentation",
        "con",
        "com1",
        "nul",
        "a" * 65,
    ),
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_go_would_not_take_is_refused(name: str, tmp_path: Path) -> None:
    """A name that cannot be a folder, a package and a policy's name is an error for whoever typed it, and makes nothing."""
    with pytest.raises(SettingsError, match="cannot be a policy's name") as raised:
        _new(tmp_path, name, module="example.com/x", path=tmp_path / "x")
    assert raised.value.exit_code == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("main", "its package would be main, which Go reserves for programs, and lets nobody import"),
        ("fu-nc", "its package would be func, which is a keyword of Go"),
        ("vendor", "copies of dependencies"),
        ("com1", "a device of Windows"),
    ],
)
def test_a_reserved_name_is_refused_with_the_reason(name: str, why: str, tmp_path: Path) -> None:
    """Each name that Go has taken for something is told with what that is."""
    with pytest.raises(SettingsError) as raised:
        _new(tmp_path, name)
    assert why in raised.value.why


def test_a_wrong_name_is_one_problem(tmp_path: Path) -> None:
    """A module path that nobody gave is not complained of."""
    with pytest.raises(SettingsError) as raised:
        _new(tmp_path, "my policy")
    assert [problem.where for problem in raised.value.problems] == ["the name after `new`"]


BAD_MODULES = [
    *(
        "hello",
        "all",
        "std",
        "/",
        "example.com/",
        "example.com//a",
        "Example.com/a",
        "example.com/a b",
        "example.com/../a",
    ),
    *(
        "example.com/.a",
        "example.com/a.",
        "example.com/a/v1",
        "example.com/a/v0",
        "example.com/ä",
        "example.com/a@v1",
        "a\n.b",
    ),
    *(
        "github.com/policy-tasks",
        "github.com/policy-tasks/policy-tasks/go-core",
        "github.com/policy-tasks/policy-tasks/go-core/x",
    ),
]


@pytest.mark.parametrize("module", BAD_MODULES)
def test_a_module_path_that_a_build_would_not_take_is_refused(module: str, tmp_path: Path) -> None:
    """A module path that Go or the core would refuse in a build is refused before there is a folder."""
    with pytest.raises(SettingsError, match="cannot be a module's path"):
        _new(tmp_path, module=module)
    assert not list(tmp_path.iterdir())


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """A wrong name, a wrong module path and a place that is taken are three problems of one error."""
    with pytest.raises(SettingsError) as raised:
        _new(tmp_path, "A", path=tmp_path, module="B")
    assert [problem.where for problem in raised.value.problems] == ["the name after `new`", "--module", str(tmp_path)]


def test_without_a_policies_folder_a_place_has_to_be_named(tmp_path: Path) -> None:
    """Where all policies are other people's, the error asks for --path, which is then taken."""
    settings = policy_tasks.load_settings(tmp_path, policies=["example.com/theirs@v1.0.0"])
    with pytest.raises(SettingsError, match="no place for the new policy") as raised:
        policy_tasks.new(settings, "hello")
    assert raised.value.where == "discover.policies"
    assert "example.com/theirs@v1.0.0" in raised.value.why
    assert "--path" in raised.value.fix
    assert policy_tasks.new(settings, "hello", path=tmp_path / "hello").directory == tmp_path / "hello"


def test_a_core_with_another_contract_is_refused(tmp_path: Path) -> None:
    """No policy is made that the project's own core could not take; one whose contract is the engine's can."""
    core = {"main": tmp_path / "app", "interface": "example.com/app/plugin.Plugin"}
    with pytest.raises(SettingsError, match="for a core of your own cannot be made") as raised:
        policy_tasks.new(policy_tasks.load_settings(tmp_path, core=core), "hello")
    assert "example.com/app/plugin.Plugin" in raised.value.fix
    assert not list(tmp_path.iterdir())
    same = core | {"interface": "github.com/policy-tasks/policy-tasks/go-core/engine.Policy"}
    assert policy_tasks.new(policy_tasks.load_settings(tmp_path, core=same), "hello").files


def test_a_build_directory_is_no_place_for_a_policy(tmp_path: Path) -> None:
    """A policy is not made where the next run would remove it."""
    with locked_build_directory(tmp_path / "build"):
        pass
    with pytest.raises(SettingsError, match="cannot be in a build directory"):
        _new(tmp_path, path=tmp_path / "build" / "policies" / "a")


def test_a_disk_that_refuses_is_an_error(tmp_path: Path) -> None:
    """Where the folder cannot be made the error names it, and nothing half-written is left."""
    (tmp_path / "policies").write_text("a file")
    with pytest.raises(OutputError) as raised:
        _new(tmp_path)
    assert raised.value.where == str(tmp_path / "policies" / "allow-list")
    assert [path.name for path in tmp_path.iterdir()] == ["policies"]


@settings(deadline=None)  # the first call loads what later ones have
@given(st.from_regex(r"[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,6}){0,3}", fullmatch=True))
def test_the_package_is_go_for_any_name(name: str) -> None:
    """The package's clause is Go, whatever the name is."""
    source = _files(name, f"example.com/{name}")["policy.go"].decode()
    assert re.search(r"^package [a-z][a-z0-9]*$", source, re.MULTILINE)
    assert f'return "{name}"' in source


@pytest.mark.needs("go")
def test_scaffolded_files_are_as_gofmt_wants_them(tmp_path: Path) -> None:
    """gofmt has nothing to change in a new policy."""
    gofmt = Path(find_go("", tmp_path, Processes()).environment["GOROOT"]) / "bin" / "gofmt"
    done = subprocess.run([gofmt, "-l", GOLDEN], capture_output=True, text=True, check=True)
    assert done.stdout == ""
