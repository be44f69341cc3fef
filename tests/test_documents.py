"""
The documents, which are generated or checked, or they rot.
"""

from __future__ import annotations

import re
import runpy
from dataclasses import fields, is_dataclass

from policy_tasks import errors, model
from policy_tasks.errors import PolicyTasksError
from policy_tasks.settings import Settings
from policy_tasks.toolchain.inspector import FIELDS
from policy_tasks.toolchain.measurements import Measurements
from policy_tasks.toolchain.report import _MADE, report
from tests.conftest import REPOSITORY


def test_settings_page_is_generated_from_the_settings() -> None:
    """docs/settings.md is what docs/generate.py makes of settings.py."""
    page = runpy.run_path(str(REPOSITORY / "docs/generate.py"))["settings_page"]()
    assert (REPOSITORY / "docs/settings.md").read_text() == page


def test_every_error_has_an_exit_code_of_its_own_in_the_readme() -> None:
    """The exit codes differ, and the README lists each."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, PolicyTasksError)]
    codes = [kind.exit_code for kind in kinds if kind is not PolicyTasksError]
    readme = (REPOSITORY / "README.md").read_text()
    assert len(codes) == len(set(codes)) == 6
    for code in codes:
        assert re.search(rf"^\| {code} \|", readme, re.MULTILINE)


def test_every_key_of_a_document_is_in_the_readme() -> None:
    """What the stages print as JSON is documented, key by key."""
    readme = (REPOSITORY / "README.md").read_text()
    section = readme.partition("\n## JSON\n")[2].partition("\n## ")[0]
    documented = set(re.findall(r"`(\w+)(?:\[\])?`", section))
    values = [each for each in vars(model).values() if isinstance(each, type) and is_dataclass(each)]
    assert len(values) > 10
    assert {field.name for value in values for field in fields(value)} - documented == set()


def test_the_fields_asked_of_go_are_those_that_the_inspector_reads() -> None:
    """`go list -json` is asked for just what go-core/cmd/inspect says that it reads."""
    source = (REPOSITORY / "go-core/cmd/inspect/packages.go").read_text()
    match = re.search(r'listFields = "([^"]+)"', source)
    assert match
    assert match[1] == FIELDS


def test_every_metric_and_key_of_a_report_is_documented() -> None:
    """docs/reports.md lists each metric and each key that a report can have."""
    page = (REPOSITORY / "docs/reports.md").read_text()
    source = (REPOSITORY / "policy_tasks/toolchain/report.py").read_text()
    metrics = re.findall(r'Metric\("(\w+)"', source)
    assert len(metrics) == 11
    for name in metrics:
        assert f"| `policy_tasks_build_{name}` |" in page
    times = Measurements("compile", Settings())
    times.end(None)
    for key in (*report(times), *_MADE, "failed", "policies", "near_misses", "modules"):
        assert f"`{key}`" in page.replace("[]`", "`")
