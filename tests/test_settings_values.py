"""
Values of settings: bounds of numbers, and what a path counts from.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from policy_tasks.errors import SettingsError
from policy_tasks.project import load_settings
from policy_tasks.settings import DiscoverSettings, Settings


def test_the_limits_of_a_reading_can_be_raised(tmp_path: Path) -> None:
    """To their defaults, and to all that a system can count."""
    default = DiscoverSettings().max_bytes
    settings = load_settings(tmp_path, max_bytes=default, max_files="3000000")
    assert (settings.discover.max_bytes, settings.discover.max_files) == (default, 3_000_000)
    assert load_settings(tmp_path, max_bytes=2**63 - 1).discover.max_bytes == 2**63 - 1


@pytest.mark.parametrize(
    ("key", "value"),
    [("timeout", 2_000_001), ("timeout", 0), ("max_bytes", 0), ("max_bytes", 2**63), ("max_files", "9" * 5000)],
)
def test_a_number_has_bounds(key: str, value: object, tmp_path: Path) -> None:
    """A timeout is one that a system can wait for."""
    with pytest.raises(SettingsError, match=rf"{key}' has a wrong value"):
        load_settings(tmp_path, **{key: value})


def test_a_home_is_expanded_in_every_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the shell does it, which does not see what a file says."""
    home = tmp_path / "home"
    (home / "limits@v1.0.0").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    places = {
        key: f"~/{key}" for key in ("go", "lock", "build_dir", "main", "output", "archive_dir", "report", "textfile")
    }
    settings = load_settings(
        tmp_path,
        **places,
        policies=["~/p", "~/limits@v1.0.0"],
        replaces={"example.com/a": "~/a", "example.com/b": "./~/b"},
    )
    assert settings.compile.go == str(home / "go")
    assert settings.folders == (home / "p", home / "limits@v1.0.0")
    assert settings.modules.replaces == (("example.com/a", str(home / "a")), ("example.com/b", str(tmp_path / "~/b")))
    found = (settings.generate, settings.modules, settings.core, settings.image, settings.metrics)
    for key in places.keys() - {"go"}:
        assert [getattr(each, key) for each in found if hasattr(each, key)] == [home / key]


@pytest.mark.parametrize("key", ["go", "policies", "lock", "replaces"])
def test_a_home_that_nobody_has_is_told(key: str, tmp_path: Path) -> None:
    """The user of that name is not there."""
    value: object = "~nobody-of-this-name/x"
    with pytest.raises(SettingsError, match="has a wrong value"):
        load_settings(tmp_path, **{key: {"example.com/a": value} if key == "replaces" else value})


@pytest.mark.parametrize("values", [{"root": "."}, {"discover": DiscoverSettings(policies=("policies",))}])  # type: ignore[arg-type]
def test_a_text_in_the_place_of_a_path_is_told(values: dict[str, Any]) -> None:
    """Settings that are made by hand would look for policies in no folder at all."""
    with pytest.raises(SettingsError, match="is a text, and no Path"):
        Settings(**values)


def test_a_path_in_full_has_no_parents(tmp_path: Path) -> None:
    """After a link they are those of the folder that it leads to; a link that no `..` follows stays in the path."""
    (tmp_path / "far" / "away").mkdir(parents=True)
    (tmp_path / "near").mkdir()
    (tmp_path / "near" / "link").symlink_to(tmp_path / "far" / "away")
    settings = Settings(root=tmp_path / "near")
    for given, full in (
        ("../b", "b"),
        ("x/../../b/c", "b/c"),
        ("link/../b", "far/b"),
        ("link/b", "near/link/b"),
        ("../near/link", "near/link"),
        ("link/..", "far"),
    ):
        assert settings.path(Path(given)) == tmp_path / full
    assert Settings(root=Path("..")).path(Path("b")) == Path.cwd().parent / "b"
