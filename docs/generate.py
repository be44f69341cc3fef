"""
Write docs/settings.md from policy_tasks/settings.py.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from policy_tasks.settings_sources import SECTIONS

HERE = Path(__file__).resolve().parent
HEADER = """\
# Settings

Generated from `policy_tasks/settings.py` by `python docs/generate.py`.

A setting stands in its section, `[tool.policy-tasks.image]` say, or, since no two sections share a key, in `[tool.policy-tasks]` itself.
The variable of `image.repo` is `POLICY_TASKS_IMAGE_REPO`, or without its section `POLICY_TASKS_REPO`. `POLICY_ENGINE_IMAGE_REPO` and
`POLICY_ENGINE_TAG` are other names of `image.repo` and `image.tag`; no other variable that begins with `POLICY_ENGINE_` is read here, not even
`POLICY_ENGINE_IMAGE_TAG`: those are the [engine's](engine.md). Several folders in a variable have the system's path separator between them. Relative paths count from the file that holds them, from the
current folder in variables and flags.

In Python each section is a class, and `policy_tasks.Settings` is made of them: `Settings(image=ImageSettings(repo="engine"))`. Whoever makes
them so vouches for the values; `load_settings(image={"repo": "engine"})` checks them, and reads the other sources.
"""


def settings_page() -> str:
    """
    The page, a table for each section.
    """
    parts = [HEADER]
    for section, kind in SECTIONS.items():
        parts.append(
            f"\n## {section}\n\n{(kind.__doc__ or '').strip()} In Python: `policy_tasks.{kind.__name__}`.\n\n| key | default | meaning |\n|---|---|---|\n"
        )
        parts += [f"| `{each.name}` | {_default(each.default)} | {each.metadata['help']} |\n" for each in fields(kind)]
    return "".join(parts)


def _default(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_default, value))
    return f"`{value}`" if value not in (None, "") else ""


if __name__ == "__main__":
    (HERE / "settings.md").write_text(settings_page(), encoding="utf-8")
