"""
What is wrong with dependencies, told with the file or the setting that causes it.
"""

from __future__ import annotations

import pytest

from tests.end_to_end.module_project import Project

pytestmark = pytest.mark.needs("go")

CORE = {"main": "app", "interface": "example.com/app/plugin.Plugin"}


@pytest.mark.parametrize("way", ["policy", "settings", "core", "helper of the core"])
def test_a_newer_go_of_a_folder_is_named_with_its_go_mod(way: str, project: Project) -> None:
    """A helper that a policy, the settings or the core replaces a module with, and the core itself, may ask for too new a Go."""
    mod = "require h.example/new v0.0.0\n\nreplace h.example/new => "
    project.policy("a", mod=f"{mod}../../new\n" if way == "policy" else "")
    project.write("new/go.mod", "module h.example/new\n\ngo 1.99\n")
    project.write(
        "app/go.mod",
        f"module example.com/app\n\ngo {'1.99' if way == 'core' else '1.21'}\n\n"
        f"{mod if way == 'helper of the core' else 'replace h.example/new => '}../new\n",
    )
    project.write("app/main.go", "package main\n\nfunc main() {}\n")
    error = project.refuse(
        **(CORE if "core" in way else {}),
        replaces={"h.example/new": "./new"} if way == "settings" else {},
    )
    named = "app" if way == "core" else "new"
    assert (error.exit_code, error.where) == (3, str(project.root / named / "go.mod"))
    assert "it asks for go 1.99" in error.why
    assert "install Go 1.99 or newer" in error.fix
