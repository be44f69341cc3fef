"""
Wheels, as people make and install them: examples/wheel by the front ends of packaging, and this package's own wheel.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
import tomli_w

from policy_tasks.names import host_platform
from policy_tasks.wheel_tag import wheel_tag
from tests.conftest import REPOSITORY, write_policy

EXAMPLE = REPOSITORY / "examples" / "wheel"
_LINUX = "py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64"


def _run(*command: str | Path, cwd: Path, check: bool = True, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; what it says is shown where it fails."""
    variables = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **env}
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    done = subprocess.run(
        command, cwd=cwd, env=variables, stdin=null, stdout=pipe, stderr=pipe, text=True, check=False, timeout=900
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def _venv(folder: Path) -> Path:
    """A fresh virtual environment, and in it the folder of programs."""
    _run(sys.executable, "-m", "venv", folder, cwd=folder.parent)
    return folder / ("Scripts" if os.name == "nt" else "bin")


def _links(wheelhouse: Path) -> str:
    """Where pip looks besides the index: here, so that the build environment gets this repository's package."""
    return f"{wheelhouse} {os.environ.get('PIP_FIND_LINKS', '')}".strip()


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel of this repository, made from its sdist."""
    folder = tmp_path_factory.mktemp("wheelhouse")
    _run(sys.executable, "-m", "build", "--outdir", folder, REPOSITORY, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def built(wheelhouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's project, with what `python -m build` made of it in dist."""
    project = tmp_path_factory.mktemp("example") / "project"
    shutil.copytree(EXAMPLE, project)
    _run(sys.executable, "-m", "build", cwd=project, PIP_FIND_LINKS=_links(wheelhouse))
    return project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the example's project."""
    return shutil.copytree(EXAMPLE, tmp_path / "project")


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A folder for temporary files."""
    (tmp_path / "tmp").mkdir()
    return tmp_path / "tmp"


def _hatchling(project: Path, scratch: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Build the wheel in this environment, as `hatch build` does it: from the project as it stands."""
    command = (sys.executable, "-m", "hatchling", "build", "-t", "wheel")
    return _run(*command, cwd=project, check=check, TMPDIR=str(scratch))


def _wheel(project: Path) -> Path:
    [wheel] = (project / "dist").glob("*.whl")
    return wheel


# The example


@pytest.mark.needs("go")
def test_the_wheel_is_tagged_for_this_machine(built: Path) -> None:
    """The wheel's name says which machines the static binary runs on, and its WHEEL file has a line for each tag."""
    tag = wheel_tag(host_platform(), "1.27.0")
    assert tag == _LINUX or (sys.platform, os.uname().machine) != ("linux", "x86_64")
    wheel = _wheel(built)
    assert wheel.name == f"example_policy_engine-1.0.0-{tag}.whl"
    with zipfile.ZipFile(wheel) as archive:
        lines = archive.read("example_policy_engine-1.0.0.dist-info/WHEEL").decode().splitlines()
    platforms = tag.removeprefix("py3-none-").split(".")
    assert sorted(line for line in lines if line.startswith("Tag:")) == sorted(f"Tag: py3-none-{p}" for p in platforms)
    assert "Root-Is-Purelib: false" in lines


@pytest.mark.needs("go")
def test_the_wheel_holds_the_binary_alone(built: Path) -> None:
    """The wheel holds the executable binary and its metadata, and no Python."""
    with zipfile.ZipFile(_wheel(built)) as archive:
        files = [info for info in archive.infolist() if ".dist-info/" not in info.filename]
    assert [info.filename for info in files] == ["example_policy_engine-1.0.0.data/scripts/policy-engine"]
    assert files[0].external_attr >> 16 & 0o777 == 0o755


@pytest.mark.needs("go")
def test_an_installed_wheel_puts_the_engine_on_path(built: Path, tmp_path: Path) -> None:
    """pip installs the wheel into a fresh environment, where `policy-engine` runs the policies."""
    programs = _venv(tmp_path / "venv")
    _run(programs / "pip", "install", "--no-index", _wheel(built), cwd=tmp_path)
    ran = subprocess.run(
        ["policy-engine", "run"], env={"PATH": str(programs)}, input=b'"you"', capture_output=True, check=True
    )
    assert json.loads(ran.stdout) == {"results": [{"name": "greeting", "result": "hello you"}]}


@pytest.mark.needs("go")
def test_the_sdist_holds_what_the_wheel_is_made_from(built: Path) -> None:
    """The sdist, from which `python -m build` has made the wheel, holds the policies and the configuration."""
    [sdist] = (built / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"pyproject.toml", "hatch.toml", "policies/greeting/go.mod", "policies/greeting/policy.go"}
    assert names == wanted | {"PKG-INFO"}


@pytest.mark.needs("go")
def test_nothing_is_left_in_the_project(built: Path) -> None:
    """A build leaves its two artifacts in dist, and nothing else below the project's root."""
    left = {name: data for name, data in _files(built).items() if not name.startswith("dist/")}
    assert left == _files(EXAMPLE)
    assert len(list((built / "dist").iterdir())) == 2


@pytest.mark.needs("go")
def test_an_editable_install_has_the_engine(project: Path, wheelhouse: Path, tmp_path: Path) -> None:
    """`pip install -e` puts the engine on PATH, too."""
    programs = _venv(tmp_path / "venv")
    _run(programs / "pip", "install", "-e", project, cwd=tmp_path, PIP_FIND_LINKS=_links(wheelhouse))
    ran = _run(programs / "policy-engine", cwd=tmp_path)
    assert json.loads(ran.stdout)["results"][0]["result"] == "hello world"


# In an environment of one's own


@pytest.mark.needs("go")
def test_a_direct_build_gives_the_same_wheel(project: Path, scratch: Path, built: Path) -> None:
    """A build of the project as it stands gives the same bytes as the one by way of the sdist, and leaves nothing behind."""
    _hatchling(project, scratch)
    assert _wheel(project).name == _wheel(built).name
    with zipfile.ZipFile(_wheel(project)) as one, zipfile.ZipFile(_wheel(built)) as other:
        script = "example_policy_engine-1.0.0.data/scripts/policy-engine"
        assert one.read(script) == other.read(script)
    assert {name for name in _files(project) if not name.startswith("dist/")} == set(_files(EXAMPLE))
    assert not any(scratch.iterdir())


@pytest.mark.needs("go")
def test_another_platform_has_its_own_tag_and_suffix(project: Path, scratch: Path) -> None:
    """A wheel for Windows says so in its name, and its script ends in .exe."""
    with (project / "hatch.toml").open("a") as file:
        file.write('\n[build.hooks.policy-tasks.compile]\nplatform = "windows/amd64"\n')
    _hatchling(project, scratch)
    assert _wheel(project).name.endswith("-py3-none-win_amd64.whl")
    with zipfile.ZipFile(_wheel(project)) as archive:
        assert archive.read("example_policy_engine-1.0.0.data/scripts/policy-engine.exe").startswith(b"MZ")


@pytest.mark.needs("go")
def test_a_broken_policy_ends_the_build(project: Path, scratch: Path) -> None:
    """A policy that does not compile ends `python -m build` with what, where, why and fix, and without a traceback."""
    write_policy(project / "policies" / "b", "example.com/b", extra="var broken int = nothing")
    command = (sys.executable, "-m", "build", "--wheel", "--no-isolation")
    done = _run(*command, cwd=project, check=False, TMPDIR=str(scratch))
    assert done.returncode != 0
    said = done.stdout + done.stderr
    for label in ("error: ", "  where: ", "  why:   ", "  fix:   ", "undefined: nothing"):
        assert label in said
    assert "Traceback" not in said
    assert not list((project / "dist").glob("*.whl"))
    assert not [path for path in scratch.iterdir() if path.name.startswith("policy-tasks-")]


@pytest.mark.needs("go")
def test_a_direct_build_ends_with_the_errors_own_exit_code(project: Path, scratch: Path) -> None:
    """Without a front end between, the exit code is that of the error, as at every door."""
    write_policy(project / "policies" / "b", "example.com/b", extra="var broken int = nothing")
    assert _hatchling(project, scratch, check=False).returncode == 3
    assert not any(scratch.iterdir())


def test_a_script_of_the_same_name_is_refused(project: Path, scratch: Path) -> None:
    """A Python script with the binary's name, by which installers would replace it, is refused."""
    table = {"project": {"name": "p", "version": "1", "scripts": {"policy-engine": "p:main"}}}
    (project / "pyproject.toml").write_text(tomli_w.dumps(table))
    done = _hatchling(project, scratch, check=False)
    assert done.returncode == 2
    assert "'policy-engine' is taken" in done.stderr
    assert not any(scratch.iterdir())


@pytest.mark.needs("go")
@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_a_build_that_is_told_to_end_leaves_nothing_behind(project: Path, scratch: Path) -> None:
    """SIGTERM during a build ends it with 143, and leaves neither a temporary file nor a wheel."""
    command = (sys.executable, "-m", "hatchling", "build", "-t", "wheel")
    environment = {**os.environ, "TMPDIR": str(scratch), "GOCACHE": str(scratch / "cold")}
    with subprocess.Popen(command, cwd=project, env=environment, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not (scratch / "cold").is_dir():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM
    assert not list((project / "dist").glob("*.whl"))
    assert not list(scratch.glob("policy-tasks-*"))


# This package's own wheel


@pytest.mark.needs("go")
def test_our_own_wheel_is_complete(wheelhouse: Path) -> None:
    """Our wheel has go-core with the engine and the inspector, the templates and the type marker, and no tests."""
    [wheel] = wheelhouse.glob("policy_tasks-*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert {name.partition("/")[0] for name in names} == {"policy_tasks"}
    for folder in ("policy_tasks", "go-core"):
        for path in (REPOSITORY / folder).rglob("*"):
            if path.suffix in (".py", ".j2", ".typed", ".mod", ".json", ".html", ".css", ".js", ".svg") or (
                path.suffix == ".go" and "_test" not in path.stem
            ):
                name = path.relative_to(REPOSITORY).as_posix()
                assert (f"policy_tasks/{name}" if folder == "go-core" else name) in names
    assert {"policy_tasks/go-core/cmd/inspect/main.go", "policy_tasks/go-core/engine/policy.go"} <= names
    assert {"policy_tasks/templates/imports.go.j2", "policy_tasks/py.typed"} <= names
    assert not [name for name in names if name.startswith("tests/") or "__pycache__" in name]


@pytest.mark.needs("go")
def test_our_installed_wheel_works_and_stays_as_it_is(wheelhouse: Path, tmp_path: Path) -> None:
    """Installed into a fresh environment the package compiles policies, and writes nothing into itself."""
    programs = _venv(tmp_path / "venv")
    [wheel] = wheelhouse.glob("*.whl")
    _run(programs / "pip", "install", wheel, cwd=tmp_path)
    write_policy(tmp_path / "project" / "policies" / "a", "example.com/a")
    before = _files(tmp_path / "venv")
    compiled = _run(programs / "policy-tasks", "compile", cwd=tmp_path / "project")
    assert _files(tmp_path / "venv") == before
    ran = _run(compiled.stdout.strip(), "list", cwd=tmp_path)
    assert [policy["name"] for policy in json.loads(ran.stdout)["policies"]] == ["a"]
