"""
Policies that are edited while they are served.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import run_console, write_policy

WITHIN = 120


class Watched:
    """
    A `policy-tasks watch` at work, and what it tells.
    """

    def __init__(self, project: Path, *flags: str, **env: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = (sys.executable, "-m", "policy_tasks", "watch", "--addr", f"127.0.0.1:{self.port}", *flags)
        self.process = subprocess.Popen(
            command, cwd=project, env={**os.environ, **env}, stderr=subprocess.PIPE, text=True
        )
        self.story: list[str] = []
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stderr
        with self.process.stderr as lines:
            self.story.extend(lines)

    def end(self) -> None:
        """Whatever the test has left of it."""
        self.process.terminate()
        self.process.wait()
        self._listener.join()

    def ask(self) -> object:
        """What the policy answers now; a request that fails raises."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("POST", "/v1/policies/a/execute", b'{"input": 1}', {"Content-Type": "application/json"})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        assert response.status == 200, body
        return json.loads(body)["result"]

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something to become so."""
        deadline = time.monotonic() + WITHIN
        while not condition():
            assert time.monotonic() < deadline, "".join(self.story)
            assert self.process.poll() is None, "".join(self.story)
            time.sleep(0.05)

    def builds(self) -> int:
        """How often it has built."""
        return sum(line.startswith("compile:") for line in self.story)

    def said(self, text: str) -> bool:
        """Whether the story has this text."""
        return any(text in line for line in self.story)


def test_a_long_name_of_the_temporary_folder(tmp_path: Path) -> None:
    """A socket has a name of a hundred bytes at most; where TMPDIR has more the engine is heard all the same."""
    write_policy(tmp_path / "policies" / "a", "example.com/a")
    long = tmp_path / ("x" * 100)
    long.mkdir()
    one = Watched(tmp_path, TMPDIR=str(long))
    try:
        one.until(lambda: one.said("serving at"))
        assert one.ask() == "a"
    finally:
        one.end()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """A watch over one policy, which is served."""
    write_policy(tmp_path / "policies" / "a", "example.com/a")
    one = Watched(tmp_path)
    one.until(lambda: one.said("serving at"))
    yield one
    one.end()


def _edit(project: Path, before: str, after: str) -> None:
    file = project / "policies" / "a" / "policy.go"
    file.write_text(file.read_text().replace(before, after))


@pytest.mark.needs("go")
def test_no_request_is_lost_while_engines_are_replaced(watched: Watched, tmp_path: Path) -> None:
    """Under steady requests the answers change with the policy, and each request has an answer, the last as the first."""
    answers: list[object] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                answers.append(watched.ask())
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a request that was lost
                answers.append(repr(error))

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    wanted = ["a"]
    try:
        for number in range(3):
            wanted.append(f"edit {number}")
            _edit(tmp_path, f'return "{wanted[-2]}", nil', f'return "{wanted[-1]}", nil')
            watched.until(lambda: wanted[-1] in answers[-20:])
    finally:
        stop.set()
        for asker in askers:
            asker.join()
    assert set(map(str, answers)) == set(wanted)


@pytest.mark.needs("go")
def test_what_does_not_compile_or_start_leaves_the_engine_that_serves(watched: Watched, tmp_path: Path) -> None:
    """The error is told, the last sound engine goes on, and the next sound change is served."""
    _edit(tmp_path, "package", "pakage")
    watched.until(lambda: watched.said("does not compile"))
    assert watched.ask() == "a"
    _edit(tmp_path, "pakage", "package")
    _edit(tmp_path, "Validate() error { return nil }", 'Validate() error { panic("not today") }')
    watched.until(lambda: watched.said("does not start"))
    assert watched.ask() == "a"
    _edit(tmp_path, 'panic("not today")', "return nil")
    _edit(tmp_path, 'return "a", nil', 'return "b", nil')
    watched.until(lambda: watched.ask() == "b")


@pytest.mark.needs("go")
def test_it_builds_once_for_one_state_of_the_files(watched: Watched, tmp_path: Path) -> None:
    """Neither at the start nor later is built what is built already, and going back to the old text says that it serves."""
    time.sleep(2)
    assert watched.builds() == 1
    _edit(tmp_path, "package", "pakage")
    watched.until(lambda: watched.said("error:"))
    time.sleep(2)
    assert sum("error:" in line for line in watched.story) == 1
    _edit(tmp_path, "pakage", "package")
    watched.until(lambda: watched.said("as before"))


def test_folders_that_come_back_are_watched(watched: Watched, tmp_path: Path) -> None:
    """Policies that are replaced by a copy, as a checkout may do it, are built, and so is each change after that."""
    shutil.copytree(tmp_path / "policies", tmp_path / "saved")
    shutil.rmtree(tmp_path / "policies")
    watched.until(lambda: watched.said("the policies are missing"))
    time.sleep(1)
    shutil.copytree(tmp_path / "saved", tmp_path / "policies")
    watched.until(lambda: watched.said("as before"))
    _edit(tmp_path, 'return "a", nil', 'return "b", nil')
    watched.until(lambda: watched.ask() == "b")


def test_a_new_policy_is_served(watched: Watched, tmp_path: Path) -> None:
    """A folder that is added counts as well as a file that is edited."""
    write_policy(tmp_path / "policies" / "b", "example.com/b")
    watched.until(lambda: sum("serving at" in line for line in watched.story) == 2)


@pytest.mark.needs("go")
def test_a_folder_that_a_replace_leads_to_is_watched(tmp_path: Path) -> None:
    """
    It is known with the first build, which for its sake is not made again; a change in it is built, and so is what comes into
    another folder while that first build goes on.
    """
    folder = write_policy(tmp_path / "policies" / "a", "example.com/a")
    with (folder / "go.mod").open("a") as file:
        file.write("\nrequire example.com/lib v0.0.0\n\nreplace example.com/lib => ../../lib\n")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "go.mod").write_text("module example.com/lib\n\ngo 1.21\n")
    (tmp_path / "lib" / "lib.go").write_text('package lib\n\nconst Answer = "a"\n')
    policy = (folder / "policy.go").read_text()
    imports = policy.replace("import ", 'import "example.com/lib"\n\nimport ', 1)
    (folder / "policy.go").write_text(imports.replace('return "a", nil', "return lib.Answer, nil"))
    watched = Watched(tmp_path)
    try:
        watched.until(lambda: watched.said("serving at"))
        time.sleep(2)
        assert watched.builds() == 1, "".join(watched.story)
        (tmp_path / "lib" / "lib.go").write_text('package lib\n\nvar Answer = "b"\n')
        watched.until(lambda: watched.ask() == "b")
    finally:
        watched.end()
    watched = Watched(tmp_path)
    try:
        watched.until(lambda: watched.said("discover:"))
        (folder / "more.go").write_text('package a\n\nimport "example.com/lib"\n\nfunc init() { lib.Answer = "c" }\n')
        watched.until(lambda: watched.said("serving at"))
        watched.until(lambda: watched.ask() == "c")
    finally:
        watched.end()


@pytest.mark.needs("go")
def test_what_a_build_writes_is_no_change(tmp_path: Path) -> None:
    """A build directory, reports and a lock among the policies, and those behind a link, do not bring about build after build."""
    write_policy(tmp_path / "policies" / "a", "example.com/a")
    (tmp_path / "link").symlink_to("policies")
    (tmp_path / "pyproject.toml").write_text('[tool.policy-tasks.modules]\nlock = "policies/a.lock"\n')
    environment = tmp_path / "policies" / ".venv"
    for place in (tmp_path, tmp_path / "policies", environment):  # the first two are as `python -m venv .` leaves them
        (place / "bin").mkdir(parents=True)
        (place / "pyvenv.cfg").touch()
    written = (
        "--report",
        "policies/r.json",
        "--textfile",
        "policies/r.prom",
        "--build-dir",
        "policies/build",
        "--update",
    )
    watched = Watched(tmp_path, "--policies", "link", *written)
    try:
        watched.until(lambda: watched.said("serving at"))
        time.sleep(3)
        assert watched.builds() == 1, "".join(watched.story)
        _edit(tmp_path, 'return "a", nil', 'return "b", nil')
        watched.until(lambda: watched.ask() == "b")
        (environment / "new.pyc").touch()
        time.sleep(3)
        assert sum("serving at" in line for line in watched.story) == 2, "".join(watched.story)
    finally:
        watched.end()


@pytest.mark.needs("go")
def test_the_story_tells_which_engine_ends(watched: Watched, tmp_path: Path) -> None:
    """The log of two engines is one; before the older one tells that it stops, the story names it."""
    _edit(tmp_path, 'return "a", nil', 'return "b", nil')
    watched.until(lambda: watched.said('"stopped"'))
    story = "".join(watched.story)
    assert re.search(r"the engine before it, process \d+, .* ends\n(.*\n)*.*stopping on signal", story)


@pytest.mark.needs("go")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_ends_with_all_that_it_started(number: signal.Signals, code: int, watched: Watched) -> None:
    """No engine is left when it is interrupted or told to end, and nobody listens any more."""
    watched.process.send_signal(number)
    assert watched.process.wait(WITHIN) == code
    with pytest.raises(ConnectionRefusedError):
        watched.ask()
    assert "Traceback" not in "".join(watched.story)


@pytest.mark.needs("go")
def test_an_address_that_is_taken_is_an_error(tmp_path: Path) -> None:
    """Before anything is built."""
    write_policy(tmp_path / "policies" / "a", "example.com/a")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run_console("watch", "--addr", f"127.0.0.1:{taken.getsockname()[1]}", cwd=tmp_path)
    assert done.returncode == 2
    assert "nobody can listen" in done.stderr
    assert not os.path.exists(tmp_path / "build")


@pytest.mark.parametrize(
    "address", ["8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:99999", "::1:8080"]
)
def test_an_address_that_is_none_is_an_error(address: str, tmp_path: Path) -> None:
    """Neither a host nor a port is made up, and the error says what is wanted."""
    write_policy(tmp_path / "policies" / "a", "example.com/a")
    done = run_console("watch", "--addr", address, cwd=tmp_path)
    assert done.returncode == 2
    assert f"found {address!r}, want a host and the number of a port" in done.stderr
    assert not os.path.exists(tmp_path / "build")
