"""
What is read of a policy folder: the modules and files that Go would take, each as it was when it was opened.
"""

from __future__ import annotations

import os
import threading
import venv
from pathlib import Path

import pytest

from policy_tasks.errors import PolicyError
from policy_tasks.toolchain.build_lock import locked_build_directory
from policy_tasks.toolchain.policy_folder import Reading, read_folder


def read(*folders: Path, files: int = 1000, size: int = 1_000_000, nested: bool = True) -> Reading:
    """
    Read the folders.
    """
    reading = Reading(files_left=files, bytes_left=size, nested=nested)
    for folder in folders:
        read_folder(folder, reading)
    return reading


def lay_out(folder: Path, *names: str) -> Path:
    """
    Write files that hold their own names.
    """
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def names(reading: Reading, folder: Path) -> set[str]:
    """
    The files of the module in this folder.
    """
    return set(reading.modules[folder].files)


def test_modules_at_any_depth(tmp_path: Path) -> None:
    """A go.mod begins a module, also within another, to which its files then do not belong."""
    lay_out(tmp_path, "a/go.mod", "a/a.go", "a/x/y.txt", "a/b/go.mod", "a/b/b.go", "c/d/go.mod", "e/e.go", "f.txt")
    found = read(tmp_path)
    assert set(found.modules) == {tmp_path / "a", tmp_path / "a" / "b", tmp_path / "c" / "d"}
    assert names(found, tmp_path / "a") == {"go.mod", "a.go", "x/y.txt"}
    assert names(found, tmp_path / "a" / "b") == {"go.mod", "b.go"}
    assert found.modules[tmp_path / "a"].files["x/y.txt"] == b"a/x/y.txt"
    assert found.without_module == [tmp_path / "e" / "e.go"]
    assert not found.problems


def test_a_helper_is_one_module(tmp_path: Path) -> None:
    """What a replace leads to is read without the modules in it."""
    lay_out(tmp_path, "go.mod", "a.go", "b/go.mod", "b/b.go", "c/c.go")
    found = read(tmp_path, nested=False)
    assert set(found.modules) == {tmp_path}
    assert names(found, tmp_path) == {"go.mod", "a.go", "c/c.go"}


def test_folders_that_overlap_are_read_once(tmp_path: Path) -> None:
    """In whichever order they are named."""
    lay_out(tmp_path, "a/go.mod", "a/b/go.mod", "c/go.mod")
    both = {tmp_path / "a", tmp_path / "a" / "b", tmp_path / "c"}
    assert set(read(tmp_path, tmp_path / "a").modules) == both
    assert set(read(tmp_path / "a", tmp_path).modules) == both
    assert read(tmp_path / "a", tmp_path, tmp_path).files_left == 1000 - 3


def test_what_go_ignores_is_no_module(tmp_path: Path) -> None:
    """Modules in testdata, in _x and in .x count for nobody; other files there belong to the module around, to be embedded."""
    lay_out(
        tmp_path, *(f"a/{name}/{file}" for name in ("testdata", "_x", ".x") for file in ("data", "m/go.mod", "m/m.go"))
    )
    lay_out(tmp_path, "a/go.mod", "_x/go.mod", "testdata/go.mod", ".x/go.mod")
    found = read(tmp_path)
    assert set(found.modules) == {tmp_path / "a"}
    assert names(found, tmp_path / "a") == {"go.mod", "testdata/data", "_x/data", ".x/data"}


def test_what_would_decide_for_go_is_left_out(tmp_path: Path) -> None:
    """Workspaces, vendored modules and version control are not read, nor is a build directory of ours; what is embedded is."""
    left_out = ("go.work", "go.work.sum", "vendor/modules.txt", ".git/config", ".hg/hgrc")
    lay_out(tmp_path, "go.mod", "a.go", "static/vendor/x.js", *left_out)
    with locked_build_directory(tmp_path / "build" / "policy-engine") as directory:
        directory.write("policies/a/go.mod", b"module x\n")
    found = read(tmp_path)
    assert set(found.modules) == {tmp_path}
    assert names(found, tmp_path) == {"go.mod", "a.go", "static/vendor/x.js"}


def test_a_virtual_environment_is_left_out(tmp_path: Path) -> None:
    """By whichever name, beside modules and in one. A module in an environment's own folder is one, and a template is a file."""
    lay_out(tmp_path, "a/go.mod", "a/a.go", "a/template/pyvenv.cfg", "b/go.mod", "b/pyvenv.cfg", "b/bin/x")
    for name in ("a/.venv", "a/env", "env"):
        venv.create(tmp_path / name)
    lay_out(tmp_path, "env/lib/x/go.mod")
    found = read(tmp_path)
    assert not found.problems
    assert set(found.modules) == {tmp_path / "a", tmp_path / "b"}
    assert names(found, tmp_path / "a") == {"go.mod", "a.go", "template/pyvenv.cfg"}
    assert names(found, tmp_path / "b") == {"go.mod", "pyvenv.cfg", "bin/x"}


def test_what_a_run_writes_is_left_out(tmp_path: Path) -> None:
    """At its own place alone, half written too; never a folder, nor a go.mod, without which there would be no module."""
    lay_out(
        tmp_path,
        "go.mod",
        "a.go",
        "x/report.json",
        "report.json",
        ".report.json.12.partial",
        ".other.12.partial",
        "d/x",
    )
    written = frozenset(str(tmp_path / name) for name in ("report.json", "go.mod", "none", "d"))
    reading = Reading(files_left=10, bytes_left=1000, written=written)
    read_folder(tmp_path, reading)
    assert names(reading, tmp_path) == {"go.mod", "a.go", "x/report.json", ".other.12.partial", "d/x"}


def test_limits_hold_before_reading(tmp_path: Path) -> None:
    """The file that is one too many is named, and so is the one that is too large, without its being read."""
    lay_out(tmp_path, "go.mod", "a", "b")
    assert len(read(tmp_path, files=3, size=8).modules) == 1
    with pytest.raises(PolicyError, match="max_files") as caught:
        read(tmp_path, files=2)
    assert caught.value.where == str(tmp_path / "go.mod")
    with (tmp_path / "a").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(PolicyError, match="max_bytes") as caught:
        read(tmp_path)
    assert caught.value.where == str(tmp_path / "a")


def test_all_problems_at_once(tmp_path: Path) -> None:
    """Every file that cannot be taken is told, and the folder that cannot be opened."""
    lay_out(tmp_path, "a/go.mod", "a/back\\slash", "b/go.mod")
    (tmp_path / "a" / "link").symlink_to("go.mod")
    os.mkfifo(tmp_path / "b" / "fifo")
    found = read(tmp_path, tmp_path / "none")
    assert [problem.where for problem in found.problems] == [
        str(tmp_path / "a"),
        str(tmp_path / "a" / "link"),
        str(tmp_path / "b" / "fifo"),
        str(tmp_path / "none"),
    ]


def test_links_outside_of_modules(tmp_path: Path) -> None:
    """A link to a text beside the modules does no harm; one to a folder or a source would be missed in silence."""
    lay_out(tmp_path / "real", "README", "x.go")
    folder = lay_out(tmp_path / "policies", "a/go.mod")
    (folder / "README").symlink_to(tmp_path / "real" / "README")
    assert not read(folder).problems
    for name, target in (("b", tmp_path / "real"), ("c", tmp_path / "none"), ("d.go", tmp_path / "real" / "x.go")):
        (folder / name).symlink_to(target)
    assert [problem.where for problem in read(folder).problems] == [str(folder / name) for name in ("b", "c", "d.go")]


def test_a_file_swapped_for_a_link_is_not_read_through_it(tmp_path: Path) -> None:
    """While a file turns into a link and back, as fast as can be, what is read is never what the link leads to."""
    lay_out(tmp_path, "a/go.mod", "a/x")
    (tmp_path / "secret").write_text("secret")
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            (tmp_path / "link").symlink_to(tmp_path / "secret")
            os.replace(tmp_path / "link", tmp_path / "a" / "x")
            (tmp_path / "file").write_text("a/x")
            os.replace(tmp_path / "file", tmp_path / "a" / "x")

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        for _ in range(300):
            found = read(tmp_path / "a")
            data = found.modules[tmp_path / "a"].files.get("x")
            assert data == b"a/x" or found.problems
    finally:
        done.set()
        swapper.join()


def test_a_folder_swapped_for_a_link_is_not_entered(tmp_path: Path) -> None:
    """The same for a folder."""
    lay_out(tmp_path, "a/go.mod", "a/x/own")
    lay_out(tmp_path / "elsewhere", "secret")
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            os.rename(tmp_path / "a" / "x", tmp_path / "aside")
            (tmp_path / "a" / "x").symlink_to(tmp_path / "elsewhere")
            (tmp_path / "a" / "x").unlink()
            os.rename(tmp_path / "aside", tmp_path / "a" / "x")

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        for _ in range(300):
            assert names(read(tmp_path / "a"), tmp_path / "a") <= {"go.mod", "x/own"}
    finally:
        done.set()
        swapper.join()


def test_odd_names_are_names(tmp_path: Path) -> None:
    """A space that does not break, as macOS has it in the names of screenshots, and an emoji of several characters."""
    lay_out(tmp_path, "a/go.mod", "a/9.41.00\u202fAM.png", "a/\U0001f468\u200d\U0001f4bb.txt", "b\x1b.txt")
    found = read(tmp_path)
    assert len(found.modules[tmp_path / "a"].files) == 3
    assert not found.problems
