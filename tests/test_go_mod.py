"""
go.mod files are read as Go reads them, and brought together without loss.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_tasks.errors import PolicyError
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.build_lock import locked_build_directory
from policy_tasks.toolchain.go_command import Go, find_go
from policy_tasks.toolchain.go_mod import GoMod, go_version_key, local_version, merge_sums, parse_go_mods, version_key
from policy_tasks.toolchain.process import Processes

LINES = st.lists(st.from_regex(rb"[a-z]{1,3} v[0-9] h1:[a-z]=", fullmatch=True))


@given(st.lists(LINES), st.sampled_from([b"\n", b"\r\n"]))
def test_merged_sums_hold_every_line_once_and_sorted(files: list[list[bytes]], end: bytes) -> None:
    """One go.sum of several has the lines of all of them, whatever their order and line ends."""
    merged = merge_sums(end.join(lines) for lines in files)
    assert merged.splitlines() == sorted({line for lines in files for line in lines})
    assert merge_sums([merged]) == merged
    assert merged == b"" or merged.endswith(b"\n")


ORDER = ("1", "1.9", "1.20", "1.21beta1", "1.21rc1", "1.21rc2", "1.21", "1.21.1", "1.21.10", "1.22rc1", "1.22.0", "2.0")


def test_go_versions_in_order() -> None:
    """Numbers count as numbers, and what comes before a release is before it."""
    assert sorted(set(ORDER), key=go_version_key) == list(ORDER)
    for earlier, later in itertools.pairwise(ORDER):
        assert go_version_key(earlier) < go_version_key(later)


@given(st.text())
def test_a_version_that_is_none_is_older_than_all(text: str) -> None:
    """A go line is parsed by Go before: whatever else comes here does not stop the build."""
    assert go_version_key(text) >= (0,)


def test_a_version_for_a_local_module_has_the_major_of_its_path() -> None:
    """Go demands that they agree; gopkg.in writes it in its own way."""
    assert local_version("example.com/a").startswith("v0.0.0-")
    assert local_version("example.com/a/v2").startswith("v2.0.0-")
    assert local_version("example.com/a/v13").startswith("v13.0.0-")
    assert local_version("example.com/v2/a").startswith("v0.0.0-")
    assert local_version("gopkg.in/a.v3").startswith("v3.0.0-")
    assert local_version("example.com/a.v3").startswith("v0.0.0-")


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[BuildDirectory]:
    """A build directory that the test holds."""
    with locked_build_directory(tmp_path / "build") as held:
        yield held


@pytest.fixture
def go(directory: BuildDirectory) -> Go:
    """The go command."""
    return find_go("", directory.state, Processes())


def parsed(text: str, go: Go, directory: BuildDirectory) -> GoMod:
    """
    The go.mod with this text.
    """
    return parse_go_mods({Path("/x"): text.encode()}, go, directory)[Path("/x")]


@pytest.mark.needs("go")
def test_a_go_mod_is_read_as_go_reads_it(go: Go, directory: BuildDirectory) -> None:
    """Quoted paths, blocks, comments, CRLF, replaces with and without versions, excludes, ignores."""
    text = """// c
module "example.com/a" // d
go 1.25
require (
    x.y/z v1.0.0 // indirect
)
replace (
    x.y/z v1.0.0 => ../z
    x.y/y => x.y/fork v1.2.3
    "x.y/q" => "./with space"
)
exclude x.y/z v1.1.0
ignore ./node_modules
"""
    found = parsed(text, go, directory)
    assert parsed(text.replace("\n", "\r\n"), go, directory) == found
    assert (found.path, found.go) == ("example.com/a", "1.25")
    assert [(each.old, each.new, each.is_folder) for each in found.replaces] == [
        ("x.y/z@v1.0.0", "../z", True),
        ("x.y/y", "x.y/fork@v1.2.3", False),
        ("x.y/q", "./with space", True),
    ]
    assert found.excludes == ("x.y/z@v1.1.0",)
    assert found.ignores == ("./node_modules",)


@pytest.mark.needs("go")
def test_all_that_is_broken_is_told_at_once(go: Go, directory: BuildDirectory) -> None:
    """Every go.mod that does not parse is a problem with its own file, and its line where Go says one."""
    texts = {"a": b"modul x\n", "b": b"module x\n", "c": b"\n\nrequire x\n", "d": b"", "e": b"module x\n\x00\n"}
    texts["f"] = b"\xef\xbb\xbfmodule x\n"
    with pytest.raises(PolicyError) as caught:
        parse_go_mods({Path("/x", name): text for name, text in texts.items()}, go, directory)
    where = [problem.where for problem in caught.value.problems]
    assert where == ["/x/a/go.mod:1", "/x/c/go.mod:3", "/x/d/go.mod", "/x/e/go.mod:2", "/x/f/go.mod:1"]
    assert ["byte order mark" in problem.fix for problem in caught.value.problems] == [False] * 4 + [True]


@pytest.mark.needs("go")
def test_what_was_parsed_is_not_parsed_again(go: Go, directory: BuildDirectory) -> None:
    """The same text is known by its contents in the next run, which starts no process for it."""
    first = parsed("module x.y/a\n", go, directory)
    nobody = Go(path=Path("/nonexistent/go"), version=go.version, environment={}, processes=go.processes)
    assert parsed("module x.y/a\n", nobody, directory) == first


VERSIONS = ("v0.0.0-20200101000000-abcdefabcdef", "v0.9.0", "v1.2.0-alpha", "v1.2.0-alpha.1", "v1.2.0-alpha.beta",
            "v1.2.0-beta", "v1.2.0-rc.2", "v1.2.0-rc.10", "v1.2.0", "v1.10.0", "v2.0.0+incompatible", "v10.0.0")  # fmt: skip


def test_versions_in_order() -> None:
    """As https://semver.org has it: numbers as numbers, what comes before a release before it."""
    assert sorted(set(VERSIONS), key=version_key) == list(VERSIONS)


@given(st.text(), st.text())
def test_any_two_versions_can_be_compared(one: str, other: str) -> None:
    """Whatever a go.mod or a setting calls a version."""
    assert (version_key(one) < version_key(other)) in (True, False)
