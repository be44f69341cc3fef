"""
The build directory: what is written is whole, what is not ours is not touched, and one run has it at a time.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_tasks.errors import OutputError, SettingsError
from policy_tasks.toolchain.build_directory import STATE
from policy_tasks.toolchain.build_lock import ANCHOR, MARK, is_build_directory, locked_build_directory
from policy_tasks.toolchain.output_file import save

NAMES = st.lists(st.sampled_from("ab"), min_size=1, max_size=4).map("/".join)
OURS = (STATE, ".gitignore", ".dockerignore")


@given(st.lists(st.tuples(NAMES, st.binary(max_size=3))))
def test_what_was_written_last_is_there(writes: list[tuple[str, bytes]]) -> None:
    """A file may come where a folder was, and a folder where a file was; `write` says whether it changed anything."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder, locked_build_directory(Path(folder, "build")) as directory:
        expected: dict[str, bytes] = {}
        for name, data in writes:
            assert directory.write(name, data) == (expected.get(name) != data)
            gone = [each for each in expected if _is_above(each, name) or _is_above(name, each)]
            for each in gone:
                del expected[each]
            expected[name] = data
            assert not directory.write(name, data)
        assert _files(directory.path) == expected


def _is_above(name: str, other: str) -> bool:
    return other.startswith(f"{name}/")


def _leaves(names: set[str]) -> set[str]:
    return {name for name in names if not any(_is_above(name, each) for each in names)}


def _files(folder: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: data for name, data in found.items() if PurePosixPath(name).parts[0] not in OURS}


@given(st.sets(NAMES), st.sets(NAMES), st.sets(NAMES))
def test_only_what_is_named_is_held(there: set[str], wanted: set[str], others: set[str]) -> None:
    """What is wanted is there, others stay as they are, all else goes with the folders that hold nothing else."""
    import tempfile

    there, wanted = _leaves(there), _leaves(wanted | others) - others
    with tempfile.TemporaryDirectory() as folder, locked_build_directory(Path(folder, "build")) as directory:
        for name in there:
            directory.write(name, b"x")
        directory.write("bin/linux-amd64/policy-engine", b"x")
        directory.sync(dict.fromkeys(wanted, b"y"), others)
        kept = {name for name in there & others if not any(_is_above(name, each) for each in wanted)}
        expected = dict.fromkeys(kept, b"x") | dict.fromkeys(wanted, b"y")
        assert _files(directory.path) == {**expected, "bin/linux-amd64/policy-engine": b"x"}


def test_an_unchanged_file_is_not_touched(tmp_path: Path) -> None:
    """Its time and its inode stay, so that neither Go nor a watcher sees a change; it is as readable as any other."""
    with locked_build_directory(tmp_path) as directory:
        assert directory.write("a/b", b"x")
        before = (tmp_path / "a" / "b").stat()
        assert not directory.write("a/b", b"x")
        after = (tmp_path / "a" / "b").stat()
        assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
        assert after.st_mode & 0o777 == 0o644


@pytest.mark.parametrize("place", ["a", "a/b", "a/b/c"])
def test_nothing_is_written_through_a_link(place: str, tmp_path: Path) -> None:
    """A link in the place of a file or of a folder above it is replaced; what it leads to stays."""
    victim = tmp_path / "victim"
    (victim / "b").mkdir(parents=True)
    for name in ("b/c", "c"):
        (victim / name).write_text("mine")
    with locked_build_directory(tmp_path / "build") as directory:
        (tmp_path / "build" / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "build" / place).symlink_to(victim / "c" if place.endswith("c") else victim)
        directory.write("a/b/c", b"ours")
        assert (tmp_path / "build" / "a" / "b" / "c").read_bytes() == b"ours"
        assert not (tmp_path / "build" / place).is_symlink()
        (tmp_path / "build" / "x").symlink_to(victim)
        directory.sync({"a/b/c": b"ours"}, {"x/c"})
        assert not os.path.lexists(tmp_path / "build" / "x")
    assert [(victim / name).read_text() for name in ("b/c", "c")] == ["mine", "mine"]


def test_a_link_with_the_right_contents_is_replaced_all_the_same(tmp_path: Path) -> None:
    """What Go reads next must not be what somebody else may change."""
    (tmp_path / "victim").write_bytes(b"x")
    with locked_build_directory(tmp_path / "build") as directory:
        (directory.path / "a").symlink_to(tmp_path / "victim")
        assert directory.write("a", b"x")
        assert not (directory.path / "a").is_symlink()


def test_a_folder_of_the_users_is_refused(tmp_path: Path) -> None:
    """What holds files, and no mark of ours, is no build directory."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SettingsError) as caught, locked_build_directory(tmp_path):
        pass
    assert caught.value.where == str(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_an_empty_folder_and_a_missing_one_are_taken(tmp_path: Path) -> None:
    """Both become build directories, that git and discovery leave out."""
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "missing" / "below"):
        with locked_build_directory(path):
            assert is_build_directory(path)
            assert (path / ".gitignore").read_text() == "*\n"
    assert not is_build_directory(tmp_path)


def test_a_copy_is_made_anew(tmp_path: Path) -> None:
    """A build directory that was copied, or came with a repository, carries another folder's mark."""
    with locked_build_directory(tmp_path / "first") as directory:
        directory.sync({"main.go": b"x", "inside/a.go": b"x"}, {"manifest.json"})
        directory.write("manifest.json", b"{}")
        directory.remember("known", [1])
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    with locked_build_directory(tmp_path / "second") as directory:
        assert directory.recall("known") is None
        assert not (directory.path / "main.go").exists()
    with locked_build_directory(tmp_path / "first") as directory:
        assert directory.recall("known") == [1]
        assert (directory.path / "main.go").exists()


def test_what_people_keep_beside_the_outputs_stays(tmp_path: Path) -> None:
    """Where it is made anew, as after `chmod -R`, only the binaries go, which Go would build onto; archives are nobody's input."""
    kept = ("bin/notes", "bin/linux-amd64/notes", "image/release-1.0.tar", "image/policy-engine.tar")
    with locked_build_directory(tmp_path) as directory:
        for name in (*kept, "bin/linux-amd64/policy-engine", "main.go"):
            directory.write(name, b"x")
        directory.sync({"main.go": b"x"}, set())
        directory.remember("known", [1])
    (tmp_path / ANCHOR).chmod(0o660)
    with locked_build_directory(tmp_path) as directory:
        assert directory.recall("known") is None
        assert not (tmp_path / "bin/linux-amd64/policy-engine").exists()
        assert not (tmp_path / "main.go").exists()
        assert [name for name in kept if not (tmp_path / name).exists()] == []


def test_nothing_is_removed_behind_a_link_among_the_outputs(tmp_path: Path) -> None:
    """A link in the place of a platform's folder goes, since Go would build onto what it leads to; that stays."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "policy-engine").write_text("mine")
    with locked_build_directory(tmp_path / "build") as directory:
        directory.write("bin/linux-arm64/policy-engine.service", b"mine")
    (tmp_path / "build/bin/linux-amd64").symlink_to(other)
    (tmp_path / "build" / ANCHOR).chmod(0o660)
    with locked_build_directory(tmp_path / "build"):
        pass
    assert (other / "policy-engine").read_text() == "mine"
    assert not os.path.lexists(tmp_path / "build/bin/linux-amd64")
    assert (tmp_path / "build/bin/linux-arm64/policy-engine.service").exists()


def test_a_link_for_the_state_is_not_followed(tmp_path: Path) -> None:
    """Even where it leads to a folder with the right mark."""
    build, other = tmp_path / "build", tmp_path / "other"
    build.mkdir()
    other.mkdir()
    (other / Path(MARK).name).write_text(str(build.stat().st_ino))
    (build / STATE).symlink_to(other)
    with pytest.raises(SettingsError, match="not ours"), locked_build_directory(build):
        pass
    assert (build / STATE).is_symlink()
    assert [path.name for path in other.iterdir()] == [Path(MARK).name]


def test_a_making_that_was_cut_off_is_done_again(tmp_path: Path) -> None:
    """Without a mark in it, or with half of one, and nothing else, the folder is still known to be ours."""
    for state in ("", "12"):
        shutil.rmtree(tmp_path / "build", ignore_errors=True)
        (tmp_path / "build" / STATE).mkdir(parents=True)
        if state:
            (tmp_path / "build" / MARK).write_text(state)
        with locked_build_directory(tmp_path / "build") as directory:
            assert directory.write("main.go", b"whole")


@pytest.mark.parametrize("place", ["notes.txt", "mine/notes.txt", ".git/config"])
def test_a_file_of_the_users_in_a_copy_stays(place: str, tmp_path: Path) -> None:
    """What no run has put there is somebody's: the error names it, and all is as it was."""
    with locked_build_directory(tmp_path / "first") as directory:
        directory.sync({"main.go": b"x"}, set())
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    (tmp_path / "second" / STATE / "entries.json").write_text('[".git", "main.go"]')
    mine = tmp_path / "second" / place
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    with pytest.raises(SettingsError, match="not ours") as caught, locked_build_directory(tmp_path / "second"):
        pass
    assert place.partition("/")[0] in caught.value.why
    assert mine.read_text() == "mine"
    assert (tmp_path / "second" / "main.go").exists()


def test_what_is_no_file_is_not_ours(tmp_path: Path) -> None:
    """A folder in the place of a file of ours was not left by a making that was cut off."""
    (tmp_path / ANCHOR / "mine").mkdir(parents=True)
    with pytest.raises(SettingsError, match="not ours"), locked_build_directory(tmp_path):
        pass
    assert (tmp_path / ANCHOR / "mine").is_dir()


@pytest.mark.parametrize("name", [f"{STATE}/notes.txt", MARK, f"{STATE}/entries.json"])
def test_a_folder_that_is_named_as_our_state_is_not_ours(name: str, tmp_path: Path) -> None:
    """Nor is a file of that name."""
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text('["notes.txt"]')
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "file").mkdir()
    (tmp_path / "file" / STATE).write_text("mine")
    for folder in (tmp_path, tmp_path / "file"):
        with pytest.raises(SettingsError, match="not ours"), locked_build_directory(folder):
            pass
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "file" / STATE).read_text() == "mine"
    assert (tmp_path / name).exists()


def test_a_fifo_in_the_place_of_a_file_of_ours_keeps_nobody_waiting(tmp_path: Path) -> None:
    """The mark's, the memory's, and any that is written."""
    (tmp_path / "other" / STATE).mkdir(parents=True)
    os.mkfifo(tmp_path / "other" / MARK)
    assert not is_build_directory(tmp_path / "other")
    with locked_build_directory(tmp_path / "build") as directory:
        for name in ("some.json", "a"):
            os.mkfifo(directory.state / name)
        assert directory.recall("some") is None
        assert directory.write(f"{STATE}/a", b"x")


def test_what_cannot_be_read_was_never_remembered(tmp_path: Path) -> None:
    """A memory that is missing or broken costs a rebuild and nothing more."""
    with locked_build_directory(tmp_path) as directory:
        assert directory.recall("none") is None
        directory.remember("some", {"a": [1]})
        assert directory.recall("some") == {"a": [1]}
        for broken in (b"", b"{", b"\xff", b"[" * 100_000):
            (directory.state / "some.json").write_bytes(broken)
            assert directory.recall("some") is None


def test_the_second_waits_for_the_first(tmp_path: Path) -> None:
    """Two runs have the build directory one after the other."""
    order = []

    def second() -> None:
        with locked_build_directory(tmp_path):
            order.append("second")

    with locked_build_directory(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_folder_that_is_removed_meanwhile_is_locked_anew(tmp_path: Path) -> None:
    """Who has waited for the lock of a folder that is gone by then does not run beside who has the new one."""
    build, order = tmp_path / "build", []

    def run(name: str) -> None:
        with locked_build_directory(build) as directory:
            order.append(name)
            time.sleep(0.3)
            assert directory.temporary.is_dir()
            order.append(name)

    threads = [threading.Thread(target=run, args=(name,)) for name in ("second", "third")]
    with locked_build_directory(build):
        threads[0].start()
        time.sleep(0.2)  # it waits now
        shutil.rmtree(build)
        threads[1].start()
        time.sleep(0.1)
    for thread in threads:
        thread.join()
    assert order in (["second"] * 2 + ["third"] * 2, ["third"] * 2 + ["second"] * 2)


def test_runs_do_not_share_temporary_files(tmp_path: Path) -> None:
    """A go command that outlives a killed run writes to a folder that is no longer there; nothing of it is left."""
    with locked_build_directory(tmp_path) as directory:
        first = directory.temporary
        left = directory.temporary_file(b"x")
        os.link(left, directory.state / "killed")  # as if the run had ended here
    with locked_build_directory(tmp_path) as directory:
        assert directory.temporary != first
        assert not first.exists()
    assert not (tmp_path / STATE / "tmp").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_is_interrupted_leaves_nothing(
    error: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal while an archive is copied: the file that it was to replace stays, without half a one beside it."""

    def interrupted(_read: BinaryIO, write: BinaryIO) -> None:
        write.write(b"half")
        raise error

    (tmp_path / "a.tar").write_bytes(b"old")
    with locked_build_directory(tmp_path / "build") as directory:
        source = directory.temporary_file(b"new")
        monkeypatch.setattr(shutil, "copyfileobj", interrupted)
        with pytest.raises(error):
            save(source, tmp_path / "a.tar")
    assert (tmp_path / "a.tar").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar", "build"]


def test_an_archive_is_saved_in_one_step(tmp_path: Path) -> None:
    """It replaces what was there, through no link, and leaves nothing beside it, not even when it fails."""
    with locked_build_directory(tmp_path / "build") as directory:
        target = tmp_path / "out" / "a.tar"
        with pytest.raises(OutputError) as caught:
            save(directory.temporary_file(b"new"), target)
        assert caught.value.where == str(target)
        target.parent.mkdir()
        target.write_bytes(b"old")
        save(directory.temporary_file(b"new"), target)
        assert target.read_bytes() == b"new"
        with pytest.raises(OutputError):
            save(directory.temporary_file(b"new"), target.parent)
        victim = tmp_path / "victim"
        victim.write_bytes(b"mine")
        target.unlink()
        target.symlink_to(victim)
        save(directory.temporary_file(b"newer"), target)
        os.mkfifo(tmp_path / "fifo")
        (tmp_path / "link").symlink_to("fifo")
        (tmp_path / "stdout").symlink_to("/proc/self/fd/1")
        for name in ("fifo", "link", "stdout"):
            with pytest.raises(OutputError, match="cannot be written"):
                save(directory.temporary_file(b"new"), tmp_path / name)
        with pytest.raises(OutputError):
            save(directory.temporary_file(b"new"), Path("/"))
    assert (tmp_path / "fifo").is_fifo()
    assert (tmp_path / "link").is_fifo()
    assert os.readlink(tmp_path / "stdout") == "/proc/self/fd/1"
    assert victim.read_bytes() == b"mine"
    assert target.read_bytes() == b"newer"
    assert [path.name for path in target.parent.iterdir()] == ["a.tar"]
