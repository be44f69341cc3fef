"""
What goes wrong around a build: it is cut off, the disk is full or read-only, others build at once, the Docker engine dies.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from policy_tasks import compile, load_settings
from policy_tasks.toolchain import go_core
from tests.conftest import run_console, write_policy

pytestmark = pytest.mark.needs("go")

BUILD = "build/policy-engine"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """
    A project with one policy.
    """
    write_policy(tmp_path / "policies" / "a", "example.com/a", name="first")
    return tmp_path


def rename(project: Path, name: str) -> None:
    """
    Edit the policy: give it another name.
    """
    write_policy(project / "policies" / "a", "example.com/a", name=name)


def binary(project: Path) -> Path:
    """
    The project's binary.
    """
    (found,) = (project / BUILD).glob("bin/*/policy-engine")
    return found


def answer_of(binary: Path) -> str:
    """
    The name of the only policy in a binary, which shows that it is complete.
    """
    ran = subprocess.run([binary, "list"], capture_output=True, check=True)
    (policy,) = json.loads(ran.stdout)["policies"]
    return str(policy["name"])


def check_archive(archive: Path) -> None:
    """
    See that every blob of an image archive is what its name says.
    """
    with tarfile.open(archive) as tar:
        blobs = [member for member in tar if member.isfile() and "/sha256/" in member.name]
        assert len(blobs) >= 3
        for member in blobs:
            data = tar.extractfile(member)
            assert data
            assert hashlib.sha256(data.read()).hexdigest() == member.name.rpartition("/")[2]


def processes_in(folder: Path) -> list[str]:
    """
    The commands of the processes that work in this folder.
    """
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.readlink(process / "cwd").startswith(str(folder)):
                found.append((process / "cmdline").read_text().replace("\0", " "))
    return found


def strays(project: Path) -> set[str]:
    """
    The files in the project that are neither the user's nor part of a build.
    """
    known = {"policies", "build", "engine.tar", "tasks.py"}
    built = {
        "Dockerfile",
        "bin",
        "image",
        ".dockerignore",
        ".gitignore",
        ".policy-tasks",
        "policies",
        "manifest.json",
        *(name.partition("/")[0] for name in go_core.engine_files()),
    }
    inside = {path.name for path in (project / BUILD).iterdir()} if (project / BUILD).exists() else set()
    inside = {name for name in inside - built if not name.endswith((".go", ".mod", ".sum"))}
    made = {f"policy-engine{ending}" for ending in ("", ".manifest.json", ".cdx.json")}
    outputs = {path.name for path in (project / BUILD).glob("bin/*/*")} - made
    return ({path.name for path in project.iterdir()} - known) | inside | outputs


def started(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """
    Start `policy-tasks`.
    """
    command = [sys.executable, "-m", "policy_tasks", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=cwd, env={**os.environ, **(env or {})}, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_cut_off_at_any_moment(number: signal.Signals, project: Path) -> None:
    """A run that is cut off leaves the old or the new outputs, no process and no stray file, and the next one works."""
    flags = ("image", "--engine", "oci", "--output", "engine.tar")
    assert run_console(*flags, cwd=project).returncode == 0
    rename(project, "second")
    begin = time.monotonic()
    assert run_console(*flags, cwd=project).returncode == 0
    length = time.monotonic() - begin
    names = {"first", "second"}
    for moment in range(1, 11):
        names.add(name := f"{number.name.lower()}{moment}")
        rename(project, name)
        run = started(*flags, cwd=project)
        _until(partial(_handles_signals, run))
        time.sleep(length * moment / 10)
        run.send_signal(number)
        _, told = run.communicate(timeout=60)
        assert run.returncode in (0, -number, 128 + number), told
        assert "Traceback" not in told or number == signal.SIGINT, told  # at Python's own end there is one
        # After SIGKILL go finishes what it was at; else it is killed itself, and the kernel takes a moment for its compilers.
        _until(lambda: not processes_in(project), seconds=60 if number == signal.SIGKILL else 3)
        unfinished = {name for name in os.listdir(project) if name.endswith(".partial")}
        assert strays(project) <= (unfinished if number == signal.SIGKILL else set())
        assert answer_of(binary(project)) in names
        check_archive(project / "engine.tar")
    assert run_console(*flags, cwd=project).returncode == 0
    assert answer_of(binary(project)) == name
    assert not strays(project)


def _handles_signals(run: subprocess.Popen[str]) -> bool:
    """
    Whether Python has started, and what it runs has handlers of its own.
    """
    caught = re.search("SigCgt:\\s*([0-9a-f]+)", Path(f"/proc/{run.pid}/status").read_text())
    return bool(caught and int(caught[1], 16) >> (signal.SIGTERM - 1) & 1)


def _pad(project: Path, text: str) -> None:
    """
    Files before the policy's own, long enough for the compiler to be caught before it reads that one.
    """
    for number in range(20):
        lines = "".join(f"var v{number}_{line} = {line} // {text}\n" for line in range(2000))
        (project / "policies" / "a" / f"a{number}.go").write_text(f"package a\n\n{lines}")


def _compilers(project: Path) -> list[int]:
    """
    The process groups of the compilers that read the policy.
    """
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (process / "cmdline").read_bytes().split(b"\0")
            if (
                line[0].endswith(b"/compile")
                and b"example.com/a" in line
                and f"{project}/" in os.readlink(process / "cwd")
            ):
                found.append(os.getpgid(int(process.name)))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="no other system tells whose a process is")
def test_what_a_killed_run_left_does_nothing_later(project: Path) -> None:
    """A compiler that outlives its run, stopped, and let go on later, does not file the next run's source under the old name."""
    assert run_console("compile", cwd=project).returncode == 0
    _pad(project, str(project))  # which no cache knows
    rename(project, "second")
    run = started("compile", cwd=project)
    while not (groups := _compilers(project)):
        assert run.poll() is None
    os.killpg(groups[0], signal.SIGSTOP)
    run.kill()
    run.communicate()
    rename(project, "third")
    ran = run_console("compile", cwd=project)
    left = processes_in(project)
    with suppress(ProcessLookupError):  # as whoever stopped it would
        os.killpg(groups[0], signal.SIGCONT)
    _until(lambda: not processes_in(project))
    assert (ran.returncode, left) == (0, []), ran.stderr
    assert answer_of(binary(project)) == "third"
    rename(project, "second")
    assert run_console("compile", cwd=project).returncode == 0
    assert answer_of(binary(project)) == "second"


def test_cut_off_in_the_first_run(project: Path) -> None:
    """A run that is killed while everything is made for the first time leaves a folder that the next run takes for its own."""
    for moment in range(1, 6):
        run = started("compile", cwd=project)
        time.sleep(0.25 * moment)
        run.kill()
        run.communicate()
        ran = run_console("discover", "--format", "json", cwd=project)
        assert ran.returncode == 0, ran.stdout
        shutil.rmtree(project / "build")
    made = run_console("compile", cwd=project)
    assert made.returncode == 0, made.stderr


def test_an_interrupted_run_says_so(project: Path) -> None:
    """Ctrl-C while Go works ends with code 130 and one line."""
    run = started("compile", cwd=project, env={"GOCACHE": str(project.parent / f"{project.name}-cold")})
    _until(lambda: any("go build" in command or "go list" in command for command in processes_in(project)))
    begin = time.monotonic()
    run.send_signal(signal.SIGINT)
    _, told = run.communicate(timeout=60)
    assert time.monotonic() - begin < 20, "it does not wait for Go"  # which takes a minute here; half a second is usual
    assert run.returncode == 130
    assert told.rstrip().splitlines()[-1] == "interrupted"
    assert "Traceback" not in told
    assert not processes_in(project)


def _until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """
    A disk of this size at this folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path, left: int) -> Path:
    """
    Write to the disk until no more than this many bytes are left.
    """
    filler = disk / "filler"
    status = os.statvfs(disk)
    with filler.open("wb") as file:
        for _ in range(max(0, status.f_bavail * status.f_frsize - left) // 4096):
            file.write(bytes(4096))
    return filler


def refused(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> dict[str, str]:
    """
    The error that a run ends with, which says what is wrong and where, without a traceback.
    """
    ran = run_console(*arguments, "--format", "json", cwd=cwd, env=env)
    assert ran.returncode == 7, (ran.returncode, ran.stdout, ran.stderr)
    assert "Traceback" not in ran.stderr
    error: dict[str, str] = json.loads(ran.stdout)["error"]
    assert error["fix"]
    return error


@pytest.mark.needs("root")
def test_a_full_disk_under_the_build_directory(project: Path) -> None:
    """With any amount of space too little, the old binary stays; with enough of it, the next run works."""
    with small_disk(project / "build", "64m") as disk:
        assert run_console("image", "--engine", "oci", cwd=project).returncode == 0
        rename(project, "second")
        for left in (0, 8_192, 65_536, 1_000_000):
            filler = fill(disk, left)
            error = refused("image", "--engine", "oci", cwd=project)
            assert "space" in error["why"] or "space" in error["fix"], error
            assert answer_of(binary(project)) == "first"
            check_archive(project / BUILD / "image" / "policy-engine.tar")
            filler.unlink()
        assert run_console("image", "--engine", "oci", cwd=project).returncode == 0
        assert answer_of(binary(project)) == "second"


@pytest.mark.needs("root")
@pytest.mark.parametrize("size", ["4k", "64k", "512k", "2m"])
def test_a_disk_that_is_too_small(size: str, project: Path) -> None:
    """A first run on a disk without room for it says that, at whichever stage it comes to that."""
    with small_disk(project / "build", size):
        error = refused("image", "--engine", "oci", cwd=project)
        assert "space" in error["why"], error
        subprocess.run(["mount", "-o", "remount,size=64m", str(project / "build")], check=True)
        assert run_console("image", "--engine", "oci", cwd=project).returncode == 0


@pytest.mark.needs("root")
def test_a_full_disk_under_the_output(project: Path) -> None:
    """The archive that was there stays, and nothing is left beside it."""
    with small_disk(project / "out", "12m") as disk:
        assert run_console("image", "--engine", "oci", "--output", "out/engine.tar", cwd=project).returncode == 0
        before = (disk / "engine.tar").read_bytes()
        rename(project, "second")
        filler = fill(disk, 100_000)
        error = refused("image", "--engine", "oci", "--output", "out/engine.tar", cwd=project)
        assert error["where"] == str(disk / "engine.tar")
        assert "No space left" in error["why"]
        assert (disk / "engine.tar").read_bytes() == before
        assert {path.name for path in disk.iterdir()} == {"engine.tar", filler.name}


def test_a_temporary_folder_that_is_not_there(project: Path) -> None:
    """Go, which does not make it, is given one in the build directory."""
    ran = run_console("compile", cwd=project, env={"TMPDIR": str(project / "gone")})
    assert ran.returncode == 0, ran.stderr
    assert f"{project / 'gone'} cannot be written" in ran.stderr
    assert not (project / "gone").exists()


@pytest.mark.parametrize("name", ["b\nx", "b\x1b[31m", "b\\x", "b\udcff"])
def test_a_build_directory_that_go_cannot_name(name: str, project: Path) -> None:
    """It is refused before it is made."""
    ran = run_console("compile", "--build-dir", name, "--format", "json", cwd=project)
    assert ran.returncode == 2, ran.stderr
    assert json.loads(ran.stdout)["error"]["what"] == "the build directory's name cannot be used"
    assert sorted(path.name for path in project.iterdir() if path.name.startswith("b")) in ([], ["build"])


@pytest.mark.needs("root")
@pytest.mark.parametrize("variable", ["TMPDIR", "GOCACHE"])
def test_a_full_disk_under_what_go_needs(variable: str, project: Path) -> None:
    """Go's temporary folder and Go's cache on a full disk: the error says that it is the disk."""
    assert run_console("compile", cwd=project).returncode == 0
    rename(project, "second")
    with small_disk(project / "small", "40k") as disk:
        ran = run_console("compile", "--format", "json", cwd=project, env={variable: str(disk)})
        assert ran.returncode == 7, ran.stdout
        assert "no space left on device" in json.loads(ran.stdout)["error"]["why"], ran.stdout
    (project / "small").rmdir()
    assert answer_of(binary(project)) == "first"
    assert run_console("compile", cwd=project).returncode == 0


@pytest.mark.needs("root")
def test_a_read_only_build_directory(project: Path) -> None:
    """A build directory on a read-only disk is named, whether it is new or has been built in."""
    with small_disk(project / "build", "64m") as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        error = refused("compile", cwd=project)
        assert "Read-only" in error["why"]
        assert "--build-dir" in error["fix"]
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        assert run_console("compile", cwd=project).returncode == 0
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        rename(project, "second")
        assert "Read-only" in refused("compile", cwd=project)["why"]
        assert answer_of(binary(project)) == "first"


HOMES: dict[str, dict[str, str]] = {
    "read-only": {"HOME": "{disk}"},
    "missing": {"HOME": "{disk}/none"},
    "unset": {},
    "cache read-only": {"GOCACHE": "{disk}", "HOME": "/nonexistent"},
    "caches off": {"GOCACHE": "off", "HOME": "{disk}"},
}


@pytest.mark.needs("root")
def test_homes_that_cannot_be_written(project: Path) -> None:
    """Without a home that can be written the caches go to the build directory, and the binary is the same as ever."""
    expected = json.loads(run_console("compile", "--format", "json", cwd=project).stdout)["sha256"]
    with small_disk(project / "disk", "1m") as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GO", "XDG_", "HOME"))}
        for case, variables in HOMES.items():
            env = {**kept, **{name: value.format(disk=disk) for name, value in variables.items()}}
            command = [sys.executable, "-m", "policy_tasks", "compile", "--format", "json"]
            ran = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
            assert ran.returncode == 0, (case, ran.stdout, ran.stderr)
            assert json.loads(ran.stdout)["sha256"] == expected
    (project / "disk").rmdir()
    assert strays(project) == set()


def test_a_build_directory_with_files_of_the_user(project: Path) -> None:
    """A folder that holds something and has never been a build directory is refused, and nothing in it changes."""
    (project / BUILD).mkdir(parents=True)
    (project / BUILD / "main.go").write_text("mine")
    ran = run_console("generate", "--format", "json", cwd=project)
    assert ran.returncode == 2
    assert json.loads(ran.stdout)["error"]["where"] == str(project / BUILD)
    assert {path.name: path.read_text() for path in (project / BUILD).iterdir()} == {"main.go": "mine"}


LINKS = (
    "main.go",
    "go.mod",
    "imports.go",
    "policies",
    "policies/example.com-a",
    "engine",
    "bin",
    "image",
    ".gitignore",
)
LINKS_OF_STATE = ("generated.json", "tmp", "inspected.json")


@pytest.mark.parametrize("name", [*LINKS, *(f".policy-tasks/{name}" for name in LINKS_OF_STATE)])
def test_a_link_in_the_build_directory_changes_nothing_elsewhere(name: str, project: Path) -> None:
    """Links in the place of generated files and folders are replaced, and what they lead to stays as it is."""
    assert run_console("image", "--engine", "oci", cwd=project).returncode == 0
    victim = project.parent / f"{project.name}-victim"
    link = project / BUILD / name
    if name.endswith("tmp"):
        link.mkdir()  # it is there only while a run is
    shutil.copytree(link, victim) if link.is_dir() else shutil.copy2(link, victim)
    before = _contents(victim)
    shutil.rmtree(link) if link.is_dir() else link.unlink()
    link.symlink_to(victim)
    rename(project, "second")
    ran = run_console("image", "--engine", "oci", cwd=project)
    assert ran.returncode == 0, ran.stderr
    assert _contents(victim) == before
    assert answer_of(binary(project)) == "second"


def _contents(path: Path) -> dict[str, bytes]:
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    return {str(file): file.read_bytes() if file.is_file() else b"" for file in files}


def test_a_planted_build_directory_is_not_believed(project: Path) -> None:
    """A build directory that came with a repository is made anew: its binary is not used, nor are its links."""
    assert run_console("image", "--engine", "oci", cwd=project).returncode == 0
    shutil.move(project / BUILD, project / "planted")
    shutil.copytree(project / "planted", project / BUILD, symlinks=True)
    shutil.rmtree(project / "planted")
    marker = project.parent / f"{project.name}-marker"
    trap = f"#!/bin/sh\ntouch '{marker}'\n"
    binary(project).write_text(trap)
    victim = project.parent / f"{project.name}-victim"
    victim.write_text("mine")
    (project / BUILD / "main.go").unlink()
    (project / BUILD / "main.go").symlink_to(victim)
    ran = run_console("image", "--engine", "oci", cwd=project)
    assert ran.returncode == 0, ran.stderr
    assert not marker.exists()
    assert victim.read_text() == "mine"
    assert answer_of(binary(project)) == "first"


def test_a_build_directory_behind_a_link(project: Path) -> None:
    """A link on the way to the project or to the build directory changes neither the places in errors nor the result."""
    (project / "elsewhere").mkdir()
    (project / "build").mkdir()
    (project / BUILD).symlink_to(project / "elsewhere")
    made = run_console("image", "--engine", "oci", cwd=project)
    assert made.returncode == 0, made.stderr
    (project / "policies" / "a" / "more.go").write_text("package a\n\nvar x int = true\n")
    ran = run_console("compile", "--format", "json", cwd=project)
    assert ran.returncode == 3
    assert json.loads(ran.stdout)["error"]["where"] == f"{project}/policies/a/more.go:3:13"


@pytest.mark.parametrize("same", [True, False])
def test_several_runs_at_once(same: bool, project: Path) -> None:
    """Five runs in one build directory, with the same policies or each with others: all give their own right answer."""
    folders = []
    for number in range(5):
        folder = project / "policies" if same else project / f"policies{number}"
        write_policy(folder / "a", "example.com/a", name="a" if same else f"a{number}")
        folders.append(folder)
    alone = [
        compile(load_settings(project, build_dir=project / "alone", policies=[folder])).sha256 for folder in folders
    ]
    runs = [started("compile", "--format", "json", "--policies", str(folder), cwd=project) for folder in folders]
    told = [run.communicate(timeout=300) for run in runs]
    assert [run.returncode for run in runs] == [0] * 5, told
    assert [json.loads(stdout)["sha256"] for stdout, _ in told] == alone
    assert sum("waiting for another run" in stderr for _, stderr in told) >= 1


def test_two_build_directories_and_one_output(project: Path) -> None:
    """Runs that write the same archive from different build directories leave a whole one."""
    flags = ("image", "--engine", "oci", "--output", "engine.tar", "--build-dir")
    runs = [started(*flags, f"build/{number}", cwd=project) for number in range(3)]
    told = [run.communicate(timeout=300) for run in runs]
    assert [run.returncode for run in runs] == [0] * 3, told
    check_archive(project / "engine.tar")
    assert not [name for name in os.listdir(project) if name.endswith(".partial")]


def test_a_policy_that_is_edited_during_the_build(project: Path) -> None:
    """While a policy is saved again and again, every run builds some state of it as a whole; the last builds the last."""
    done = threading.Event()
    names = ["first"]

    def edit() -> None:
        while not done.is_set():
            names.append(f"edit{len(names)}")
            # as editors do: in one step
            draft = project / "draft"
            rename(project / "draft", names[-1])
            os.replace(draft / "policies" / "a" / "policy.go", project / "policies" / "a" / "policy.go")
            time.sleep(0.005)

    editor = threading.Thread(target=edit)
    editor.start()
    try:
        for _ in range(4):
            ran = run_console("compile", cwd=project)
            assert ran.returncode == 0, ran.stderr
            assert answer_of(binary(project)) in names
    finally:
        done.set()
        editor.join()
    assert run_console("compile", cwd=project).returncode == 0
    assert answer_of(binary(project)) == names[-1]


class Line:
    """
    A socket before that of the Docker engine, which passes everything on until it is cut.
    """

    def __init__(self, path: Path, cut_at: bytes = b"", *, silent: bool = False) -> None:
        self.address = f"unix://{path}"
        self._cut_at = cut_at
        self._silent = silent
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                self._open.append(client)
                if self._silent:
                    continue
                engine = socket.socket(socket.AF_UNIX)
                engine.connect("/var/run/docker.sock")
                self._open.append(engine)
                for source, target in ((client, engine), (engine, client)):
                    threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self._cut_at and self._cut_at in data:
                    self.cut()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def cut(self) -> None:
        """
        Close everything, as an engine that dies does.
        """
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)  # or the accept that waits would keep it open
        self._server.close()
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@pytest.fixture
def sockets() -> Iterator[Path]:
    """
    A folder whose path is short enough for sockets.
    """
    folder = Path("/tmp") / f"policy-tasks-{os.getpid()}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def test_no_engine_or_none_that_answers(project: Path, sockets: Path) -> None:
    """No socket, a dead one, one that never answers, an address that is none: `docker` fails and says it, `auto` goes on."""
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(sockets / "dead"))
    dead.close()
    silent = Line(sockets / "silent", silent=True)
    assert run_console("image", "--engine", "oci", cwd=project).returncode == 0
    for address, why in (
        (f"unix://{sockets}/none", "there is no such socket: the file does not exist"),
        (f"unix://{sockets}/dead", "the socket is dead"),
        (silent.address, "hangs"),
        ("garbage", ""),
        ("tcp://127.0.0.1:1", ""),
    ):
        env = {"DOCKER_HOST": address}
        begin = time.monotonic()
        if address != silent.address:  # which takes ten seconds each time
            ran = run_console("image", "--engine", "docker", "--format", "json", cwd=project, env=env)
            assert ran.returncode == 4, (address, ran.stdout, ran.stderr)
            error = json.loads(ran.stdout)["error"]
            assert address in error["where"]
            assert why in error["why"]
        fallen = run_console("image", "--format", "json", cwd=project, env=env)
        assert fallen.returncode == 0, (address, fallen.stderr)
        assert json.loads(fallen.stdout)["engine"] == "oci"
        assert address in fallen.stderr
        assert why in fallen.stderr
        assert "docker load -i" in fallen.stderr
        assert time.monotonic() - begin < 60
    silent.cut()


@pytest.mark.needs("docker")
@pytest.mark.parametrize("moment", [b"GET /", b"/images/", b"/build", b'"aux"', b"/tag"])
def test_an_engine_that_dies_midway(moment: bytes, project: Path, sockets: Path) -> None:
    """Wherever the line to the engine breaks, the run ends with an error, or with an archive that says so; no traceback."""
    repo = f"policy-tasks-test/dies-{os.getpid()}-{moment.hex()}"
    line = Line(sockets / "engine", cut_at=moment)
    env = {"DOCKER_HOST": line.address}
    ran = run_console("image", "--repo", repo, "--base", "static", "--format", "json", cwd=project, env=env)
    assert "Traceback" not in ran.stderr
    document = json.loads(ran.stdout)
    if ran.returncode == 0:
        assert document["engine"] == "oci"
        assert "load it with" in ran.stderr
    else:
        assert ran.returncode in (4, 5), ran.stdout
        assert document["error"]["fix"]
    named = subprocess.run(["docker", "image", "inspect", repo], capture_output=True, check=False)
    assert named.returncode != 0, "it has no name before it is finished"
    again = run_console("image", "--repo", repo, "--base", "static", "--engine", "docker", cwd=project)
    assert again.returncode == 0, again.stderr
    subprocess.run(["docker", "rmi", repo], capture_output=True, check=True)


@pytest.mark.needs("docker")
def test_a_breaking_line_at_random_moments(project: Path, sockets: Path) -> None:
    """After a line that breaks at any time, the image's name means the old image or the new one, which runs."""
    repo = f"policy-tasks-test/breaks-{os.getpid()}"
    flags = ("image", "--engine", "docker", "--repo", repo, "--base", "static")
    assert run_console(*flags, cwd=project).returncode == 0
    names = {"first"}
    for moment in range(1, 6):
        names.add(name := f"break{moment}")
        rename(project, name)
        line = Line(sockets / f"engine{moment}")
        run = started(*flags, cwd=project, env={"DOCKER_HOST": line.address})
        time.sleep(0.25 * moment)
        line.cut()
        _, told = run.communicate(timeout=120)
        assert run.returncode in (0, 4, 5), told
        assert "Traceback" not in told
        ran = subprocess.run(["docker", "run", "--rm", repo, "list"], capture_output=True, check=True)
        assert json.loads(ran.stdout)["policies"][0]["name"] in names
    subprocess.run(["docker", "rmi", "-f", repo], capture_output=True, check=True)


@pytest.mark.needs("docker", "root")
def test_permission_denied_names_the_group(project: Path) -> None:
    """A user who may not use the socket is told which group may."""
    script = (
        "import os, docker, requests, urllib3, policy_tasks.toolchain.docker_connection as d\n"
        "from policy_tasks.errors import ToolError\n"
        "os.environ['DOCKER_HOST'] = 'unix:///var/run/docker.sock'; os.environ['HOME'] = '/nonexistent'\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try: d.connect()\n"
        "except ToolError as error: print(error.where, error.why, error.fix, sep='\\n')\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    where, why, fix = ran.stdout.splitlines()
    group = Path("/var/run/docker.sock").group()
    assert where == "unix:///var/run/docker.sock"
    assert f"permission denied: the socket belongs to the group {group}" in why
    assert f"usermod -aG {group}" in fix
