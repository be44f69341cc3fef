"""
What a core of the user's has in the places of outputs: left out, or an error where Go would need it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_tasks import CoreSettings, Settings
from policy_tasks.errors import SettingsError
from policy_tasks.toolchain.core import read_core

MAIN = "package main\n\nfunc main() {}\n"


def _core(root: Path, files: dict[str, str]) -> Settings:
    for name, text in {"go.mod": "module example.com/app\n", "main.go": MAIN, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Settings(root=root, core=CoreSettings(main=root, interface="example.com/app/plugin.Plugin"))


def test_what_no_build_needs_is_left_out(tmp_path: Path) -> None:
    """A program that somebody compiled, the Dockerfile of a repository: ours take their places."""
    files = {
        "bin/app": "",
        "image/logo.png": "",
        "Dockerfile": "",
        "manifest.json": "",
        "bin/a_test.go": "package bin\n",
        "web/image/a.go": "package image\n",
        "main_test.go": 'package main\n\nimport _ "embed"\n\n//go:embed bin/app\nvar app []byte\n',
    }
    core = read_core(_core(tmp_path, files))
    assert set(core.files) == {"go.mod", "main.go", "main_test.go", "web/image/a.go"}


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("bin/main.go", ""),
        ("image/image.go", ""),
        ("image/logo.png", "image"),
        ("image/logo.png", "web all:image/*.png"),
        ("image/logo.png", "`image`"),
        ("manifest.json", '"manifest.json"'),
        ("manifest.json", "*.json"),
        ("Dockerfile", "Dockerfile"),
    ],
)
def test_what_go_would_need_is_an_error(name: str, pattern: str, tmp_path: Path) -> None:
    """It would be dropped in silence, or be another file."""
    embed = f"package main\n\n//go:embed {pattern}\nvar files embed.FS\n" if pattern else "package main\n"
    with pytest.raises(SettingsError, match="has the name of what is made of it") as caught:
        read_core(_core(tmp_path, {name: "package image\n", "embed.go": embed}))
    assert str(tmp_path / name) in caught.value.why
