"""
What `import policy_tasks` offers.
"""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys

import policy_tasks
from policy_tasks.settings_sources import SECTIONS


def test_every_public_name_is_there_for_type_checkers_too() -> None:
    """Each name is found when it is asked for, and is one of those that are imported for type checkers."""
    for name in policy_tasks.__all__:
        assert getattr(policy_tasks, name).__name__
    imports = (
        node for node in ast.walk(ast.parse(inspect.getsource(policy_tasks))) if isinstance(node, ast.ImportFrom)
    )
    seen = [alias.asname for node in imports if (node.module or "").startswith("policy_tasks.") for alias in node.names]
    assert sorted(map(str, seen)) == sorted(policy_tasks.__all__)


def test_settings_can_be_made_of_public_sections() -> None:
    """Whatever `Settings` is made of can be imported from policy_tasks."""
    for section, kind in SECTIONS.items():
        public = getattr(policy_tasks, kind.__name__)
        assert public() == getattr(policy_tasks.Settings(), section)
    settings = policy_tasks.Settings(image=policy_tasks.ImageSettings(repo="engine"))
    assert settings.image.repo == "engine"


def test_importing_the_package_imports_none_of_its_modules() -> None:
    """`import policy_tasks` alone costs next to nothing: everything else is imported when it is used."""
    code = "import sys, policy_tasks; print([name for name in sys.modules if name.startswith('policy_tasks.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
