"""
What of go-core is taken into a generated module, and what asks for its programs to be compiled again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from policy_tasks import __version__
from policy_tasks.toolchain import go_core

FILES = {
    "go.mod": "module example.com/core",
    "main.go": "package main",
    "main_test.go": "package main",
    "server/page.html": "<html>",
    "server/testdata/case.json": "{}",
    "server/.page.html.swp": "x",
    "cmd/inspect/main.go": "package main",
    "cmd/inspect/main_test.go": "package main",
}


def test_core_has_the_version_of_the_package() -> None:
    """What the engine says of its version is the version that was installed."""
    assert f'const Version = "{__version__}"' in (go_core.directory() / "build" / "build.go").read_text()


@pytest.fixture
def core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A core with these files, in place of ours."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(go_core, "directory", lambda: tmp_path)
    _forget()
    yield tmp_path
    _forget()


def _forget() -> None:
    for cached in (go_core._files, go_core.engine_files, go_core.tools_digest):
        cached.cache_clear()


def test_all_but_tests_and_tools_is_taken(core: Path) -> None:
    """A generated module gets the sources and what they embed."""
    assert list(go_core.engine_files()) == ["go.mod", "main.go", "server/page.html"]


@pytest.mark.parametrize(
    ("name", "changes"), [("cmd/inspect/main.go", True), ("cmd/inspect/main_test.go", False), ("name/name.go", True)]
)
def test_a_changed_tool_asks_for_new_ones(core: Path, name: str, changes: bool) -> None:
    """The digest of the tools follows their sources, not their tests."""
    before = go_core.tools_digest()
    (core / name).parent.mkdir(exist_ok=True)
    (core / name).write_text("package main // changed")
    _forget()
    assert (go_core.tools_digest() != before) is changes
