"""
Policies that stand on what people use for policies, all in one engine: CEL, Rego, Casbin, JSON Schema.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from policy_tasks import compile, discover, fetch, load_settings
from policy_tasks.model import Binary, StagedModule
from policy_tasks.settings import Settings
from policy_tasks.toolchain.go_mod import version_key

pytestmark = pytest.mark.needs("go", "proxy")

VERSIONS = {
    "cel": ("github.com/google/cel-go", "v0.29.2"),
    "rego": ("github.com/open-policy-agent/opa", "v1.22.2"),
    "casbin": ("github.com/casbin/casbin/v2", "v2.135.0"),
    "schema": ("github.com/santhosh-tekuri/jsonschema/v6", "v6.0.2"),
}
# What each decides of {"user": ..., "action": ..., "age": ...}: whoever is of age may read, and alice may write.
SOURCES = {
    "cel": """package cel

import (
	"context"

	"github.com/google/cel-go/cel"
)

type Policy struct{ program cel.Program }

func New() (*Policy, error) {
	env, err := cel.NewEnv(cel.Variable("input", cel.DynType))
	if err != nil {
		return nil, err
	}
	ast, issues := env.Compile(`int(input.age) >= 18 && input.action in ["read", "write"]`)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	program, err := env.Program(ast)
	return &Policy{program}, err
}

func (*Policy) Name() string { return "cel" }

func (*Policy) Validate() error { return nil }

func (p *Policy) Execute(ctx context.Context, input any) (any, error) {
	plain := map[string]any{}
	for key, value := range input.(map[string]any) {
		if number, ok := value.(interface{ Int64() (int64, error) }); ok {
			value, _ = number.Int64()
		}
		plain[key] = value
	}
	result, _, err := p.program.ContextEval(ctx, map[string]any{"input": plain})
	if err != nil {
		return nil, err
	}
	return result.Value(), nil
}
""",
    "rego": """package rego

import (
	"context"

	"github.com/open-policy-agent/opa/v1/rego"
)

const module = `package authz

default allow := false

allow if {
	input.action == "read"
	input.age >= 18
}

allow if input.user == "alice"
`

type Policy struct{ query rego.PreparedEvalQuery }

func New() (*Policy, error) {
	query, err := rego.New(rego.Query("data.authz.allow"), rego.Module("authz.rego", module)).PrepareForEval(context.Background())
	return &Policy{query}, err
}

func (*Policy) Name() string { return "rego" }

func (*Policy) Validate() error { return nil }

func (p *Policy) Execute(ctx context.Context, input any) (any, error) {
	results, err := p.query.Eval(ctx, rego.EvalInput(input))
	if err != nil {
		return nil, err
	}
	return results.Allowed(), nil
}
""",
    "casbin": """package casbin

import (
	"context"
	_ "embed"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
)

//go:embed model.conf
var text string

type Policy struct{ enforcer *casbin.Enforcer }

func New() (*Policy, error) {
	m, err := model.NewModelFromString(text)
	if err != nil {
		return nil, err
	}
	enforcer, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, err
	}
	_, err = enforcer.AddPolicies([][]string{{"alice", "write"}, {"alice", "read"}, {"bob", "read"}})
	return &Policy{enforcer}, err
}

func (*Policy) Name() string { return "casbin" }

func (*Policy) Validate() error { return nil }

func (p *Policy) Execute(ctx context.Context, input any) (any, error) {
	in := input.(map[string]any)
	return p.enforcer.Enforce(in["user"], in["action"])
}
""",
    "schema": """package schema

import (
	"context"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

type Policy struct{ schema *jsonschema.Schema }

func New() (*Policy, error) {
	text := `{"required": ["user", "age"], "properties": {"age": {"type": "integer", "minimum": 0}}}`
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("input.json", document); err != nil {
		return nil, err
	}
	schema, err := compiler.Compile("input.json")
	return &Policy{schema}, err
}

func (*Policy) Name() string { return "schema" }

func (*Policy) Validate() error { return nil }

func (p *Policy) Execute(ctx context.Context, input any) (any, error) {
	return nil, p.schema.Validate(input)
}
""",
}
MODEL = """[request_definition]
r = sub, act

[policy_definition]
p = sub, act

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.sub == p.sub && r.act == p.act
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A project with the four policies, each of which requires its one module and nothing else."""
    root = tmp_path_factory.mktemp("real")
    for name, (module, version) in VERSIONS.items():
        folder = root / "policies" / name
        folder.mkdir(parents=True)
        (folder / "go.mod").write_text(f"module policies.example/{name}\n\ngo 1.26.0\n\nrequire {module} {version}\n")
        (folder / f"{name}.go").write_text(SOURCES[name])
    (root / "policies/casbin/model.conf").write_text(MODEL)
    return load_settings(root, update=True)


@pytest.fixture(scope="module")
def binary(settings: Settings) -> Binary:
    """The engine with all four, built without a network after a fetch."""
    fetch(settings)
    return compile(load_settings(settings.root, locked=True, offline=True))


def decide(binary: Binary, document: dict[str, Any]) -> dict[str, Any]:
    """
    What each policy says: its result, or its error.
    """
    ran = subprocess.run([binary.path], input=json.dumps(document).encode(), capture_output=True, check=False)
    results = json.loads(ran.stdout)["results"]
    return {each["name"]: each.get("error", each.get("result")) for each in results}


@pytest.mark.parametrize(
    ("document", "decisions"),
    [
        ({"user": "alice", "action": "write", "age": 30}, {"casbin": True, "cel": True, "rego": True, "schema": None}),
        ({"user": "bob", "action": "write", "age": 30}, {"casbin": False, "cel": True, "rego": False, "schema": None}),
        ({"user": "bob", "action": "read", "age": 12}, {"casbin": True, "cel": False, "rego": False, "schema": None}),
    ],
)
def test_each_decides_in_its_own_way(document: dict[str, Any], decisions: dict[str, Any], binary: Binary) -> None:
    """The four are in one engine, and each behaves as its own library does."""
    assert decide(binary, document) == decisions


def test_errors_are_those_of_the_libraries(binary: Binary) -> None:
    """What a schema refuses is that policy's error, in the library's words."""
    decided = decide(binary, {"user": "bob", "action": "read", "age": -1})
    assert "minimum: got -1, want 0" in decided["schema"]
    assert decided["casbin"] is True


def test_what_they_need_is_reported_and_billed(settings: Settings, binary: Binary) -> None:
    """Every module of theirs has its version and who asks for it; the bill has just those that are in the binary."""
    modules = {each.path: each for each in discover(load_settings(settings.root)).modules}
    for name, (module, version) in VERSIONS.items():
        found = modules[module]
        assert found.version
        assert version_key(found.version) >= version_key(version)  # another of the four may ask for more
        assert (f"policies.example/{name}", version) in [(each.module, each.version) for each in found.required_by]
    others = [each for each in modules.values() if not isinstance(each, StagedModule)]
    assert len(others) > 20
    assert all(each.version and each.required_by for each in others)
    assert binary.sbom
    billed = {each["name"] for each in json.loads(binary.sbom.read_text())["components"]}
    version = subprocess.run(["go", "version", "-m", binary.path], capture_output=True, text=True, check=True).stdout
    linked = {line.split()[1] for line in version.splitlines() if line.strip().startswith("dep")}
    assert billed == linked | {"std"}


def test_a_build_in_another_folder_is_the_same(settings: Settings, binary: Binary, tmp_path: Path) -> None:
    """With the lock, another folder gives the same binary, manifest and bill, to the byte."""
    shutil.copytree(settings.root / "policies", tmp_path / "policies")
    shutil.copy(settings.root / "policy-tasks.lock", tmp_path)
    other = compile(load_settings(tmp_path, locked=True))
    assert other.sha256 == binary.sha256
    for one, two in ((binary.manifest, other.manifest), (binary.sbom, other.sbom)):
        assert one
        assert two
        assert one.read_bytes() == two.read_bytes()
