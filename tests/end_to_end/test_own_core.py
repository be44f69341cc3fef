"""
A core of the user's own: a main module with its interface and its register function, or one whose plugins register themselves.
"""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from policy_tasks import compile, discover, fetch
from tests.end_to_end.module_project import Project

pytestmark = pytest.mark.needs("go")

CORE = {"main": "app", "interface": "example.com/app/plugin.Plugin"}
REGISTERED = {**CORE, "register": "example.com/app/plugin.Register", "imports": "cmd/app/plugins.go"}


@pytest.fixture
def app(project: Project) -> Project:
    """A program that prints what its plugins say; it depends on a module, and on a folder beside it."""
    project.write(
        "app/go.mod",
        "module example.com/app\n\ngo 1.25\n\nrequire (\n\tx.example/lib v1.0.0\n\tx.example/words v0.0.0\n)\n\n"
        "replace x.example/words => ../words\n",
    )
    project.write("words/go.mod", "module x.example/words\n")
    project.write("words/words.go", 'package words\n\nconst Of = "of the app"\n')
    project.write(
        "app/plugin/plugin.go",
        "package plugin\n\ntype Plugin interface{ Say() string }\n\nvar All []Plugin\n\n"
        "func Register(p Plugin) { All = append(All, p) }\n",
    )
    project.write(
        "app/cmd/app/main.go",
        'package main\n\nimport (\n\t"fmt"\n\n\t"example.com/app/plugin"\n\t"x.example/lib"\n\t"x.example/words"\n)\n\n'
        "func main() {\n\tfor _, each := range plugin.All {\n\t\tfmt.Println(each.Say())\n\t}\n"
        "\tfmt.Println(words.Of, lib.Version)\n}\n",
    )
    project.write("app/cmd/app/plugins.go", "package main\n\nthis is replaced by what is generated\n")
    project.write("app/.venv/x", "not copied")
    project.write("policies/hello/go.mod", "module example.com/app/hello\n\ngo 1.21\n\nrequire x.example/lib v1.1.0\n")
    project.write(
        "policies/hello/hello.go",
        'package hello\n\nimport "x.example/lib"\n\ntype Hello struct{}\n\n'
        'func (*Hello) Say() string { return "hello " + lib.Version }\n',
    )
    project.write("policies/made/go.mod", "module example.com/made\n\ngo 1.21\n")
    project.write(
        "policies/made/made.go",
        'package made\n\nimport "errors"\n\ntype Made struct{ text string }\n\n'
        "func (m Made) Say() string { return m.text }\n\n"
        'func New() (*Made, error) { return &Made{"made"}, nil }\n\n'
        'func Fails() (*Made, error) { return nil, errors.New("no luck") }\n',
    )
    return project


def run(project: Project, **settings: Any) -> subprocess.CompletedProcess[str]:
    """
    Compile and run the program.
    """
    return subprocess.run([compile(project.settings(**settings)).path], capture_output=True, text=True, check=False)


def test_policies_are_registered_with_the_users_own_function(app: Project) -> None:
    """The program has all types that implement its interface, with its dependencies and the policies' in one graph."""
    ran = run(app, **REGISTERED)
    assert (ran.returncode, ran.stdout) == (0, "hello v1.1.0\nmade\nof the app v1.1.0\n")
    generated = app.root / "build/policy-engine"
    assert not (generated / ".venv").exists()
    assert "this is replaced" not in (generated / "cmd/app/plugins.go").read_text()
    gofmt = subprocess.run(["gofmt", "-l", generated / "cmd"], capture_output=True, text=True, check=True)
    assert gofmt.stdout == ""
    required = {each.path: each.required_by for each in discover(app.settings(**REGISTERED)).modules}
    assert [(each.module, each.version) for each in required["x.example/lib"]] == [
        ("example.com/app", "v1.0.0"),
        ("example.com/app/hello", "v1.1.0"),
    ]


def test_what_the_users_core_needs_is_fetched(app: Project) -> None:
    """The modules of the core and of the policies, also before anything was generated for its main package."""
    assert str(fetch(app.settings(**REGISTERED))) == "x.example/lib v1.1.0"


def test_a_policy_that_cannot_be_made_ends_the_program(app: Project) -> None:
    """A constructor's error is one line that names the policy, and code 4."""
    ran = run(app, **REGISTERED, constructors={"example.com/made": "Fails"})
    assert (ran.returncode, ran.stderr) == (4, "example.com/made.Made cannot be made: no luck\n")


def test_policies_that_register_themselves_are_imported(app: Project) -> None:
    """Without a register function the packages with such types, and no others, are imported for what their init does."""
    app.write("policies/hello/none/none.go", 'package none\n\nfunc init() { panic("nobody wants this") }\n')
    for name, kind in (("hello", "Hello"), ("made", "Made")):
        code = app.root / f"policies/{name}/{name}.go"
        text = code.read_text() + f"\nfunc init() {{ plugin.Register(&{kind}{{}}) }}\n"
        line = 'import "x.example/lib"' if name == "hello" else 'import "errors"'
        code.write_text(text.replace(line, f'{line}\nimport "example.com/app/plugin"'))
    ran = run(app, **CORE, imports="cmd/app/plugins.go")
    assert (ran.returncode, ran.stdout) == (0, "hello v1.1.0\n\nof the app v1.1.0\n")


def test_an_edit_of_the_core_is_built(app: Project) -> None:
    """The core's own sources are copied and hashed like the policies'."""
    run(app, **REGISTERED)
    main = app.root / "app/cmd/app/main.go"
    main.write_text(main.read_text().replace("words.Of,", 'words.Of+" edited",'))
    assert run(app, **REGISTERED).stdout.endswith("of the app edited v1.1.0\n")


@pytest.mark.parametrize("place", ["../../app", "../../gone"])
def test_a_policy_may_replace_the_core_while_it_is_developed(place: str, app: Project) -> None:
    """A policy that finds the core by a replace, for its own tests, is built with the core that is here."""
    go_mod = app.root / "policies/made/go.mod"
    line = f"require example.com/app v0.0.0\n\nreplace example.com/app => {place}\n"
    go_mod.write_text(go_mod.read_text() + line)
    made = app.root / "policies/made/made.go"
    made.write_text(made.read_text().replace('import "errors"', 'import "errors"\nimport _ "example.com/app/plugin"'))
    assert run(app, **REGISTERED).stdout.startswith("hello v1.1.0\nmade\n")


def test_another_module_is_not_taken_from_the_core(app: Project) -> None:
    """The core's folder is the main module, and cannot be another one as well."""
    go_mod = app.root / "policies/made/go.mod"
    go_mod.write_text(go_mod.read_text() + "require x.example/other v0.0.0\n\nreplace x.example/other => ../../app\n")
    error = app.refuse(**REGISTERED)
    assert (error.exit_code, error.what) == (3, "x.example/other is to be taken from the core")


def test_the_default_core_follows_in_the_same_folder(app: Project) -> None:
    """One build directory may be used for one core after the other."""
    run(app, **REGISTERED)
    app.policy("a", "x.example/lib v1.0.0")
    for name in ("hello", "made"):
        (app.root / f"policies/{name}/go.mod").unlink()
    assert app.answers() == {"a": "v1.0.0"}


@pytest.mark.parametrize(
    ("settings", "code", "told"),
    [
        ({"interface": "a.B"}, 2, "core.main is missing"),
        ({"main": "gone", "interface": "a.B"}, 3, "No such file"),
        ({"main": "policies", "interface": "a.B"}, 2, "has no go.mod"),
        ({"main": "app"}, 2, "core.interface is ''"),
        ({**CORE, "interface": "example.com/app/plugin"}, 2, "core.interface"),
        ({**CORE, "register": "a b"}, 2, "core.register"),
        ({**CORE, "imports": "../x.go"}, 2, "core.imports"),
        ({**CORE, "imports": "x_test.go"}, 2, "core.imports"),
        ({**CORE, "interface": "example.com/app/plugin.Gone"}, 2, "declares no type Gone"),
        ({**CORE, "interface": "example.com/gone.Plugin"}, 2, "example.com/gone"),
    ],
)
def test_a_core_that_is_none_is_refused(settings: dict[str, str], code: int, told: str, app: Project) -> None:
    """What does not fit together in the settings is named."""
    error = app.refuse(**settings)
    assert told in str(error)
    assert error.exit_code == code


def test_two_majors_of_the_module_with_the_interface_are_refused(app: Project) -> None:
    """A policy made for another major of what the core registers with would register with a copy that nobody asks."""
    api = "package api\n\ntype Plugin interface{ Say() string }\n\nfunc Register(Plugin) {}\n"
    app.proxy.add("x.example/api", "v1.0.0", {"api.go": api})
    app.proxy.add("x.example/api/v2", "v2.0.0", {"api.go": api})
    app.write("app/go.mod", "module example.com/app\n\ngo 1.25\n\nrequire x.example/api/v2 v2.0.0\n")
    app.write("app/cmd/app/main.go", 'package main\n\nimport _ "x.example/api/v2"\n\nfunc main() {}\n')
    made = app.root / "policies/made/made.go"
    made.write_text(made.read_text().replace('import "errors"', 'import "errors"\nimport _ "x.example/api"'))
    app.write("policies/made/go.mod", "module example.com/made\n\ngo 1.21\n\nrequire x.example/api v1.0.0\n")
    core = {"main": "app", "interface": "x.example/api/v2.Plugin", "imports": "cmd/app/plugins.go"}
    error = app.refuse(**core, register="x.example/api/v2.Register")
    assert error.exit_code == 3
    assert error.what == "there are two majors of x.example/api"
    assert "example.com/made requires x.example/api v1.0.0" in error.why


def test_versions_of_a_policy_keep_their_names_in_the_users_core(app: Project) -> None:
    """Two versions of one policy, made by their constructors, are registered as they are: no wrapper stands around them."""
    for version in ("v1.0.0", "v1.1.0"):
        code = f'package made\n\ntype Made struct{{}}\n\nfunc (Made) Say() string {{ return "{version}" }}\n\n'
        app.proxy.add("r.example/made", version, {"made.go": code + "func New() *Made { return &Made{} }\n"})
    ran = run(app, **REGISTERED, policies=["r.example/made@v1.0.0", "r.example/made@v1.1.0"])
    assert (ran.returncode, ran.stdout) == (0, "v1.0.0\nv1.1.0\nof the app v1.0.0\n")
