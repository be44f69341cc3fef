"""
The door for Invoke, and what it shares with the others: where settings come from, and which outranks which.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hatchling.builders.wheel import WheelBuilder
from invoke.collection import Collection
from invoke.config import Config
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.program import Program

import policy_tasks.tasks as single_tasks
from policy_tasks import collection, load_settings
from policy_tasks.door import STAGES, TASKS
from policy_tasks.errors import PolicyTasksError, SettingsError
from policy_tasks.names import parse_module
from policy_tasks.settings import Settings
from policy_tasks.settings_sources import FIELDS
from policy_tasks.tasks import _settings
from tests.conftest import run_console

_IMAGE_FLAGS = {"repo", "tag", "base", "engine", "output"}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose root is the current folder."""
    (tmp_path / "tasks.py").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


def _pyproject(root: Path, **settings: Any) -> None:
    (root / "pyproject.toml").write_text(tomli_w.dumps({"tool": {"policy-tasks": settings}}))


def _invoke_file(root: Path, **settings: Any) -> None:
    (root / "invoke.json").write_text(json.dumps({"policy_tasks": settings}))


def _context(root: Path) -> Context:
    """The context of a task that Invoke runs in this project."""
    config = Config(lazy=True)
    config.set_project_location(root)
    config.load_project()
    return Context(config)


def _task_settings(root: Path, given: dict[str, Any] | None = None, **flags: Any) -> Settings:
    return _settings(_context(root), given or {}, flags)


def _invoke(namespace: Collection, *arguments: str) -> int:
    """Run Invoke with this collection in this process, and return its exit code."""
    with pytest.raises(SystemExit) as raised:
        Program(namespace=namespace).run(["invoke", *arguments])
    return int(raised.value.code or 0)


# Collections


def test_every_collection_has_tasks_of_its_own() -> None:
    """Two collections have all tasks each, and no task of one equals one of the other, even with equal settings."""
    one, other = collection("one", repo="r"), collection("other", repo="r")
    assert set(one.task_names) == set(other.task_names) == set(TASKS)
    for task in TASKS:
        assert one[task] != other[task]
        assert one[task] == one[task]
    assert len({*one.tasks.values(), *other.tasks.values()}) == 2 * len(TASKS)


def test_single_tasks_are_those_of_no_collection() -> None:
    """The tasks that can be imported one by one are neither each other nor those of a collection."""
    singles = [getattr(single_tasks, task) for task in TASKS]
    assert len({*singles, *collection().tasks.values()}) == 2 * len(TASKS)


def test_a_collection_has_the_name_it_is_given() -> None:
    """A collection has the given name, or none, so that it can be a project's root as well as a part of it."""
    assert collection("edge").name == "edge"
    assert collection().name is None
    assert "edge.image" in Collection(collection("edge"), core=collection()).task_names


@pytest.mark.parametrize("stage", STAGES)
def test_help_shows_every_flag(stage: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The help of a task shows each of its flags with what it does, and none that means nothing to it."""
    assert _invoke(collection(), "--help", stage) == 0
    shown = " ".join(capsys.readouterr().out.split())
    ours = {"policies", "build-dir", "platform", "locked", "update", "offline", "report", "textfile"} | (
        _IMAGE_FLAGS if stage in ("image", "publish") else set()
    )
    for flag in ours:
        assert f"--{flag}" in shown
        assert FIELDS[flag.replace("-", "_")][1].metadata["help"] in shown
    assert "--format" in shown
    assert shown.count(" --") - 1 == len(ours)


@pytest.mark.parametrize(
    ("task", "ours"),
    [
        ("test", {"policies", "build-dir", "locked", "update", "offline", "report", "textfile", "race"}),
        ("new", {"policies", "name", "path", "module"}),
    ],
)
def test_help_of_the_tasks_beside_the_stages(
    task: str, ours: set[str], root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The help of `test` and of `new` shows just their own flags, and what is told beside them."""
    assert _invoke(collection(), "--help", task) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.count(" --") == len(ours | {"format"})
    for flag in ours | {"format"}:
        assert f" --{flag}" in shown


# Which source outranks which

_SOURCES = ("pyproject.toml", "collection", "invoke.json", "environment", "flags")


@pytest.mark.parametrize("last", range(len(_SOURCES)), ids=_SOURCES)
def test_a_later_source_outranks_the_earlier_in_a_task(last: int, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a task: pyproject.toml, then the collection, Invoke's files, the environment, flags; texts, lists and paths alike."""
    values = [{"repo": f"r{n}", "policies": [f"p{n}", f"q{n}"], "build_dir": f"b{n}"} for n in range(last + 1)]
    values += [{}] * len(_SOURCES)
    _pyproject(root, **values[0])
    _invoke_file(root, **values[2])
    for key, value in values[3].items():
        text = value if isinstance(value, str) else os.pathsep.join(value)
        monkeypatch.setenv(f"POLICY_TASKS_{FIELDS[key][0].upper()}_{key.upper()}", text)
    settings = _task_settings(root, values[1], **values[4])
    assert settings.image.repo == f"r{last}"
    assert list(settings.folders) == [root / f"p{last}", root / f"q{last}"]
    assert settings.build_dir == root / f"b{last}"


def test_a_source_outranks_only_what_it_sets(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of one section merge key by key, so that no source hides what another has set beside it."""
    _pyproject(root, image={"repo": "p", "tag": "p", "base": "p"}, max_files=7)
    _invoke_file(root, image={"tag": "i"})
    monkeypatch.setenv("POLICY_TASKS_IMAGE_BASE", "e")
    settings = _task_settings(root, {"image": {"engine": "oci"}}, repo=None, policies=[])
    image = settings.image
    assert (image.repo, image.tag, image.base, image.engine) == ("p", "i", "e", "oci")
    assert settings.discover.max_files == 7
    assert settings.discover.policies == Settings().discover.policies


def test_arguments_outrank_the_environment_in_python(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Python: pyproject.toml, then the environment, then the arguments, which are what flags are elsewhere."""
    _pyproject(root, repo="p", tag="p", base="p")
    monkeypatch.setenv("POLICY_TASKS_IMAGE_TAG", "e")
    monkeypatch.setenv("POLICY_TASKS_IMAGE_BASE", "e")
    image = load_settings(base="a").image
    assert (image.repo, image.tag, image.base) == ("p", "e", "a")


def _hook(root: Path, **table: Any) -> Any:
    with (root / "pyproject.toml").open("a") as file:
        file.write(tomli_w.dumps({"project": {"name": "p", "version": "1"}}))
    (root / "hatch.toml").write_text(tomli_w.dumps({"build": {"hooks": {"policy-tasks": table}}}))
    return WheelBuilder(str(root)).get_build_hooks(str(root / "dist"))["policy-tasks"]


def _hook_settings(root: Path, **table: Any) -> Settings:
    settings: Settings = _hook(root, **table)._settings(build_dir="the hook's default")
    return settings


def test_the_environment_outranks_the_table_of_the_hatch_hook(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a build by hatch: pyproject.toml, then the hook's table, then the environment."""
    _pyproject(root, policies=["p"], max_files=1, max_bytes=1, build_dir="p")
    monkeypatch.setenv("POLICY_TASKS_DISCOVER_MAX_BYTES", "3")
    settings = _hook_settings(root, policies=["t/a", "t/b"], max_files=2, max_bytes=2)
    assert list(settings.folders) == [root / "t/a", root / "t/b"]
    assert (settings.discover.max_files, settings.discover.max_bytes) == (2, 3)


def test_the_hatch_hooks_own_folder_outranks_that_of_other_builds(root: Path) -> None:
    """A build by hatch writes to a folder of its own, whatever pyproject.toml says of others, unless its table names one."""
    _pyproject(root, build_dir="build/mine")
    assert _hook_settings(root).build_dir == root / "the hook's default"
    _pyproject(root, build_dir="build/mine")
    assert _hook_settings(root, build_dir="b").build_dir == root / "b"


# From where relative paths count


def test_paths_in_files_count_from_the_project_and_typed_ones_from_here(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in a file of the project counts from its root; a flag and a variable from the current folder."""
    here = root / "deep" / "down"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    _pyproject(root, build_dir="b")
    assert _task_settings(root).build_dir == root / "b"
    assert _task_settings(root, {"build_dir": "c"}).build_dir == root / "c"
    assert load_settings(build_dir="c").build_dir == root / "c"
    _invoke_file(root, build_dir="i")
    assert _task_settings(root).build_dir == root / "i"
    assert _task_settings(root, build_dir="f").build_dir == here / "f"
    monkeypatch.setenv("POLICY_TASKS_GENERATE_BUILD_DIR", "e")
    assert _task_settings(root).build_dir == here / "e"
    assert load_settings().build_dir == here / "e"


def test_the_project_is_where_invoke_found_the_tasks(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With `invoke -r elsewhere` the project is there, not around the current folder."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    _pyproject(root, repo="here")
    _pyproject(elsewhere, repo="there")
    settings = _task_settings(elsewhere)
    assert (settings.root, settings.image.repo) == (elsewhere, "there")


def test_without_invoke_the_project_is_around_the_current_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that Python calls, with a context that knows no project, looks for it upwards from the current folder."""
    (root / "deep").mkdir()
    monkeypatch.chdir(root / "deep")
    assert _settings(Context(), {}, {}).root == root


def test_a_home_is_a_home_in_a_path(root: Path) -> None:
    """A path may begin with `~`."""
    assert _task_settings(root, {"build_dir": "~/b"}).build_dir == root / "home" / "b"


@pytest.mark.parametrize(("table", "is_project"), [("[tool.policy-tasks]\n", True), ("[tool.other]\n", False)])
def test_a_table_marks_the_project(table: str, is_project: bool, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pyproject.toml with our table, even an empty one, is that of the project, for every folder below."""
    (root / "pyproject.toml").write_text(table)
    (root / "tasks.py").unlink()
    (root / "below").mkdir()
    monkeypatch.chdir(root / "below")
    assert load_settings().root == (root if is_project else root / "below")


# The builder's variables


def test_the_builders_variables_name_the_image(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """POLICY_ENGINE_IMAGE_REPO and POLICY_ENGINE_TAG name the image, above every file and below flags."""
    assert (load_settings().image.repo, load_settings().image.tag) == ("policy-engine", "latest")
    _invoke_file(root, repo="i", tag="i")
    monkeypatch.setenv("POLICY_ENGINE_IMAGE_REPO", "my-policy-app")
    monkeypatch.setenv("POLICY_ENGINE_TAG", "v1.0.0")
    assert (load_settings().image.repo, load_settings().image.tag) == ("my-policy-app", "v1.0.0")
    settings = _task_settings(root, {"repo": "c"}, tag="f")
    assert (settings.image.repo, settings.image.tag) == ("my-policy-app", "f")


def test_an_empty_variable_is_none(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty variable means what no variable means, as `${VAR:-default}` does in a shell."""
    monkeypatch.setenv("POLICY_ENGINE_TAG", "")
    monkeypatch.setenv("POLICY_TASKS_IMAGE_BASE", "")
    assert (load_settings().image.tag, load_settings().image.base) == ("latest", "auto")


def test_a_key_that_stands_twice_is_an_error(root: Path) -> None:
    """Once in its section and once without: which of the two is meant nobody can tell."""
    with pytest.raises(SettingsError, match="twice"):
        load_settings(repo="a", image={"repo": "b"})


@pytest.mark.parametrize("section", ["MODULES_PINS", "MODULES_REPLACES", "DISCOVER_CONSTRUCTORS"])
def test_a_name_that_stands_twice_in_a_variable_is_an_error(
    section: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a table of TOML, where each name stands once."""
    monkeypatch.setenv(f"POLICY_TASKS_{section}", "g.example/x=v1.0.0, g.example/x =v1.1.0")
    with pytest.raises(SettingsError, match=r"found g\.example/x twice in"):
        load_settings(root)


@pytest.mark.parametrize("place", ["build", "build/policies"])
def test_policies_in_the_build_directory_are_refused(place: str, root: Path) -> None:
    """A build directory holds what may be removed: a folder of the user's in it is refused, and stays as it is."""
    (root / place).mkdir(parents=True)
    done = run_console("compile", "--policies", place, "--build-dir", "build", cwd=root)
    assert done.returncode == 2
    assert "in the build directory" in done.stderr
    assert [path.name for path in (root / place).iterdir()] == []


@pytest.mark.parametrize("output", ["build", "build/bin", "build/policies/x.tar"])
def test_an_output_in_the_build_directory_is_refused(output: str, root: Path) -> None:
    """What is there may be replaced or removed by the next run."""
    (root / "policies").mkdir()
    done = run_console("image", "--engine", "oci", "--build-dir", "build", "--output", output, cwd=root)
    assert done.returncode == 2
    assert "in the build directory" in done.stderr


def test_a_name_without_a_registry_is_not_published(root: Path) -> None:
    """Before anything is built, since nobody but Docker Hub itself could push it."""
    (root / "policies").mkdir()
    done = run_console("publish", cwd=root)
    assert done.returncode == 2
    assert "names no registry" in done.stderr


def test_a_dry_run_does_nothing(root: Path) -> None:
    """Invoke's --dry is for commands that it runs itself: a stage cannot be echoed, and is refused."""
    done = run_console("--dry", "discover", cwd=root)
    assert done.returncode == 2
    assert "--dry" in done.stderr


# What is wrong


def _from_pyproject(root: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    _pyproject(root, image={"repp": "x"})
    return _task_settings(root)


def _from_collection(root: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return _task_settings(root, {"image": {"repp": "x"}})


def _from_invoke_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    _invoke_file(root, image={"repp": "x"})
    return _task_settings(root)


def _from_environment(root: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("POLICY_TASKS_IMAGE_REPP", "x")
    return _task_settings(root)


def _from_arguments(root: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return load_settings(image={"repp": "x"})


def _from_hook(root: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return _hook_settings(root, image={"repp": "x"})


@pytest.mark.parametrize(
    ("door", "where"),
    [
        (_from_pyproject, "pyproject.toml"),
        (_from_collection, "collection"),
        (_from_invoke_file, "Invoke's configuration"),
        (_from_environment, "variable POLICY_TASKS_IMAGE_REPP"),
        (_from_arguments, "arguments"),
        (_from_hook, "hatch hook"),
    ],
)
def test_an_unknown_key_is_an_error_with_the_nearest_known_one(
    door: Callable[[Path, pytest.MonkeyPatch], Settings], where: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that is not known is an error in every source, which names the source and the nearest known key."""
    with pytest.raises(SettingsError) as raised:
        door(root, monkeypatch)
    assert "rep" in raised.value.what.lower()
    assert where in raised.value.where
    assert "repo" in raised.value.why.lower()
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    ("variable", "fix"),
    [
        ("IMG_REPO", "write POLICY_TASKS_IMAGE_REPO, or remove it"),
        ("IMAGES_TAG", "write POLICY_TASKS_IMAGE_TAG, or remove it"),
        ("COMPILE_GOO", "write POLICY_TASKS_COMPILE_GO, or remove it"),
        ("X", "remove it, or correct its name"),
    ],
)
def test_an_unknown_variable_is_told_with_the_variable_that_was_meant(
    variable: str, fix: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is to be written is a whole variable, not a key; where none is near all are listed."""
    monkeypatch.setenv(f"POLICY_TASKS_{variable}", "x")
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert raised.value.what == f"no setting has the variable POLICY_TASKS_{variable}"
    assert raised.value.fix == fix
    assert "POLICY_TASKS_IMAGE_REPO" in raised.value.why or "write" in fix


def test_a_variable_may_leave_the_section_out(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As everywhere: no two sections share a key."""
    monkeypatch.setenv("POLICY_TASKS_REPO", "short")
    monkeypatch.setenv("POLICY_TASKS_MAX_FILES", "7")
    assert (load_settings().image.repo, load_settings().discover.max_files) == ("short", 7)


def test_all_problems_are_said_at_once(root: Path) -> None:
    """Unknown keys and wrong values of all sources are reported together."""
    _pyproject(root, polices=["p"])
    with pytest.raises(SettingsError) as raised:
        _task_settings(root, {"max_files": "many"}, repo=3)
    assert [problem.what for problem in raised.value.problems] == [
        "the setting 'polices' is not known",
        "the setting 'discover.max_files' has a wrong value",
        "the setting 'image.repo' has a wrong value",
    ]


def test_a_section_has_to_be_a_table(root: Path) -> None:
    """A section that is given a single value is a wrong value, not an unknown key."""
    with pytest.raises(SettingsError) as raised:
        _task_settings(root, {"image": "mine"})
    assert raised.value.what == "the setting 'image' has a wrong value"


@pytest.mark.parametrize("value", [["image"], "image", 3])
def test_invokes_configuration_has_to_be_a_table(value: object, root: Path) -> None:
    """A value under `policy_tasks` in Invoke's configuration that is no table is an error that says so."""
    (root / "invoke.json").write_text(json.dumps({"policy_tasks": value}))
    with pytest.raises(SettingsError) as raised:
        _task_settings(root)
    assert "policy_tasks" in raised.value.what
    assert repr(value) in raised.value.why


@pytest.mark.parametrize("name", ["invoke.yaml", "invoke.py", "pyproject.toml"])
def test_a_fifo_keeps_no_task_waiting(name: str, root: Path) -> None:
    """In the place of Invoke's configuration it is an error that names it, in that of the settings it is none."""
    os.mkfifo(root / name)
    done = run_console("discover", cwd=root)
    assert done.returncode == (2 if name == "pyproject.toml" else 7), done.stderr
    assert name == "pyproject.toml" or str(root / name) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("named", ["missing.yaml", "fifo", ".", "settings.toml"])
def test_a_configuration_that_was_asked_for_is_read(named: str, root: Path) -> None:
    """What `-f` names has to be there, a file, and one that Invoke knows how to read."""
    os.mkfifo(root / "fifo")
    (root / "settings.toml").touch()
    done = run_console("-f", named, "discover", cwd=root)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: Invoke's configuration cannot be read\n")
    assert named in done.stderr


@pytest.mark.parametrize(
    ("file", "variable"),
    [
        ({"ports": "{8080: web}"}, {}),
        ({"policy_tasks": "{timeout: 30}"}, {"INVOKE_POLICY_TASKS_TIMEOUT": "abc"}),
        ({"policy_tasks": "{policies: [a]}"}, {"INVOKE_POLICY_TASKS_POLICIES": "b"}),
    ],
)
def test_what_invoke_cannot_set_with_variables_is_told(
    file: dict[str, str], variable: dict[str, str], root: Path
) -> None:
    """Keys that are no texts, and values that do not become what they stand for, are the configuration's fault."""
    (root / "invoke.yaml").write_text("".join(f"{key}: {value}\n" for key, value in file.items()))
    done = run_console("discover", cwd=root, env=variable)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: Invoke's configuration cannot be read\n")


def test_a_broken_pyproject_is_an_error_that_names_the_file(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pyproject.toml that does not parse is the error of the task, in the format that was asked for."""
    (root / "pyproject.toml").write_text("[tool.policy-tasks\n")
    assert _invoke(collection(), "discover", "--format", "json") == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["where"] == str(root / "pyproject.toml")


@pytest.fixture
def nobody(root: Path) -> Iterator[None]:
    """Somebody who may read the project's folder, and what others may."""
    for folder in (root, *root.parents[:-2]):
        folder.chmod(0o755)
    os.seteuid(65534)
    yield
    os.seteuid(0)


@pytest.mark.needs("root")
@pytest.mark.usefixtures("nobody")
def test_settings_that_cannot_be_read_are_not_passed_over(root: Path) -> None:
    """A pyproject.toml that belongs to somebody else may say anything: who to publish for, what is locked."""
    os.seteuid(0)
    _pyproject(root, image={"repo": "mine"})
    (root / "pyproject.toml").chmod(0o600)
    os.seteuid(65534)
    with pytest.raises(SettingsError, match="the settings cannot be read") as caught:
        load_settings()
    assert (caught.value.where, caught.value.why) == (str(root / "pyproject.toml"), "Permission denied")


@pytest.mark.needs("root")
@pytest.mark.usefixtures("nobody")
def test_what_cannot_be_read_above_is_somebody_elses(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder whose parents hold what we may not read, or may not be looked into, is a root of its own."""
    os.seteuid(0)
    (root / "tasks.py").unlink()
    _pyproject(root, image={"repo": "theirs"})
    (root / "pyproject.toml").chmod(0o600)
    (root / "mine").mkdir()
    monkeypatch.chdir(root / "mine")
    for mode in (0o755, 0o700):
        root.chmod(mode)
        os.seteuid(65534)
        assert load_settings().image.repo == "policy-engine"
        os.seteuid(0)


def test_a_byte_order_mark_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pyproject.toml that an editor has saved with a byte order mark, which nobody sees, is told as that."""
    (root / "pyproject.toml").write_bytes(b"\xef\xbb\xbf[tool.policy-tasks]\n")
    assert _invoke(collection(), "discover", "--format", "json") == 2
    assert "byte order mark" in json.loads(capsys.readouterr().out)["error"]["why"]


def test_what_is_no_folder_is_told_as_what_it_is(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A FIFO in the place of the policies is no file, and a file in that of the build directory is to go."""
    os.mkfifo(root / "fifo")
    assert _invoke(collection(), "discover", "--policies", "fifo", "--format", "json") == 2
    assert "FIFO" in json.loads(capsys.readouterr().out)["error"]["why"]
    (root / "policies").mkdir(exist_ok=True)
    assert _invoke(collection(), "discover", "--policies", "policies", "--build-dir", "fifo", "--format", "json") == 7
    assert "no folder" in json.loads(capsys.readouterr().out)["error"]["fix"]


def test_an_interrupt_while_modules_are_imported_is_one(root: Path) -> None:
    """Ctrl-C ends the console script without a traceback and with its exit code, however early it comes."""
    (root / "invoke.py").write_text("raise KeyboardInterrupt\n")
    done = run_console("discover", cwd=root, env={"PYTHONPATH": str(root)})
    assert (done.returncode, done.stderr) == (130, "interrupted\n")


def test_an_unknown_format_is_an_error(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--format xml` is refused with exit code 2 and the formats that there are, and stdout stays empty."""
    assert _invoke(collection(), "discover", "--format", "xml") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "xml" in err
    assert "text, json" in err


@pytest.mark.parametrize("stage", STAGES)
def test_an_error_is_one_document_in_json(stage: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --format json an error is one object on stdout, with what, where, why and fix, and the exit code is its own."""
    assert _invoke(collection(max_files=0), stage, "--format", "json") == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert all(isinstance(error[key], str) and error[key] for key in ("what", "where", "why", "fix"))
    assert error["exit_code"] == 2


def test_an_error_in_text_is_on_stderr(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In text an error is four labelled lines on stderr, and stdout stays empty."""
    assert _invoke(collection(max_files=0), "discover") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split(":")[0].strip() for line in err.splitlines()] == ["error", "where", "why", "fix"]


@pytest.mark.needs("go")
def test_policies_is_repeatable(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--policies may stand several times, and all folders are looked at."""
    names = ("--policies", "not-here", "--policies", "nor-here")
    assert _invoke(collection(), "discover", *names, "--format", "json") == 2
    said = capsys.readouterr().out
    assert "not-here" in said
    assert "nor-here" in said


@pytest.mark.parametrize("rest", [(), ("--platform", "linux/amd64")])
def test_a_flag_without_its_value_is_an_error(rest: tuple[str, ...], root: Path) -> None:
    """--policies alone is not taken for no --policies, and the error names the flag as it was typed, and that task's help."""
    done = run_console("discover", "--policies", *rest, cwd=root)
    assert done.returncode == 2
    assert "--policies needs a value" in done.stderr
    assert "see: policy-tasks --help discover\n" in done.stderr


def test_an_unknown_task_is_an_error_with_the_nearest(root: Path) -> None:
    """A task that does not exist is refused, with the one that was perhaps meant."""
    done = run_console("disover", cwd=root)
    assert done.returncode == 2
    assert "there is no task 'disover'; the nearest is 'discover'" in done.stderr
    assert "see: policy-tasks --list, and: policy-tasks --help TASK" in done.stderr


@pytest.mark.parametrize(
    ("words", "why", "task"),
    [
        (("image", "--polices", "x"), "the task 'image' has no flag '--polices'; the nearest is '--policies'", "image"),
        (
            ("discover", "compile", "--fromat=json"),
            "the task 'compile' has no flag '--fromat'; the nearest is '--format'",
            "compile",
        ),
        (("compile", "--xyzzy"), "the task 'compile' has no flag '--xyzzy'\n", "compile"),
        (("--polices", "x", "image"), "there is no flag '--polices' that stands before the task", "TASK"),
    ],
)
def test_an_unknown_flag_is_an_error_with_the_nearest(words: tuple[str, ...], why: str, task: str, root: Path) -> None:
    """A flag that a task does not have is told with the task, the flag that was perhaps meant, and the help that lists all."""
    done = run_console(*words, cwd=root)
    assert done.returncode == 2
    assert why in done.stderr
    assert f"policy-tasks --help {task}\n" in done.stderr


@pytest.mark.parametrize("words", [("new", "--help"), ("new", "-h"), ("--help", "new"), ("image", "--help")])
def test_a_task_tells_its_flags(words: tuple[str, str], root: Path) -> None:
    """--help before or behind a task shows that task's flags, also of one that takes an argument."""
    done = run_console(*words, cwd=root)
    assert done.returncode == 0, done.stderr
    assert "--format=STRING" in done.stdout
    assert f"Usage: policy-tasks {'new NAME' if 'new' in words else 'image'} [--FLAGS]\n" in done.stdout


@pytest.mark.parametrize("words", [(), ("--help",)])
def test_help_is_the_tasks(words: tuple[str, ...], root: Path) -> None:
    """Without a task, all tasks are listed, and none of Invoke's flags for running commands."""
    done = run_console(*words, cwd=root)
    assert done.returncode == 0, done.stderr
    assert "  publish    Push the image to its registry.\n" in done.stdout
    assert "sudo" not in done.stdout


@pytest.mark.parametrize("words", [("--list",), ("image", "--help")])
def test_a_reader_that_leaves_is_no_error(words: tuple[str, ...], root: Path) -> None:
    """Help whose reader does not wait for its end leaves no traceback."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as gone:
        command = [sys.executable, "-m", "policy_tasks", *words]
        done = subprocess.run(
            command, cwd=root, stdout=gone, stderr=subprocess.PIPE, text=True, check=False, timeout=60
        )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_home_that_is_no_folder_is_an_error(root: Path) -> None:
    """Invoke looks for its configuration there: what is in the way is told, without a traceback."""
    (root / "home").touch()
    done = run_console("discover", cwd=root, env={"HOME": str(root / "home")})
    assert done.returncode == 7
    assert "Traceback" not in done.stderr


@pytest.mark.needs("go")
def test_a_task_can_be_called_from_python(root: Path) -> None:
    """A task that another task calls runs with the flags it is given, and ends with the same exit code."""
    for flags in ({}, {"policies": ["not-here"]}):
        with pytest.raises(Exit) as raised:
            single_tasks.discover(_context(root), **flags)
        assert raised.value.code == 2


def test_errors_carry_what_where_why_and_fix(root: Path) -> None:
    """An error that Python catches has what, where, why, fix and exit_code, and reads as text."""
    with pytest.raises(PolicyTasksError) as raised:
        load_settings(repo=3)
    error = raised.value
    assert all((error.what, error.where, error.why, error.fix))
    assert error.exit_code == 2
    assert error.fix in str(error)


def test_credentials_are_shown_at_no_door(root: Path) -> None:
    """A password in an address is in neither the text nor the document of an error."""
    error = SettingsError.of("x", where="https://user:p@ss@host/x", why="y", fix="z")
    assert "ss@" not in str(error) + str(error.document())


@pytest.mark.parametrize("table", ["[tool.policy_tasks]\nrepo = 'x'\n"])
def test_a_table_that_nobody_reads_is_an_error(table: str, root: Path) -> None:
    """The table's name with an underscore is Invoke's, and is not passed by in silence."""
    (root / "pyproject.toml").write_text(table)
    with pytest.raises(SettingsError, match=r"tool\.policy-tasks"):
        load_settings(root)


# Modules of other people among the policies


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("example.com/p@v1.2.0", ("example.com/p", "v1.2.0")),
        ("example.com/p/v2@latest", ("example.com/p/v2", "latest")),
        ("git.example.com:8080/p@main", ("git.example.com:8080/p", "main")),
        ("example.com/p@feature/x", ("example.com/p", "feature/x")),
        ("example.com/p", None),
        ("example.com@v1", None),
        ("example.com/p@", None),
        ("@v1.0.0", None),
        ("", None),
        ("example.com/p@-x", None),
        ("example.com/p@v1 x", None),
        ("policies@old", None),
        ("./example.com/p@v1", None),
        ("/example.com/p@v1", None),
        ("policies/a@v1", None),
        ("a@b.com/p@v1", None),
        ("example.com/p=../x", None),
    ],
)
def test_a_module_with_a_version_is_told_from_a_folder(text: str, parsed: tuple[str, str] | None) -> None:
    """What begins with a domain and ends with @ and a version is a module; all else is a folder (xcaddy's TestSplitWith)."""
    assert parse_module(text) == parsed


def test_a_folder_that_is_there_is_a_folder(root: Path) -> None:
    """A folder that is named like a module with a version is taken as what it is."""
    assert load_settings(policies=["example.com/p@v1.0.0"]).remotes == (("example.com/p", "v1.0.0"),)
    (root / "example.com/p@v1.0.0").mkdir(parents=True)
    assert load_settings(policies=["example.com/p@v1.0.0"]).folders == (root / "example.com/p@v1.0.0",)
