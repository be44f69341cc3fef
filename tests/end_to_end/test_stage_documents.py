"""
What each stage says of the modules: as JSON, in documents that follow one schema, and as text.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.conftest import REGISTRY, REPOSITORY, run_console
from tests.end_to_end.module_project import Project

pytestmark = pytest.mark.needs("go")

SCHEMA = json.loads((REPOSITORY / "tests/schemas/documents.json").read_text())
STAGES = ("fetch", "discover", "generate", "compile", "image")
REPO = f"{REGISTRY}/policy-tasks-tests/documents"


@pytest.fixture
def decided(project: Project) -> Project:
    """A project with a replace by a folder, one by a fork, an exclude, a pin, a lock, and a version that is raised."""
    project.write(
        "pyproject.toml",
        "[tool.policy-tasks.image]\n"
        f'repo = "{REPO}"\nbase = "static"\nengine = "oci"\n\n'
        '[tool.policy-tasks.modules.pins]\n"x.example/lib/v2" = "v2.0.0"\n',
    )
    project.write("words/go.mod", "module x.example/words\n")
    project.write("words/words.go", 'package words\n\nconst Version = "words"\n')
    project.policy("a", "x.example/lib v1.0.0", mod="exclude x.example/lib v1.1.0\n")
    project.policy("b", "x.example/needs v1.0.0")
    project.policy("c", "x.example/lib/v2 v2.0.0", answer="lib.Version")
    project.policy("d", "x.example/words v0.0.0", mod="replace x.example/words => ../../words\n")
    project.policy(
        "e", "x.example/other v1.0.0", answer="lib.Version", mod="replace x.example/other => x.example/fork v1.5.0\n"
    )
    code = project.root / "policies/e/e.go"
    code.write_text(code.read_text().replace('"x.example/other"', 'lib "x.example/other"'))
    assert run_console("image", "--update", cwd=project.root).returncode == 0
    return project


def ask(project: Project, stage: str, *arguments: str) -> tuple[str, list[str]]:
    """
    What a stage prints, and its story.
    """
    done = run_console(stage, *arguments, cwd=project.root)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, done.stderr.splitlines()


def document_of(project: Project, stage: str) -> dict[str, Any]:
    """
    The stage's document, which follows the schema.
    """
    found: dict[str, Any] = json.loads(ask(project, stage, "--format", "json")[0])
    jsonschema.validate(found, {**SCHEMA, "$ref": f"#/$defs/{stage}"})
    return found


def made_of(found: dict[str, Any]) -> dict[str, Any]:
    """
    What all documents have.
    """
    return {key: found[key] for key in ("modules", "replaces", "excludes", "pins", "lock")}


def test_every_document_says_what_is_built_of_what(decided: Project) -> None:
    """All stages name the same modules, who requires them and what replaces them; the replaces and excludes with origin, the pins, the lock."""
    told = made_of(document_of(decided, "fetch"))
    for stage in STAGES[1:]:
        assert made_of(document_of(decided, stage)) == told, stage
    root = decided.root
    modules = {each["path"]: each for each in told["modules"]}
    assert modules["x.example/lib"]["version"] == "v1.2.0"
    assert modules["x.example/lib"]["required_by"][-1] == {"module": "x.example/needs", "version": "v1.2.0"}
    assert modules["x.example/other"]["replaced_by"] == "x.example/fork@v1.5.0"
    assert modules["x.example/words"]["directory"] == str(root / "words")
    assert told["replaces"] == [
        {"old": "x.example/other", "new": "x.example/fork@v1.5.0", "origin": f"{root}/policies/e/go.mod:6"},
        {"old": "x.example/words", "new": f"{root}/words", "origin": f"{root}/policies/d/go.mod:6"},
    ]
    assert told["excludes"] == [
        {"module": "x.example/lib", "version": "v1.1.0", "origin": f"{root}/policies/a/go.mod:6"}
    ]
    assert told["pins"] == [{"module": "x.example/lib/v2", "version": "v2.0.0"}]
    assert told["lock"] == str(root / "policy-tasks.lock")


@pytest.mark.needs("registry")
def test_what_is_published_says_it_too(decided: Project) -> None:
    """The document of `publish` has the same modules."""
    assert made_of(document_of(decided, "publish")) == made_of(document_of(decided, "compile"))


@pytest.mark.parametrize("stage", STAGES)
def test_every_story_tells_the_same(stage: str, decided: Project) -> None:
    """As text a stage tells the replaces with origin, the exclude, the pin, the raised version and the lock, each once."""
    root, teller = decided.root, "fetch" if stage == "fetch" else "discover"
    _, story = ask(decided, stage)
    assert story[:6] == [
        f"{teller}: x.example/other is taken from x.example/fork@v1.5.0, as {root}/policies/e/go.mod:6 says",
        f"{teller}: x.example/words is taken from {root}/words, as {root}/policies/d/go.mod:6 says",
        f"{teller}: x.example/lib@v1.1.0 is not taken, as {root}/policies/a/go.mod:6 says",
        f"{teller}: x.example/lib/v2 is held at v2.0.0, as modules.pins says",
        f"{teller}: example.com/a asks for x.example/lib v1.0.0 and runs with v1.2.0, which x.example/needs asks for",
        f"{teller}: " + ("4 modules" if teller == "fetch" else "5 policies in 5 modules"),
    ]
    assert [line for line in story if line.startswith("lock: ")] == [f"lock: all is as {root}/policy-tasks.lock says"]


def test_fetch_prints_the_modules_as_go_does(decided: Project) -> None:
    """The answer of `fetch` has a line for each module of other people, as `go list -m all` would have it."""
    assert ask(decided, "fetch")[0].splitlines() == [
        "x.example/lib v1.2.0",
        "x.example/lib/v2 v2.0.0",
        "x.example/needs v1.0.0",
        "x.example/other v1.0.0 => x.example/fork v1.5.0",
    ]


def test_a_report_has_the_modules_in_number_only(decided: Project, tmp_path: Path) -> None:
    """The report on a run stays short: what it says of the binary is without the modules."""
    ask(decided, "compile", "--report", str(tmp_path / "report.json"))
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["modules"] == 5
    assert sorted(report["binary"]) == ["go", "manifest", "path", "platform", "sbom", "sha256", "size"]
