"""
Policies that are modules of other people, named with a version; several versions of one; and proxies that do not give what they should.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import tomllib
from pathlib import Path

import pytest

import policy_tasks
from policy_tasks import compile, discover, fetch
from policy_tasks.errors import SettingsError
from tests.conftest import run_console
from tests.end_to_end.module_project import Project, answering
from tests.module_proxy import ModuleProxy, answering_proxy

pytestmark = pytest.mark.needs("go")

LIMITS = "r.example/limits"


@pytest.fixture(scope="module", autouse=True)
def _published(proxy: ModuleProxy) -> None:
    """r.example/limits in three versions: a policy, in an internal package of its own, that says which version it is."""
    for version in ("v1.2.0", "v1.3.0", "v1.4.0-rc.1"):
        code = answering("limits", "text.Of()", "r.example/limits/internal/text").replace("Policy", "Limits")
        internal = (
            f'package text\n\nimport "x.example/lib"\n\nfunc Of() string {{ return "{version} with " + lib.Version }}\n'
        )
        made = "package limits\n\nfunc NewLimits() (*Limits, error) { return &Limits{}, nil }\n"
        files = {
            "limits.go": code,
            "internal/text/text.go": internal,
            **({"new.go": made} if version == "v1.3.0" else {}),
        }
        mod = "require x.example/lib v1.0.0\n\nreplace x.example/lib => x.example/fork v1.5.0\n\nexclude x.example/lib v0.9.0\n"
        proxy.add(LIMITS, version, files, mod=mod)
    proxy.add("r.example/old", "v1.0.0", {"old.go": "package old\n"})


def test_a_remote_policy_is_built_in(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """A module with a version is a policy beside the folders; its own replaces are told as not applying."""
    project.policy("a", "x.example/lib v1.1.0")
    policies = ["policies", f"{LIMITS}@v1.2.0"]
    with caplog.at_level("INFO", logger="policy_tasks"):
        assert project.answers(policies=policies) == {"a": "v1.1.0", "limits": "v1.2.0 with v1.1.0"}
    assert f"discover: {LIMITS}@v1.2.0 replaces x.example/lib, which does not count" in caplog.text
    assert f"discover: {LIMITS}@v1.2.0 excludes x.example/lib@v0.9.0, which does not count" in caplog.text
    found = {each.path: each for each in discover(project.settings(policies=policies)).modules}[LIMITS]
    assert found.version == "v1.2.0"
    assert found.sum
    assert found.sum.startswith("h1:")


def test_remote_policies_alone_will_do(project: Project) -> None:
    """No folder is needed."""
    assert project.answers(policies=[f"{LIMITS}@v1.2.0"]) == {"limits": "v1.2.0 with v1.0.0"}
    done = run_console("compile", "--policies", f"{LIMITS}@v1.2.0", cwd=project.root)
    assert done.returncode == 0, done.stderr


def test_a_folder_wins_over_a_remote(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """The same module as folder and remote is the folder, and that is said."""
    code = answering("limits", '"local"')
    folder = project.write("policies/limits/limits.go", code).parent
    project.write("policies/limits/go.mod", f"module {LIMITS}\n\ngo 1.21\n")
    with caplog.at_level("INFO", logger="policy_tasks"):
        assert project.answers(policies=["policies", f"{LIMITS}@v1.2.0"]) == {"limits": "local"}
    assert f"discover: {LIMITS} is taken from {folder}, not in version v1.2.0" in caplog.text


def test_a_policy_may_ask_for_more_than_the_settings_name(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """A policy that imports a remote one in a higher version runs with the one that is named, and that is said."""
    project.policy("a", f"{LIMITS} v1.3.0", answer='limits.Limits{}.Name() + "!"')
    with caplog.at_level("WARNING", logger="policy_tasks"):
        answers = project.answers(policies=["policies", f"{LIMITS}@v1.2.0"])
    assert answers == {"a": "limits!", "limits": "v1.2.0 with v1.0.0"}
    assert f"example.com/a asks for {LIMITS} v1.3.0 and runs with v1.2.0, which discover.policies names" in caplog.text


def test_a_remote_policy_is_not_pinned(project: Project) -> None:
    """Its version is named with it, and that is the reason that is given."""
    error = project.refuse(policies=[f"{LIMITS}@v1.2.0"], pins={LIMITS: "v1.3.0"})
    assert (error.exit_code, error.where) == (2, "modules.pins")
    assert error.why == "discover.policies names it in version v1.2.0"


def test_several_versions_are_several_policies(project: Project) -> None:
    """Two versions of one module are there at once, under names with the version; one made by a literal, one by its constructor."""
    policies = [f"{LIMITS}@v1.2.0", f"{LIMITS}@v1.3.0", f"{LIMITS}@v1.4.0-rc.1"]
    assert project.answers(policies=policies) == {
        f"limits@{version}": f"{version} with v1.0.0" for version in ("v1.2.0", "v1.3.0", "v1.4.0-rc.1")
    }
    found = discover(project.settings(policies=policies)).policies
    assert [(each.name, each.version) for each in found] == [
        ("limits@v1.2.0", "v1.2.0"),
        ("limits@v1.3.0", "v1.3.0"),
        ("limits@v1.4.0-rc.1", "v1.4.0-rc.1"),
    ]
    code = (project.root / "build/policy-engine/policies/r.example-limits-at-v1.2.0/limits.go").read_text()
    assert '"r.example/limits/at-v1.2.0/internal/text"' in code


def test_several_versions_are_tested_under_their_names(project: Project) -> None:
    """Versions of one policy pass the tests together, since the engine has each under a name of its own."""
    policies = [f"{LIMITS}@v1.2.0", f"{LIMITS}@v1.3.0"]
    tested = policy_tasks.test(project.settings(policies=policies)).tests
    assert {each.package for each in tested if each.policy} == {f"{LIMITS}/at-v1.2.0", f"{LIMITS}/at-v1.3.0"}


def test_several_versions_are_listed_as_what_they_are(project: Project, proxy: ModuleProxy) -> None:
    """The engine shows the package and the type of each version, and calls its optional methods, with or without a pointer."""
    optional = """
func (Policy) Describe() string { return "has all" }

func (Policy) Timeout() time.Duration { return time.Minute }

func (Policy) Init(context.Context) error { println("init"); return nil }

func (Policy) Reload(_ context.Context, config []byte) error { println("reload " + string(config)); return nil }

func (Policy) Close(context.Context) error { println("close"); return nil }
"""
    code = answering("whole", "1", "time", extra=optional)
    proxy.add("r.example/whole", "v1.0.0", {"whole.go": code})
    proxy.add("r.example/whole", "v1.1.0", {"whole.go": code.replace("func (Policy)", "func (*Policy)")})
    versions = ("v1.0.0", "v1.1.0")
    binary = compile(project.settings(policies=[f"r.example/whole@{version}" for version in versions])).path
    listed = subprocess.run([binary, "list"], capture_output=True, text=True, check=True)
    keys = ("name", "package", "type", "module", "version", "description", "timeout")
    assert [tuple(each[key] for key in keys) for each in json.loads(listed.stdout)["policies"]] == [
        (f"whole@{version}", package := f"r.example/whole/at-{version}", "Policy", package, version, "has all", "1m0s")
        for version in versions
    ]
    config = project.write("config.json", json.dumps({"policies": {f"whole@{version}": 1 for version in versions}}))
    ran = subprocess.run([binary, "--config", config], capture_output=True, text=True, check=True, input="")
    assert ran.stderr.split("\n") == [*["init", "reload 1"] * 2, "close", "close", ""]


def test_several_versions_keep_what_is_no_import(project: Project, proxy: ModuleProxy) -> None:
    """In each version linknames lead to its own packages, embedded files are its own, and texts that name its path stay."""
    path = "r.example/linked"
    extra = f"""
//go:generate echo {path}/internal/text

//go:linkname fromText {path}/internal/text.hidden
func fromText() string

func hidden() string {{ return "root" }}

//go:embed own.txt
var own string
"""
    answer = f'fromText() + " " + text.Root() + " " + own + " {path}/internal/text"'
    code = answering("linked", answer, f"{path}/internal/text", extra=extra).replace(
        '"context"', '"context"\n\t_ "embed"\n\t_ "unsafe"'
    )
    for version in ("v1.0.0", "v1.1.0"):
        internal = f"""package text

import _ "unsafe"

func hidden() string {{ return "{version}" }}

//go:linkname Root {path}.hidden
func Root() string
"""
        files = {
            "linked.go": code,
            "own.txt": f"own {version}",
            "empty.s": "",
            "internal/text/text.go": internal,
            "internal/text/empty.s": "",
        }
        proxy.add(path, version, files)
    assert project.answers(policies=[f"{path}@v1.0.0", f"{path}@v1.1.0"]) == {
        f"linked@{version}": f"{version} root own {version} {path}/internal/text" for version in ("v1.0.0", "v1.1.0")
    }


def test_a_module_of_gopkg_in_is_there_once(project: Project, proxy: ModuleProxy) -> None:
    """Go takes no path below one of gopkg.in, so there is none for a second version: that is told before Go is asked."""
    for version in ("v2.0.0", "v2.1.0"):
        proxy.add("gopkg.in/pol.v2", version, {"pol.go": answering("pol", '"x"')})
    error = project.refuse(policies=["gopkg.in/pol.v2@v2.0.0", "gopkg.in/pol.v2@v2.1.0"])
    assert (error.exit_code, error.where) == (2, "discover.policies")
    assert project.answers(policies=["gopkg.in/pol.v2@v2.1.0"]) == {"pol": "x"}


def test_several_versions_are_as_gofmt_wants_them(project: Project) -> None:
    """imports.go is formatted also with several versions in it."""
    project.answers(policies=[f"{LIMITS}@v1.2.0", f"{LIMITS}@v1.3.0"])
    imports = project.root / "build/policy-engine/imports.go"
    done = subprocess.run(["gofmt", "-d", imports], capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_what_is_no_exact_version_is_held_by_the_lock(project: Project, proxy: ModuleProxy) -> None:
    """`@latest` is the newest at first, then what the lock says, until --update."""
    proxy.add("r.example/moving", "v1.0.0", {"moving.go": answering("moving", '"v1.0.0"')})
    policies = ["r.example/moving@latest"]
    assert project.answers(policies=policies, update=True) == {"moving": "v1.0.0"}
    (entry,) = tomllib.loads((project.root / "policy-tasks.lock").read_text())["policy"]
    assert (entry["path"], entry["version"], entry["sum"][:3]) == ("r.example/moving", "v1.0.0", "h1:")
    proxy.add("r.example/moving", "v1.1.0", {"moving.go": answering("moving", '"v1.1.0"')})
    assert project.answers(policies=policies, locked=True) == {"moving": "v1.0.0"}
    assert project.answers(policies=policies, update=True) == {"moving": "v1.1.0"}


@pytest.mark.parametrize("versions", [("v1.2.0",), ("v1.2.0", "v1.3.0")])
def test_a_remote_policy_is_held_to_its_locked_sum(versions: tuple[str, ...], project: Project) -> None:
    """What is downloaded for a policy, in one version or several, has to have the sum that the lock has, also from the cache."""
    policies = [f"{LIMITS}@{version}" for version in versions]
    discover(project.settings(policies=policies, update=True))
    discover(project.settings(policies=policies, locked=True))
    lock = project.root / "policy-tasks.lock"
    text = lock.read_text()
    sum_ = tomllib.loads(text)["policy"][0]["sum"]
    lock.write_text(text.replace(sum_, "h1:" + "A" * 43 + "="))
    error = project.refuse(policies=policies)
    assert (error.exit_code, error.what) == (5, f"the policy {policies[0]} cannot be had")
    assert "checksum mismatch" in error.why
    assert "--update" in error.fix
    discover(project.settings(policies=policies, update=True))
    discover(project.settings(policies=policies, locked=True))


def test_a_remote_policy_is_fetched_for_offline(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`fetch` has it, and an offline build in another folder takes it from the cache; without it, that is said."""
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "cache"))
    policies = [f"{LIMITS}@v1.2.0"]
    error = project.refuse(policies=policies, offline=True)
    assert (error.what, error.exit_code) == (f"the policy {LIMITS}@v1.2.0 cannot be had", 5)
    assert "policy-tasks fetch" in error.fix
    fetch(project.settings(policies=policies))
    shutil.rmtree(project.root / "build")
    assert project.answers(policies=policies, offline=True) == {"limits": "v1.2.0 with v1.0.0"}


@pytest.mark.parametrize(
    ("policy", "code"),
    [(f"{LIMITS}@v9.9.9", 5), ("r.example/gone@v1.0.0", 5), ("r.example/gone@latest", 5), ("r.example/old@v1.0.0", 3)],
)
def test_what_is_not_there_is_told(policy: str, code: int, project: Project) -> None:
    """A version and a module that nobody has are named; one without any policy is told as a folder without one is."""
    error = project.refuse(policies=[policy])
    assert error.exit_code == code
    assert code == 3 or policy in error.what


def test_a_remote_without_a_policy_is_told_as_such(
    project: Project, proxy: ModuleProxy, caplog: pytest.LogCaptureFixture
) -> None:
    """Alone it is an error, that says what was looked into or what is nearly a policy; beside others it is a warning."""
    error = project.refuse(policies=["r.example/old@v1.0.0"])
    assert error.why == "no policy was found in r.example/old v1.0.0, nor what is nearly one"
    near = answering("nearly", "1").replace("Validate() error", "Validate() bool").replace("return nil", "return true")
    proxy.add("r.example/nearly", "v1.0.0", {"nearly.go": near})
    error = project.refuse(policies=["r.example/nearly@v1.0.0"])
    assert error.what == "there are no policies: r.example/nearly.Policy is not a policy"
    assert error.where.endswith("/r.example/nearly@v1.0.0/nearly.go:8")
    assert "Validate" in error.why
    with caplog.at_level("WARNING", logger="policy_tasks"):
        project.answers(policies=[f"{LIMITS}@v1.2.0", "r.example/old@v1.0.0"])
    assert [each.getMessage() for each in caplog.records] == ["discover: no policy was found in r.example/old v1.0.0"]


@pytest.mark.parametrize("policy", ["limits@", "r.example/limits@", "github.com@v1.0.0", "limits@v1.2.0"])
def test_a_mistyped_remote_names_the_form_wanted(policy: str, project: Project) -> None:
    """What is neither a folder nor a module with a version is told as such; a folder of that name is taken."""
    with pytest.raises(SettingsError, match=r"a module such as example\.com/team/limits@v1\.2\.0"):
        project.settings(policies=[policy])
    folder = project.root / policy
    folder.mkdir(parents=True)
    assert project.settings(policies=[policy]).folders == (folder,)


def test_the_records_name_a_copy_as_its_author_does(project: Project) -> None:
    """In the bill and the manifest a policy that is there in two versions has the path that an advisory would name."""
    binary = compile(project.settings(policies=[f"{LIMITS}@v1.2.0", f"{LIMITS}@v1.3.0"]))
    assert binary.sbom
    assert binary.manifest
    bill = json.loads(binary.sbom.read_text())
    found = [(each["name"], each["purl"]) for each in bill["components"] if "limits" in each["name"]]
    assert found == [(LIMITS, f"pkg:golang/{LIMITS}@{version}") for version in ("v1.2.0", "v1.3.0")]
    manifest = json.loads(binary.manifest.read_text())
    modules = [each for each in manifest["modules"] if each["path"] == LIMITS]
    build_paths = [f"{LIMITS}/at-v1.2.0", f"{LIMITS}/at-v1.3.0"]
    assert [each["build_path"] for each in modules] == build_paths
    assert [(each["module"], each["build_path"]) for each in manifest["policies"]] == [
        (LIMITS, each) for each in build_paths
    ]
    fetched = str(fetch(project.settings(policies=[f"{LIMITS}@v1.2.0", f"{LIMITS}@v1.3.0"])))
    assert fetched.splitlines()[:2] == [f"{LIMITS} v1.2.0", f"{LIMITS} v1.3.0"]


def test_a_module_without_a_version_is_no_folder(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks like a module and is not there as a folder: how to name it with its version."""
    monkeypatch.chdir(project.root)
    error = project.refuse(policies=[LIMITS])
    assert error.why == "there is no such folder"
    assert f"{LIMITS}@latest" in error.fix
    assert "@latest" not in project.refuse(policies=["nothing"]).fix


@pytest.fixture(scope="module")
def _majors(proxy: ModuleProxy) -> None:
    """r.example/majors in two majors, and the same of gopkg.in; every policy has one and the same name."""
    for path, versions in {
        "r.example/majors": ("v1.0.0", "v1.1.0"),
        "r.example/majors/v2": ("v2.0.0",),
        "gopkg.in/majors.v1": ("v1.0.0",),
        "gopkg.in/majors.v2": ("v2.0.0",),
    }.items():
        for version in versions:
            proxy.add(path, version, {"majors.go": answering("majors", f'"{version}"')})


@pytest.mark.usefixtures("_majors")
@pytest.mark.parametrize(
    ("policies", "versions"),
    [
        (["r.example/majors@v1.0.0", "r.example/majors/v2@v2.0.0"], ["v1.0.0", "v2.0.0"]),
        (
            ["r.example/majors@v1.0.0", "r.example/majors@v1.1.0", "r.example/majors/v2@v2.0.0"],
            ["v1.0.0", "v1.1.0", "v2.0.0"],
        ),
        (["gopkg.in/majors.v1@v1.0.0", "gopkg.in/majors.v2@v2.0.0"], ["v1.0.0", "v2.0.0"]),
    ],
)
def test_two_majors_are_two_versions(policies: list[str], versions: list[str], project: Project) -> None:
    """Majors are modules of their own, whose policies have one name: as of one major, the version is part of it."""
    assert project.answers(policies=policies) == {f"majors@{version}": version for version in versions}
    assert [each.version for each in discover(project.settings(policies=policies)).policies] == versions


@pytest.mark.usefixtures("_majors")
def test_one_major_alone_keeps_its_name(project: Project) -> None:
    """A version is only in the name where there are others."""
    assert project.answers(policies=["r.example/majors/v2@v2.0.0"]) == {"majors": "v2.0.0"}


def test_only_what_two_majors_have_is_named_with_the_version(project: Project, proxy: ModuleProxy) -> None:
    """A policy that one major has alone keeps its name; one whose name is made at run time is known by its place and type."""
    computed = answering("computed", "1").replace('return "computed"', "return name")
    for path, version in (("r.example/parts", "v1.0.0"), ("r.example/parts/v2", "v2.0.0")):
        only = f"only{version[1]}"
        files = {"same/x.go": answering("same", "1"), f"{only}/x.go": answering(only, "1")}
        files["computed/x.go"] = computed + '\nvar name = "comp" + "uted"\n'
        proxy.add(path, version, files)
    answers = project.answers(policies=["r.example/parts@v1.0.0", "r.example/parts/v2@v2.0.0"])
    both = (f"{name}@{version}" for name in ("computed", "same") for version in ("v1.0.0", "v2.0.0"))
    assert sorted(answers) == sorted([*both, "only1", "only2"])


@pytest.mark.usefixtures("_majors")
@pytest.mark.parametrize("second", ["remote", "folder"])
def test_majors_in_folders_say_what_can_be_done(second: str, project: Project) -> None:
    """A folder has no version to tell it by: the error names both files, and that both can be had with their versions."""
    files = [project.write("policies/one/majors.go", answering("majors", '"one"'))]
    project.write("policies/one/go.mod", "module r.example/majors\n\ngo 1.21\n")
    if second == "folder":
        files.append(project.write("policies/two/majors.go", answering("majors", '"two"')))
        project.write("policies/two/go.mod", "module r.example/majors/v2\n\ngo 1.21\n")
    error = project.refuse(policies=["policies", "r.example/majors/v2@v2.0.0"])
    assert (error.exit_code, error.what) == (3, "two policies have the name 'majors'")
    assert all(f"{file}:" in error.where for file in files)
    assert "r.example/majors@VERSION and r.example/majors/v2@VERSION" in error.fix


@pytest.mark.parametrize("versions", [("v1.0.0",), ("v1.0.0", "v1.1.0")])
def test_what_nobody_needs_of_a_remote_may_be_broken(
    versions: tuple[str, ...], project: Project, proxy: ModuleProxy, caplog: pytest.LogCaptureFixture
) -> None:
    """What Go passes by is passed by; an example that does not compile is told, and is not in the way of the policies."""
    broken = "package broken\n\nfunc {\n"
    files = {
        "messy.go": answering("messy", '"fine"'),
        "testdata/x.go": broken,
        "_old/x.go": broken,
        "testdata/go.mod.txt": "",
        "windows/x_windows.go": broken,
        "example/x.go": "package main\n\nfunc main() { missing() }\n",
        "example/two/x.go": broken,
    }
    for version in versions:
        proxy.add("r.example/messy", version, files)
    policies = [f"r.example/messy@{version}" for version in versions]
    with caplog.at_level("INFO", logger="policy_tasks"):
        answers = project.answers(policies=policies)
    assert answers == ({f"messy@{each}": "fine" for each in versions} if versions[1:] else {"messy": "fine"})
    told = [each.getMessage() for each in caplog.records if "not taken: " in each.getMessage()]
    assert len(told) == 2 * len(versions)
    assert "/example: it does not compile: undefined: missing (" in told[0]
    assert "/example/x.go:3)" in told[0]
    assert "/example/two: it does not compile: " in told[1]
    fetch(project.settings(policies=policies))


@pytest.mark.parametrize("where", ["remote", "folder"])
def test_what_a_policy_needs_of_a_remote_may_not_be_broken(where: str, project: Project, proxy: ModuleProxy) -> None:
    """A package that does not compile and that a policy imports, of the same module or in a folder, is an error with its place."""
    broken = "package broken\n\nvar Answer = missing\n"
    files = {"needy.go": answering("needy", '"fine"'), "broken/x.go": broken}
    importing = answering("needs", "broken.Answer", "r.example/needy/broken")
    version = "v1.0.0" if where == "folder" else "v1.1.0"
    proxy.add("r.example/needy", version, {**files, **({"needs/x.go": importing} if where == "remote" else {})})
    policies = [f"r.example/needy@{version}"]
    if where == "folder":
        project.write(
            "policies/needs/go.mod", "module example.com/needs\n\ngo 1.21\n\nrequire r.example/needy v1.0.0\n"
        )
        project.write("policies/needs/needs.go", importing)
        policies.append("policies")
    error = project.refuse(policies=policies)
    assert error.exit_code == 3
    assert error.what == "policy package r.example/needy/broken does not compile"
    assert error.where.endswith(f"/r.example/needy@{version}/broken/x.go:3:14")


def test_what_nobody_needs_in_a_folder_may_not_be_broken(project: Project) -> None:
    """Every package of one's own is looked into, and may be meant to have a policy: one that does not compile is an error."""
    project.policy("a")
    file = project.write("policies/a/other/x.go", "package other\n\nvar _ = missing\n")
    assert project.refuse().where == f"{file}:3:9"
    file.rename(project.write("policies/a/testdata/x.go", ""))
    assert project.answers() == {"a": ""}


# Proxies that do not give what they should


@pytest.mark.parametrize("status", [404, 410, 500, 403, 0])
@pytest.mark.parametrize("remote", [True, False])
def test_a_proxy_that_gives_nothing(
    status: int, remote: bool, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it answers, or if it hangs, there is an error in a bounded time, and nothing changes."""
    project.policy("a")
    binary = tmp_path / "build/policy-engine/bin"
    assert project.answers() == {"a": ""}
    before = {path: path.read_bytes() for path in binary.rglob("*") if path.is_file()}
    if not remote:
        project.policy("a", "x.example/lib v1.0.0")
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "cache"))
    with answering_proxy(status) as address:
        monkeypatch.setenv("GOPROXY", address)
        started = time.monotonic()
        error = project.refuse(policies=["policies", f"{LIMITS}@v1.2.0"] if remote else ["policies"], timeout=4)
    assert time.monotonic() - started < 15
    assert error.exit_code == 5
    assert str(status or "did not end") in str(error)
    assert {path: path.read_bytes() for path in binary.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("remote", [True, False])
def test_credentials_of_a_proxy_are_not_shown(
    scheme: str, remote: bool, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GOPROXY may hold a password; an error that quotes it does not."""
    project.policy("a", "x.example/lib v1.0.0")
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GOPROXY", f"{scheme}://me:secret@127.0.0.1:1")
    error = project.refuse(policies=["policies", f"{LIMITS}@v1.2.0"] if remote else ["policies"])
    assert error.exit_code == 5
    assert "127.0.0.1" in str(error)
    assert "secret" not in str(error)


def test_tokens_in_the_query_of_a_proxy_are_not_shown(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a query's parameters are called is shown, what they are is not."""
    project.policy("a", "x.example/lib v1.0.0")
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GOPROXY", "http://127.0.0.1:1/go?token=secret&user=secret")
    for policies in (["policies"], [f"{LIMITS}@v1.2.0"]):
        error = project.refuse(policies=policies)
        assert error.exit_code == 5
        assert "127.0.0.1" in str(error)
        assert "secret" not in str(error)
        assert "token=***&user=***" in str(error)
