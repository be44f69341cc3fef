"""
The engine's reports for other programs, JUnit's XML and SARIF, held against their schemas, whatever policies say.
"""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import hypothesis
import jsonschema
import pytest
import xmlschema
from hypothesis import strategies as st

from policy_tasks import compile, load_settings
from tests.conftest import REPOSITORY
from tests.end_to_end.hostile_speech import FAILING, HOSTILE, INVALID, POLICIES, source

pytestmark = pytest.mark.needs("go")

SCHEMAS = REPOSITORY / "tests" / "schemas"
JUNIT = xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")
SARIF = jsonschema.Draft7Validator(
    json.loads((SCHEMAS / "sarif-2.1.0.json").read_text()),
    format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER,
)


class Engine:
    """
    An engine that holds all of the policies.
    """

    def __init__(self, root: Path) -> None:
        folder = root / "policies" / "hostile"
        folder.mkdir(parents=True)
        (folder / "go.mod").write_text("module example.com/hostile\n\ngo 1.21\n")
        (folder / "hostile.go").write_text(source())
        self.path = compile(load_settings(root, policies=["policies"])).path

    def __call__(self, *arguments: str, text: str = "1", code: int = 3) -> bytes:
        """Run a command with this text as input, which ends with this exit code, and return what it prints."""
        command = [str(self.path), *arguments]
        done = subprocess.run(command, input=text.encode(), capture_output=True, check=False, timeout=60)
        assert done.returncode == code, done.stderr[:2000]
        return done.stdout


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The engine of this module."""
    return Engine(tmp_path_factory.mktemp("engine"))


Told = dict[str, str | None]  # the error of each policy, by its name


def _junit(report: bytes) -> Told:
    """Hold a report against the schema, and against its own counts."""
    root = ET.fromstring(report)
    JUNIT.validate(root)
    (suite,) = root
    cases = {case.attrib["name"]: case.find("failure") for case in suite}
    told = {name: None if failure is None else failure.attrib["message"] for name, failure in cases.items()}
    failures = sum(error is not None for error in told.values())
    assert [int(suite.attrib[key]) for key in ("tests", "failures", "errors")] == [len(suite), failures, 0]
    return told


def _sarif(report: bytes) -> Told:
    """Hold a report against the schema, and its results against its rules."""
    log = json.loads(report)
    SARIF.validate(log)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [result["ruleId"] for result in run["results"]]
    return {result["ruleId"]: _plain(result) if result["level"] == "error" else None for result in run["results"]}


def _plain(result: dict[str, Any]) -> str:
    """Return what a reader shows of a message without arguments, in which braces are doubled (SARIF 2.1.0, 3.11.5)."""
    text: str = result["message"]["text"]
    plain = text.replace("{{", "").replace("}}", "")
    assert "{" not in plain, text
    assert "}" not in plain, text
    return text.replace("{{", "{").replace("}}", "}")


def _in_xml(text: str) -> str:
    """Return the text with U+FFFD for what XML 1.0 has no way to write."""
    return "".join(c if c in "\t\n\r" or " " <= c < "\ufffe" or c > "\uffff" else "\ufffd" for c in text)


READERS: dict[str, tuple[Callable[[bytes], Told], Callable[[str], str]]] = {
    "junit": (_junit, _in_xml),
    "sarif": (_sarif, str),
}


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize(
    ("command", "failing"),
    [(("run", "--timeout", "2s"), [*FAILING, *INVALID]), (("validate",), [*INVALID])],
    ids=["run", "validate"],
)
def test_a_report_of_all_that_can_happen_is_valid(
    engine: Engine, command: Sequence[str], failing: list[str], form: str
) -> None:
    """A report follows its schema, names each policy once, and each one that failed as failed, with what it said, up to 64 KiB."""
    read, written = READERS[form]
    told = read(engine(*command, "--format", form))
    assert set(told) == set(map(written, POLICIES))
    assert {name for name, error in told.items() if error} == set(map(written, failing))
    assert all(error != "" for error in told.values())
    assert written(HOSTILE) in (told["invalid"] or "")
    assert (told["invalid at length"] or "").endswith("bytes)")


@pytest.mark.parametrize("form", READERS)
@hypothesis.settings(max_examples=60)
@hypothesis.given(text=st.text())
def test_any_text_makes_a_valid_report(engine: Engine, form: str, text: str) -> None:
    """Whatever a policy is given and says, as an error and as a result, its report follows its schema, and the error is whole."""
    read, written = READERS[form]
    told = read(engine("run", "--policy", "good", "--policy", "tells", "--format", form, text=json.dumps(text)))
    assert told == {"good": None, "tells": written(f"{text}!")}


@pytest.mark.parametrize(
    "name", ["a b.json", "a:b.json", "%zz[1]#?.json", "\u00fc\n\x01\U0001f600.json", '\udcff\\<&".json']
)
def test_the_input_s_name_makes_a_valid_report(engine: Engine, tmp_path: Path, name: str) -> None:
    """SARIF says where the input is as a valid URI reference, whatever the file's name."""
    (tmp_path / name).write_text("1")
    report = engine("run", "--policy", "good", "--format", "sarif", "--input", str(tmp_path / name), code=0)
    _sarif(report)
    assert b'"uri":' in report


@pytest.mark.parametrize("form", READERS)
def test_lines_make_no_report(engine: Engine, form: str) -> None:
    """JSON lines are answered in JSON alone: a report on them is refused, and nothing is printed that is half a report."""
    lines = ("run", "--input-format", "jsonl", "--policy", "good")
    assert engine(*lines, "--format", form, text="1\n2\n", code=2) == b""
    assert len(engine(*lines, text="1\n2\n", code=0).splitlines()) == 2


def test_the_schemas_refuse_what_is_wrong(engine: Engine) -> None:
    """What a careless change would print is refused: the schemas, and the formats in them, are looked at."""
    report = engine("validate", "--policy", "good", "--format", "junit", code=0)
    for right, wrong in ((b' tests="1"', b""), (b"testcase", b"test"), (b' time="0.000"', b' time="1e-6"')):
        with pytest.raises(xmlschema.XMLSchemaValidationError):
            JUNIT.validate(ET.fromstring(report.replace(right, wrong)))
    report = engine("run", "--policy", "good", "--format", "sarif", "--input", "/dev/stdin", code=0)
    for right, wrong in ((b'"text"', b'"txt"'), (b'"pass"', b'"passed"'), (b'"/dev/stdin"', b'"a b%"')):
        with pytest.raises(jsonschema.ValidationError):
            SARIF.validate(json.loads(report.replace(right, wrong)))
