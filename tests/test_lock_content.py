"""
The lock is TOML, whatever folders are called.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_tasks.model import Module, Replace, StagedModule
from policy_tasks.toolchain.lock_content import as_text, content_of, differences, flat, parse

TEXTS = st.text(min_size=1)
MODULES = st.builds(Module, path=TEXTS, version=TEXTS, sum=st.none() | TEXTS, replaced_by=st.none() | TEXTS)


def content(*modules: Module, replaces: tuple[Replace, ...] = ()) -> dict[str, object]:
    """
    A whole lock.
    """
    return {"format": 1, "go": "1.26", "core": "sha256:0", **content_of(modules, replaces, Path("/root"))}


@given(st.lists(MODULES), st.lists(st.builds(Replace, old=TEXTS, new=TEXTS, origin=TEXTS)))
def test_what_is_written_is_read_again(modules: list[Module], replaces: list[Replace]) -> None:
    """Any text, with quotes, control characters or none of ASCII, comes back as it was."""
    written = content(*modules, replaces=tuple(replaces))
    read = tomllib.loads(as_text(written).encode().decode())
    assert read == {key: value for key, value in written.items() if value != []}
    assert list(differences(written, read)) == []


def test_folders_count_from_the_settings() -> None:
    """A folder is written as seen from the lock, also one that is not UTF-8; what is none stays."""
    staged = StagedModule(
        path="a", directory=Path(os.fsdecode(b"/elsewhere/\xff")), staged="x", digest="d", requires=(), helper=False
    )
    written = content(
        staged, replaces=(Replace(old="b", new="/root/b", origin=""), Replace(old="c", new="d@v1", origin=""))
    )
    assert flat(tomllib.loads(as_text(written))) == {
        "Go": "1.26",
        "the core": "sha256:0",
        "policy a": "../elsewhere/? d",
        "replace b": "b",
        "replace c": "d@v1",
    }


@given(MODULES, MODULES)
def test_a_difference_names_the_module(one: Module, other: Module) -> None:
    """Two locks differ in just the modules that do."""
    told = list(differences(content(one), content(other)))
    same = (one.path, one.version, one.sum, one.replaced_by) == (
        other.path,
        other.version,
        other.sum,
        other.replaced_by,
    )
    assert bool(told) != same or flat(content(one)) == flat(content(other))
    assert all(f"module {one.path}" in line or f"module {other.path}" in line for line in told)


def test_a_digest_is_not_told() -> None:
    """Files that have changed, or are new, are told in words."""
    old, new = (
        StagedModule(
            path="a", directory=Path("/root/a"), staged="x", digest=f"sha256:{digit * 64}", requires=(), helper=False
        )
        for digit in "12"
    )
    assert list(differences(content(old), content(new))) == ["policy a: its files have changed"]
    assert list(differences(content(), content(new))) == ["policy a: not in the lock, a now"]


@pytest.mark.parametrize("text", [f"a = {'[' * 100_000}", f"a = {'{a=' * 100_000}"])
def test_what_is_too_deep_is_no_lock(text: str) -> None:
    """The error says so: Python's parser goes no deeper."""
    with pytest.raises(ValueError, match="too deep"):
        parse(text.encode())


@pytest.mark.parametrize("text", ["go = 1979-05-27\ncore = ''", "go = ''\ncore = 5", "go = {}\ncore = ''"])
def test_what_is_no_text_is_no_lock(text: str) -> None:
    """A date or a number has no place in a lock."""
    with pytest.raises(ValueError, match="is no text"):
        parse(f"format = 1\n{text}\n".encode())
