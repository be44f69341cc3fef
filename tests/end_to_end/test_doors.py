"""
The doors, as processes: whoever asks, in whichever way, gets the same answer, the same error and the same exit code.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import policy_tasks
from policy_tasks.door import STAGES
from tests.conftest import REGISTRY, write_policy

REPO = f"{REGISTRY}/policy-tasks-test/doors"
_API = """
import sys
import policy_tasks

try:
    print(getattr(policy_tasks, sys.argv[1])(policy_tasks.load_settings()))
except policy_tasks.PolicyTasksError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


@dataclass(frozen=True)
class Door:
    """A way in: what the project's tasks.py holds, and the command for a stage."""

    tasks: str
    command: tuple[str, ...]

    def start(self, cwd: Path, stage: str, *flags: str, **env: str) -> subprocess.Popen[str]:
        """Begin a stage."""
        (cwd / "tasks.py").write_text(self.tasks)
        command = [sys.executable, *(part.format(stage=stage) for part in self.command), *flags]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=cwd, env={**os.environ, **env}, stdout=pipe, stderr=pipe, text=True)

    def run(self, cwd: Path, stage: str, *flags: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a stage to its end."""
        with self.start(cwd, stage, *flags, **env) as process:
            out, err = process.communicate(timeout=600)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


_COLLECTION = "from policy_tasks import collection\nnamespace = "
_INVOKE = Door(f"{_COLLECTION}collection()", ("-m", "invoke", "{stage}"))
_CONSOLE = Door("", ("-m", "policy_tasks", "{stage}"))
_PYTHON = Door("", ("-c", _API, "{stage}"))
DOORS = {
    "invoke": _INVOKE,
    "invoke, named": Door(f"{_COLLECTION}collection('policy')", ("-m", "invoke", "{stage}")),
    "invoke, within another": Door(
        f"from invoke import Collection\n{_COLLECTION}Collection(policy=collection())",
        ("-m", "invoke", "policy.{stage}"),
    ),
    "invoke, named within another": Door(
        f"from invoke import Collection\n{_COLLECTION}Collection(collection('policy'))",
        ("-m", "invoke", "policy.{stage}"),
    ),
    "invoke, single tasks": Door(f"from policy_tasks.tasks import {', '.join(STAGES)}", ("-m", "invoke", "{stage}")),
    "console": _CONSOLE,
    "python": _PYTHON,
}
WITH_FLAGS = [name for name in DOORS if name != "python"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with one policy, whose build directory stays warm."""
    root = tmp_path_factory.mktemp("doors")
    write_policy(root / "policies" / "a", "example.com/a")
    (root / "pyproject.toml").write_text(f'[tool.policy-tasks.image]\nrepo = "{REPO}"\n')
    yield root
    subprocess.run(["docker", "rmi", "-f", f"{REPO}:latest"], capture_output=True, check=False)


def _error(done: subprocess.CompletedProcess[str]) -> str:
    """The error, without the story before it."""
    return done.stderr[done.stderr.index("error: ") :]


# Answers


@pytest.mark.needs("go")
@pytest.mark.parametrize("door", DOORS)
def test_every_door_gives_the_answer_alone(door: str, project: Path) -> None:
    """Each door prints a stage's answer, and nothing else, on stdout: the policies, the directory, the binary."""
    build = project / "build" / "policy-engine"
    for stage, answer in (("discover", "example.com/a.Policy"), ("generate", str(build))):
        done = DOORS[door].run(project, stage)
        assert (done.returncode, done.stdout) == (0, f"{answer}\n"), done.stderr
    compiled = DOORS[door].run(project, "compile")
    assert Path(compiled.stdout.removesuffix("\n")).is_relative_to(build / "bin")


@pytest.mark.needs("docker", "registry")
@pytest.mark.parametrize("door", ["invoke", "console", "python"])
def test_every_door_makes_and_publishes_images(door: str, project: Path) -> None:
    """Each door builds the image and prints its name, and publishes it and prints its digest in the registry."""
    built = DOORS[door].run(project, "image")
    assert (built.returncode, built.stdout) == (0, f"{REPO}:latest\n"), built.stderr
    published = DOORS[door].run(project, "publish")
    assert published.returncode == 0, published.stderr
    assert published.stdout.startswith(f"{REPO}@sha256:")
    assert published.stdout.count("\n") == 1
    subprocess.run(["docker", "pull", published.stdout.strip()], capture_output=True, check=True)


@pytest.mark.needs("go")
@pytest.mark.parametrize("door", WITH_FLAGS)
def test_every_door_gives_the_same_document(door: str, project: Path) -> None:
    """With --format json each door prints the same one document, with the keys that other tools rely on."""
    keys = {
        "discover": {"policies", "near_misses"},
        "generate": {"directory"},
        "compile": {"path", "sha256", "platform"},
    }
    for stage, wanted in keys.items():
        done = DOORS[door].run(project, stage, "--format", "json")
        assert done.returncode == 0, done.stderr
        assert wanted <= set(json.loads(done.stdout))
        assert json.loads(done.stdout) == json.loads(_CONSOLE.run(project, stage, "--format", "json").stdout)


@pytest.mark.needs("go")
@pytest.mark.parametrize("door", ["invoke", "console"])
def test_policies_may_be_named_several_times(door: str, project: Path) -> None:
    """--policies is repeatable, and names folders counted from the current one."""
    write_policy(project / "more" / "b", "example.com/b")
    done = DOORS[door].run(project, "discover", "--policies", "policies", "--policies=more")
    assert done.stdout.split() == ["example.com/a.Policy", "example.com/b.Policy"], done.stderr


@pytest.mark.needs("go")
@pytest.mark.parametrize("module", ["invoke", "policy_tasks"])
def test_the_project_is_found_from_a_folder_below(module: str, project: Path) -> None:
    """Run in a folder below, the project's settings and policies are those of its root, and nothing is written here."""
    (project / "tasks.py").write_text(_INVOKE.tasks)
    here = project / "policies" / "a"
    before = sorted(here.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-m", module, "generate"], cwd=here, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{project / 'build' / 'policy-engine'}\n"
    assert sorted(here.rglob("*")) == before


@pytest.mark.needs("go")
@pytest.mark.parametrize("door", ["invoke", "console"])
def test_python_keeps_what_it_compiled(door: str, project: Path, tmp_path: Path) -> None:
    """What a task imports is compiled by the first run alone, though Invoke forbids it, unless the user forbids it as well."""
    for forbidden, cache in (("", tmp_path / "kept"), ("1", tmp_path / "none")):
        python = {"PYTHONDONTWRITEBYTECODE": forbidden, "PYTHONPYCACHEPREFIX": str(cache)}
        done = DOORS[door].run(project, "generate", **python)
        assert done.returncode == 0, done.stderr
    assert list((tmp_path / "kept").rglob("policy_tasks/stages/generate.*.pyc"))
    assert not (tmp_path / "kept" / project.relative_to("/")).exists()
    assert not (tmp_path / "none").exists()


@pytest.mark.needs("go")
def test_the_project_may_be_elsewhere(project: Path, tmp_path: Path) -> None:
    """`invoke -r PROJECT` works on that project, from anywhere."""
    (project / "tasks.py").write_text(_INVOKE.tasks)
    command = [sys.executable, "-m", "invoke", "-r", str(project), "generate"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"{project / 'build' / 'policy-engine'}\n"
    assert not any(tmp_path.iterdir())


@pytest.mark.needs("go")
def test_invokes_configuration_counts_at_both_doors(project: Path) -> None:
    """invoke.yaml, and a file named with -f above it, are read by `invoke` and by `policy-tasks` alike."""
    file, other = project / "invoke.yaml", project / "other.yaml"
    file.write_text("policy_tasks:\n  discover:\n    policies: [elsewhere]\n  generate:\n    build_dir: from yaml\n")
    other.write_text("policy_tasks:\n  generate:\n    build_dir: from another\n")
    write_policy(project / "elsewhere" / "c", "example.com/c")
    try:
        for module, folder in (("invoke", "from yaml"), ("policy_tasks", "from yaml")):
            done = Door(_INVOKE.tasks, ("-m", module, "{stage}")).run(project, "generate")
            assert done.stdout == f"{project / folder}\n", done.stderr
            done = Door(_INVOKE.tasks, ("-m", module, "-f", "other.yaml", "{stage}")).run(project, "generate")
            assert done.stdout == f"{project / 'from another'}\n", done.stderr
            found = Door(_INVOKE.tasks, ("-m", module, "{stage}")).run(project, "discover")
            assert found.stdout == "example.com/c.Policy\n"
    finally:
        file.unlink()


@pytest.mark.needs("go")
def test_a_task_before_another_runs_as_it_is(project: Path) -> None:
    """A single task may stand before a user's own task, which then finds what it made."""
    tasks = """
from invoke import task
from policy_tasks.tasks import compile

@task(pre=[compile])
def mine(context):
    print("mine")
"""
    done = Door(tasks, ("-m", "invoke", "{stage}")).run(project, "mine")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == "mine"


# Errors


@pytest.fixture
def wrong(tmp_path: Path) -> dict[str, Path]:
    """Projects with something wrong: the settings, a policy."""
    missing = tmp_path / "missing"
    missing.mkdir()
    write_policy(tmp_path / "broken" / "policies" / "a", "example.com/a", extra="var broken int = nothing")
    return {"missing": missing, "broken": tmp_path / "broken"}


@pytest.mark.needs("go")
@pytest.mark.parametrize(("kind", "code"), [("missing", 2), ("broken", 3)])
def test_every_door_gives_the_same_error(kind: str, code: int, wrong: dict[str, Path]) -> None:
    """Each door ends with the same error on stderr and the same exit code, with nothing on stdout and no traceback."""
    ended = {name: door.run(wrong[kind], "compile") for name, door in DOORS.items()}
    for name, done in ended.items():
        assert (done.returncode, done.stdout) == (code, ""), name
        assert "Traceback" not in done.stderr
        assert _error(done) == _error(ended["console"]), name
    labels = [line.split(":")[0].strip() for line in _error(ended["console"]).splitlines() if line[:3] != "   "]
    assert labels[:4] == ["error", "where", "why", "fix"]


@pytest.mark.needs("go")
@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "fetch"])  # which compiles nothing
def test_every_stage_gives_the_error_as_a_document(stage: str, wrong: dict[str, Path]) -> None:
    """Each stage ends a broken policy with one JSON object on stdout and the same exit code, at both doors."""
    for door in (_INVOKE, _CONSOLE):
        flags = ("--repo", REPO) if stage == "publish" else ()
        done = door.run(wrong["broken"], stage, "--format", "json", *flags)
        assert done.returncode == 3, done.stderr
        error = json.loads(done.stdout)["error"]
        assert all(error[key] for key in ("what", "where", "why", "fix"))
        assert "nothing" in error["why"]


@pytest.mark.needs("go")
def test_errors_in_python_carry_their_parts(wrong: dict[str, Path]) -> None:
    """An error that a Python caller catches has what, where, why, fix and exit_code, and its class says who must act."""
    with pytest.raises(policy_tasks.PolicyError) as raised:
        policy_tasks.compile(policy_tasks.load_settings(wrong["broken"]))
    error = raised.value
    assert isinstance(error, policy_tasks.PolicyTasksError)
    assert all((error.what, error.where, error.why, error.fix))
    assert error.exit_code == 3


@pytest.mark.parametrize("module", ["invoke", "policy_tasks"])
def test_a_broken_pyproject_is_no_traceback(module: str, tmp_path: Path) -> None:
    """A pyproject.toml that does not parse is an error with its exit code at both doors."""
    (tmp_path / "pyproject.toml").write_text("[tool.policy-tasks\n")
    done = Door(_INVOKE.tasks, ("-m", module, "{stage}")).run(tmp_path, "discover")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert str(tmp_path / "pyproject.toml") in done.stderr


def test_a_failing_task_ends_the_run(tmp_path: Path) -> None:
    """Of two tasks in one command the second is not run when the first fails."""
    done = Door(_INVOKE.tasks, ("-m", "invoke", "{stage}")).run(tmp_path, "discover", "--format", "xml", "generate")
    assert done.returncode == 2
    assert not (tmp_path / "build").exists()


# Signals


def _children(marker: str) -> dict[int, str]:
    """The names of the processes that have this text in their environment."""
    found = {}
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and marker in (process / "environ").read_text(errors="replace"):
                found[int(process.name)] = (process / "comm").read_text().strip()
        except OSError:  # it has ended
            pass
    return found


@pytest.mark.needs("go")
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("door", ["invoke", "console"])
def test_a_signal_ends_everything(door: str, number: signal.Signals, tmp_path: Path) -> None:
    """Ctrl-C and SIGTERM end a compile at once, with 128 and the signal's number, no traceback, no process left behind."""
    write_policy(tmp_path / "policies" / "a", "example.com/a")
    cold = str(tmp_path / "cold")  # with an empty cache Go compiles for as long as we need to send a signal
    with DOORS[door].start(tmp_path, "compile", GOCACHE=cold) as process:
        deadline = time.monotonic() + 60
        while "compile" not in _children(cold).values():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (128 + number, "")
    assert "Traceback" not in err
    deadline = time.monotonic() + 5
    while _children(cold) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _children(cold)
    assert not list((tmp_path / "build" / "policy-engine").rglob("bin/*/*"))
