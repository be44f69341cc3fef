"""
One place that is to be there under two module paths: the line that is wrong is named.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from policy_tasks import compile, fetch
from policy_tasks.errors import PolicyTasksError
from tests.end_to_end.module_project import Project

pytestmark = pytest.mark.needs("go")

REPLACES = "replace x.example/a => {place}\nreplace x.example/b => {place}\n"


def both(project: Project, *, place: str = "../../x", mod: str = "") -> None:
    """A policy that imports x.example/a and x.example/b, which are both taken from this place."""
    project.write("x/go.mod", "module x.example/a\n\ngo 1.21\n")
    project.write("x/x.go", 'package x\n\nconst Version = "x"\n')
    project.policy("p", "x.example/a v0.0.0", "x.example/b v0.0.0", mod=mod or REPLACES.format(place=place))
    code = project.root / "policies/p/p.go"
    text = code.read_text().replace('"x.example/a"', 'a "x.example/a"\n\tb "x.example/b"')
    code.write_text(text.replace("return a.Version", "return a.Version + b.Version"))


@pytest.mark.parametrize("stage", [compile, fetch])
def test_a_folder_under_another_path_names_that_line(stage: Callable[..., Any], project: Project) -> None:
    """Of two replaces by one folder that is wrong which is not for the path that the folder's go.mod says."""
    both(project)
    with pytest.raises(PolicyTasksError) as caught:
        stage(project.settings())
    error = caught.value
    assert (error.exit_code, error.what) == (3, "x.example/a and x.example/b are taken from one place")
    assert error.where == f"{project.root}/policies/p/go.mod:8"
    assert error.why.startswith(f"both are {project.root}/x, which its go.mod calls x.example/a;")
    assert error.fix == "import x.example/a instead of x.example/b, or take x.example/b from a folder of its own"


def test_a_folder_that_is_neither_names_both_lines(project: Project) -> None:
    """Where the folder's own path is a third one, both replaces are named."""
    both(project)
    project.write("x/go.mod", "module x.example/c\n\ngo 1.21\n")
    error = project.refuse()
    assert error.where == f"{project.root}/policies/p/go.mod:7 and {project.root}/policies/p/go.mod:8"
    assert "import x.example/c instead of x.example/a and x.example/b" in error.fix


def test_a_fork_under_two_paths_names_both_lines(project: Project) -> None:
    """The same of one version of a module that two others are replaced by."""
    both(project, place="x.example/fork v1.5.0")
    error = project.refuse()
    assert error.where == f"{project.root}/policies/p/go.mod:7 and {project.root}/policies/p/go.mod:8"
    assert error.why.startswith("both are x.example/fork@v1.5.0;")


def test_a_policys_own_folder_is_not_another_module(project: Project) -> None:
    """A replace by the folder of a policy, under another path than the policy's, is the one that is wrong."""
    project.policy("q")
    both(project, mod="replace x.example/a => ../../x\nreplace x.example/b => ../q\n")
    error = project.refuse()
    assert (error.exit_code, error.where) == (3, f"{project.root}/policies/p/go.mod:8")
    assert "which its go.mod calls example.com/q" in error.why


def test_a_second_path_that_nobody_needs_does_no_harm(project: Project) -> None:
    """While a module gets another path both may be replaced: only one is imported, as Go takes it."""
    project.write("x/go.mod", "module x.example/a\n\ngo 1.21\n")
    project.write("x/x.go", 'package a\n\nconst Version = "x"\n')
    project.policy("p", "x.example/a v0.0.0", mod=REPLACES.format(place="../../x"))
    assert project.answers() == {"p": "x"}
