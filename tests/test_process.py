"""
Commands are run to their end, with nothing inherited, and what they say is fit to be shown.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import unicodedata
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_tasks.errors import BuildError, ToolError
from policy_tasks.printable import printable
from policy_tasks.toolchain.leftovers import VARIABLE, end_commands_of
from policy_tasks.toolchain.process import Command, Completed, Processes
from tests.conftest import gone


def python(code: str, *, stdin: bytes = b"", **env: str) -> Command:
    """
    A command that runs this Python.
    """
    return Command(argv=(sys.executable, "-c", code), cwd=Path.cwd(), env=env, stdin=stdin)


def run(command: Command) -> Completed:
    """
    Run it on its own.
    """
    return Processes().run(command)


@given(st.text())
def test_no_control_character_survives(text: str) -> None:
    """Only tabs and line ends are left of what steers a terminal, and no text turns the direction of the next."""
    left = {character for character in printable(text) if unicodedata.category(character) == "Cc"}
    assert left <= {"\t", "\n"}
    bidirectional = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
    assert not {unicodedata.bidirectional(character) for character in printable(text)} & bidirectional


@given(st.text())
def test_shown_twice_is_shown_once(text: str) -> None:
    """A text that went through `printable` on its way goes through the door unchanged."""
    assert printable(printable(text)) == printable(text)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    """What is printable and holds no address stays."""
    if "://" not in text and '"/' not in text:
        assert printable(text) == text


@given(st.text(st.sampled_from("abc:%-_.~1"), min_size=1))
def test_credentials_in_addresses_are_left_out(secret: str) -> None:
    """Neither a password nor a token before the host is shown, whatever the scheme."""
    assert printable(f"GET https://{secret}@host/x: refused") == "GET https://***@host/x: refused"


def test_a_redirect_to_a_path_shows_no_token() -> None:
    """Go says only the path where a server has redirected to one, with the query that it was asked with."""
    told = 'Get "/go/x.zip?token=secret&secret": stopped after 10 redirects'
    assert printable(told) == 'Get "/go/x.zip?token=***&***": stopped after 10 redirects'


def test_a_command_inherits_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is what the command says, and no open file goes along."""
    monkeypatch.setenv("SECRET", "x")
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    done = run(python(f"import os\nprint('SECRET' in os.environ, os.environ['A'])\nos.fstat({writing})", A="b"))
    os.close(reading)
    os.close(writing)
    assert done.stdout == b"False b\n"
    assert "Bad file descriptor" in done.message


def test_a_command_is_given_its_input() -> None:
    """Input of any size goes in while output of any size comes out; a command that does not read it is no failure."""
    big = b"x" * 1_000_000
    assert run(python("import sys; sys.stdout.write(sys.stdin.read())", stdin=big)).stdout == big
    assert run(python("pass", stdin=big)).code == 0


def test_how_a_command_ended() -> None:
    """The code is the command's; one that somebody killed is an error that says so."""
    assert run(python("raise SystemExit(3)")).code == 3
    with pytest.raises(BuildError) as caught:
        run(python("import os; os.kill(os.getpid(), 9)"))
    assert caught.value.why == "signal 9 ended it"


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    """What cannot be started is an error that names it."""
    (tmp_path / "text").write_text("no program")
    (tmp_path / "text").chmod(0o755)
    for path in (tmp_path / "none", tmp_path / "text", tmp_path):
        with pytest.raises(ToolError) as caught:
            run(Command(argv=(str(path),), cwd=tmp_path, env={}))
        assert caught.value.where == str(path)


FAMILY = """
import os, sys, time
child = os.fork()
if not child:
    time.sleep(60)
print(child, flush=True)
time.sleep(60)
"""


def test_a_command_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    """After the time limit neither the command nor what it started is left."""
    code = f"import sys; sys.stdout = open({str(tmp_path / 'child')!r}, 'w')" + FAMILY
    with pytest.raises(BuildError, match="did not end"):
        run(python(code)._replace(timeout=1))
    gone(int((tmp_path / "child").read_text()))


def test_what_a_killed_command_started_is_ended(tmp_path: Path) -> None:
    """A go command that somebody kills, or that memory runs out for, leaves none of its compilers."""
    file = tmp_path / "child"
    code = f"""
import os, subprocess, sys
child = subprocess.Popen(["sleep", "60"], stdin=-3, stdout=-3, stderr=-3)
open({str(file)!r}, "w").write(str(child.pid))
os.kill(os.getpid(), 9)
"""
    with pytest.raises(BuildError, match="was killed"):
        run(python(code, PATH=os.environ["PATH"]))
    gone(int(file.read_text()))


@pytest.mark.parametrize("session", [False, True])
def test_a_pipe_that_a_child_holds_is_not_waited_for(session: bool) -> None:
    """The command's end is the end, with all that it said, also where something that it has started could say more."""
    code = f"""
import subprocess
child = subprocess.Popen(["sleep", "60"], start_new_session={session})
print(child.pid, "x" * 100_000)
"""
    begin = time.monotonic()
    done = run(python(code, PATH=os.environ["PATH"], PYTHONWARNINGS="ignore"))
    child, text = done.stdout.split()
    if session:  # what has left the command's group is its own master
        os.kill(int(child), signal.SIGKILL)
    gone(int(child))
    assert time.monotonic() - begin < 20
    assert (done.code, text) == (0, b"x" * 100_000)


def test_a_command_that_closes_its_pipes_is_waited_for() -> None:
    """Its code is known only when it ends, and the time limit holds."""
    code = "import os, time\nfor n in range(3): os.close(n)\ntime.sleep({}); os._exit(3)"
    assert run(python(code.format(1))).code == 3
    with pytest.raises(BuildError, match="did not end"):
        run(python(code.format(60))._replace(timeout=1))


def test_a_command_that_takes_long_is_told(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits hears what for, more and more rarely, and nothing of what the command reads or prints is lost."""
    caplog.set_level("INFO")
    monkeypatch.setattr("policy_tasks.toolchain.process._PATIENCE", 0.4)
    code = "import sys, time; print(1, flush=True); time.sleep(1); sys.stdout.write(sys.stdin.read())"
    done = run(python(code, stdin=b"2" * 300_000)._replace(doing="thinking"))
    assert done.stdout == b"1\n" + b"2" * 300_000
    assert [each.message for each in caplog.records] == [f"{Path(sys.executable).name} -c: still thinking, for 0 s now"]
    caplog.clear()
    assert run(python("print(1)")).stdout == b"1\n"
    assert not caplog.records


def test_all_commands_end_with_us(tmp_path: Path) -> None:
    """`stop` ends the commands of every thread, with their children, none begins after it, and another run's go on."""
    processes, others = Processes(), Processes()
    files = [tmp_path / str(number) for number in range(3)]
    code = "import sys; sys.stdout = open(sys.argv[1], 'w')" + FAMILY
    commands = [Command(argv=(sys.executable, "-c", code, str(file)), cwd=tmp_path, env={}) for file in files]
    threads = [threading.Thread(target=_run_until_killed, args=(processes, command)) for command in commands]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 20
    while not all(file.is_file() and file.read_text() for file in files):
        assert time.monotonic() < end
        time.sleep(0.01)
    processes.stop()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    for file in files:
        gone(int(file.read_text()))
    with pytest.raises(BuildError):
        processes.run(commands[0])
    assert others.run(python("pass")).code == 0


def test_a_signal_at_any_moment_loses_no_command(tmp_path: Path) -> None:
    """Where one interrupts the very start of a command, it is ended with the run, and it is not left to itself."""

    def leave(_number: int, _frame: object) -> None:
        raise SystemExit

    before = signal.signal(signal.SIGALRM, leave)
    command = Command(("/bin/sh", "-c", "echo $$ >>started; exec sleep 60"), tmp_path, {"PATH": os.environ["PATH"]})
    try:
        for moment in range(150):
            processes = Processes()
            with suppress(SystemExit):
                signal.setitimer(signal.ITIMER_REAL, (moment + 1) * 3e-5)
                processes.run(command)
            processes.stop()
    finally:
        signal.signal(signal.SIGALRM, before)
    for pid in (tmp_path / "started").read_text().split():
        gone(int(pid))


def test_a_second_signal_leaves_nothing_behind(tmp_path: Path) -> None:
    """A command that ignores Ctrl-C has some time to end, which the second one takes from it, and the others are ended too."""

    def leave(_number: int, _frame: object) -> None:
        raise SystemExit

    processes, commands = Processes(), []
    for name in "ab":
        code = f"trap '' INT; echo $$ >{name}.new; mv {name}.new {name}; while :; do sleep 1; done"
        commands.append(Command(("/bin/sh", "-c", code), tmp_path, {"PATH": os.environ["PATH"]}))
    threads = [threading.Thread(target=_run_until_killed, args=(processes, command)) for command in commands]
    for thread in threads:
        thread.start()
    while not all((tmp_path / name).exists() for name in "ab"):
        time.sleep(0.01)
    before = signal.signal(signal.SIGALRM, leave)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(SystemExit):
            processes.stop()
    finally:
        signal.signal(signal.SIGALRM, before)
    for thread in threads:
        thread.join(10)
    for name in "ab":
        gone(int((tmp_path / name).read_text()))


def _run_until_killed(processes: Processes, command: Command) -> None:
    with pytest.raises(BuildError):
        processes.run(command)


@pytest.mark.skipif(sys.platform != "linux", reason="no other system tells whose a process is")
def test_what_a_run_has_left_is_ended_and_nothing_else() -> None:
    """By the run's name in their environment, with what they started, also while they are stopped; others go on."""
    code = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); time.sleep(60)"
    ours, others = (
        subprocess.Popen([sys.executable, "-c", code], env={VARIABLE: run}, start_new_session=True) for run in "ab"
    )
    try:
        while len(_members(ours.pid)) < 2 or len(_members(others.pid)) < 2:
            time.sleep(0.01)
        os.killpg(ours.pid, signal.SIGSTOP)
        end_commands_of({"a"})
        assert ours.wait(10) == -signal.SIGKILL
        assert _members(ours.pid) == []
        assert len(_members(others.pid)) == 2
    finally:
        os.killpg(others.pid, signal.SIGKILL)
        others.wait()


def _members(group: int) -> list[str]:
    """
    The processes of a group that run.
    """
    stats = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            stats.append(stat.read_text().rpartition(")")[2].split())
    return [state for state, _, its, *_ in stats if int(its) == group and state != "Z"]
