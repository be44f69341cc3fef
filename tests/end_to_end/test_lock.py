"""
The lock, and builds without a network: each fails for the right reason when one thing changes, and passes after --update.
"""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from policy_tasks import compile, discover, fetch, image
from policy_tasks.errors import BuildError, PolicyError, RegistryError, SettingsError
from tests.conftest import run_console
from tests.end_to_end.module_project import Project
from tests.module_proxy import ModuleProxy, answering_proxy

pytestmark = pytest.mark.needs("go")

LOCK = "policy-tasks.lock"


@pytest.fixture
def locked(project: Project) -> Project:
    """A project with a policy that has a dependency, a replace of another, and a lock."""
    project.write("lib/go.mod", "module x.example/lib/v2\n")
    project.write("lib/lib.go", 'package lib\n\nconst Version = "local"\n')
    project.policy("a", "x.example/lib v1.0.0")
    project.policy("b", "x.example/lib/v2 v2.0.0", answer="lib.Version", mod="replace x.example/lib/v2 => ../../lib\n")
    discover(project.settings(update=True))
    return project


def test_the_lock_says_what_an_engine_is_built_of(locked: Project) -> None:
    """Go, the core, each local module with its folder and digest, each other with version and sum, and the replaces."""
    content = tomllib.loads((locked.root / LOCK).read_text())
    assert content.keys() == {"format", "go", "core", "replace", "policy", "module"}
    assert content["replace"] == [{"old": "x.example/lib/v2", "new": "lib"}]
    assert [(each["path"], each["directory"]) for each in content["policy"]] == [
        ("example.com/a", "policies/a"),
        ("example.com/b", "policies/b"),
        ("x.example/lib/v2", "lib"),
    ]
    assert all(each["digest"].startswith("sha256:") for each in content["policy"])
    (module,) = content["module"]
    assert (module["path"], module["version"], module["sum"][:3]) == ("x.example/lib", "v1.0.0", "h1:")


def test_a_locked_build_of_the_same_passes(locked: Project) -> None:
    """Every stage agrees with a lock that nothing has changed since; and an update writes nothing."""
    before = (locked.root / LOCK).stat().st_mtime_ns
    for stage in (fetch, discover, compile):
        stage(locked.settings(locked=True))
    assert discover(locked.settings()).lock == locked.root / LOCK
    compile(locked.settings(update=True))
    assert (locked.root / LOCK).stat().st_mtime_ns == before


def _edit(project: Project) -> None:
    with project.write("policies/a/extra.go", "package a\n").open("a") as file:
        file.write("// edited\n")


def test_what_no_go_mod_asks_for_stays_as_it_was_locked(project: Project, proxy: ModuleProxy) -> None:
    """A module that is imported and not required is taken in its newest version once, and from then on in that."""
    proxy.add("x.example/floating", "v1.0.0")
    project.policy("a", answer="floating.Version")
    code = project.root / "policies/a/a.go"
    code.write_text(code.read_text().replace('"context"', '"context"\n\n\t"x.example/floating"'))
    assert project.answers(update=True) == {"a": "v1.0.0"}
    proxy.add("x.example/floating", "v1.1.0")
    shutil.rmtree(project.root / "build")
    assert project.answers(locked=True) == {"a": "v1.0.0"}
    assert project.answers(update=True) == {"a": "v1.1.0"}
    proxy.add("x.example/floating", "v1.2.0")
    assert project.answers(locked=True) == {"a": "v1.1.0"}
    assert project.answers(update=True) == {"a": "v1.2.0"}
    proxy.add("x.example/floating", "v1.3.0")
    assert project.answers(update=True) == {"a": "v1.3.0"}


def test_an_edit_that_is_undone_is_forgotten(locked: Project, proxy: ModuleProxy) -> None:
    """What an edit brought into go.mod, and a lock that is made anew, do not outlast it: no build before this one decides."""
    proxy.add("x.example/stray", "v1.0.0")
    before = (locked.root / LOCK).read_bytes()
    extra = locked.write("policies/a/extra.go", 'package a\n\nimport _ "x.example/stray"\n')
    with pytest.raises(SettingsError, match=r"module x\.example/stray: not in the lock"):
        discover(locked.settings(locked=True))
    extra.unlink()
    discover(locked.settings(locked=True))
    locked.write("policies/a/extra.go", 'package a\n\nimport _ "x.example/stray"\n')
    discover(locked.settings(update=True))
    assert "x.example/stray" in (locked.root / LOCK).read_text()
    extra.unlink()
    discover(locked.settings(update=True))
    assert (locked.root / LOCK).read_bytes() == before


def test_another_platform_leaves_nothing_behind(locked: Project, proxy: ModuleProxy) -> None:
    """A locked build that fails for one platform does not decide about that for another."""
    proxy.add("x.example/arm", "v1.0.0")
    other = "linux/arm64"
    locked.write("policies/a/a_arm64.go", 'package a\n\nimport _ "x.example/arm"\n')
    discover(locked.settings(update=True, platform="linux/amd64"))
    with pytest.raises(SettingsError, match=r"module x\.example/arm: not in the lock"):
        discover(locked.settings(locked=True, platform=other))
    discover(locked.settings(locked=True, platform="linux/amd64"))


def test_a_sum_that_is_not_the_locked_one_stops_the_build(locked: Project) -> None:
    """What the proxy gives is held against the lock's sum before anything is compiled."""
    text = (locked.root / LOCK).read_text()
    sum_ = tomllib.loads(text)["module"][0]["sum"]
    locked.write(LOCK, text.replace(sum_, "h1:" + "A" * 43 + "="))
    error = locked.refuse()
    assert error.exit_code == 5
    assert "checksum mismatch" in error.why
    assert error.where == "the lock"
    assert "--update" in error.fix


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("format = 1\ngo = \n", "line 2"),
        ("", "it is empty"),
        ('go = "1"\n', "it has no format"),
        ('format = 1\n<<<<<<< HEAD\ngo = "1"\n=======\n', "it holds conflict markers of git"),
        (
            'format = 1\ngo = "1"\ncore = "1"\n[[module]]\npath = "x"\nversion = "v1.0.0"\n[[module]]\n',
            "module 2 has no path",
        ),
        ('format = 1\ngo = "1"\ncore = "1"\n[base]\nname = "x"\n', "[base] has no digest"),
        ('format = 1\ngo = "1"\ncore = "1"\nbase = 3\n', "int"),
        ("format = 2\n", "its format is 2"),
        ('format = 1\ngo = "1"\n', "it has no core"),
        ('format = 1\ngo = "1"\ncore = "1"\nmodule = [3]\n', "int"),
        ('format = 1\ngo = "1"\ncore = "1"\n[[module]]\npath = "x"\nversion = 3\n', "no text"),
        ('format = 1\ngo = "1"\ncore = "1"\n[[module]]\npath = "x"\nsize = "3"\n', "size"),
        ("\0", "line 1"),
    ],
)
def test_a_lock_that_cannot_be_read_is_refused_and_made_anew(text: str, why: str, locked: Project) -> None:
    """A lock that does not parse, or is none, says why; --update replaces it."""
    locked.write(LOCK, text)
    error = locked.refuse()
    assert (error.what, error.exit_code, error.where) == ("the lock cannot be read", 2, str(locked.root / LOCK))
    assert why in error.why
    assert (locked.root / LOCK).read_text() == text
    discover(locked.settings(update=True))
    discover(locked.settings(locked=True))


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("path", "x.example/lib 1", "is no path of a module"),
        ("version", "latest", "want an exact one"),
        ("version", "v1.0.0 -x", "want an exact one"),
        ("sum", "h1:AAAA", "want `h1:`"),
        ("sum", "", "want `h1:`"),
        ("replaced_by", "x.example/fork@main", "want module@version"),
    ],
)
def test_a_lock_that_is_damaged_is_itself_to_blame(key: str, value: str, why: str, locked: Project) -> None:
    """What Go would not take is said of the lock, with the module that it stands at, and not of a policy or the network."""
    (module,) = tomllib.loads((locked.root / LOCK).read_text())["module"]
    text = (locked.root / LOCK).read_text()
    line = f'{key} = "{module.get(key)}"'
    locked.write(LOCK, text.replace(line, f'{key} = "{value}"') if key in module else f'{text}{key} = "{value}"\n')
    error = locked.refuse()
    assert (error.what, error.exit_code, error.where) == ("the lock cannot be read", 2, str(locked.root / LOCK))
    assert why in error.why
    discover(locked.settings(update=True))
    assert (locked.root / LOCK).read_text() == text


def test_a_lock_that_is_no_file_is_named(locked: Project) -> None:
    """A folder in the lock's place, and a folder that is not there: the lock's words, and its setting, the binary stays."""
    binary = compile(locked.settings())
    before = binary.path.read_bytes()
    _edit(locked)
    (locked.root / LOCK).unlink()
    (locked.root / LOCK).mkdir()
    for settings, what in (({}, "the lock cannot be read"), ({"update": True}, "the lock cannot be written")):
        error = locked.refuse(**settings)
        assert (error.what, error.exit_code, error.where) == (what, 7, str(locked.root / LOCK))
        assert "modules.lock" in error.fix
    error = locked.refuse(update=True, lock="gone/policy-tasks.lock")
    assert (error.what, error.exit_code) == ("the lock cannot be written", 7)
    assert "modules.lock" in error.fix
    assert binary.path.read_bytes() == before


def test_without_a_lock_locked_says_how_to_make_one(project: Project) -> None:
    """--locked without a lock is an error; --locked with --update a contradiction."""
    project.policy("a")
    assert "--update" in project.refuse(locked=True).fix
    assert "contradict" in project.refuse(locked=True, update=True).what
    assert not (project.root / LOCK).exists()


def test_a_failing_build_leaves_the_lock(locked: Project) -> None:
    """--update of what does not compile changes nothing."""
    before = (locked.root / LOCK).read_bytes()
    locked.write("policies/a/broken.go", "package a\n\nvar x int = true\n")
    assert locked.refuse(update=True).exit_code == 3
    assert (locked.root / LOCK).read_bytes() == before


# Without a network


def empty_cache(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """From now on, a module cache that has nothing."""
    monkeypatch.setenv("GOMODCACHE", str(folder))


def test_what_was_fetched_builds_offline(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an empty cache an offline build fails and names what is missing; after `fetch` it passes, in any folder."""
    project.policy("a", "x.example/needs v1.0.0")
    empty_cache(monkeypatch, tmp_path / "cache")
    error = project.refuse(offline=True)
    assert error.exit_code == 5
    assert "x.example/needs" in str(error)
    assert "fetch" in error.fix
    fetched = fetch(project.settings())
    assert str(fetched) == "x.example/lib v1.2.0\nx.example/needs v1.0.0"
    shutil.rmtree(project.root / "build")
    monkeypatch.setenv("GOPROXY", "http://127.0.0.1:1")
    assert project.answers(offline=True) == {"a": "needs v1.2.0"}


def test_what_cannot_be_fetched_is_told(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`fetch` of a module that is nowhere ends as a build would."""
    project.policy("a", "x.example/gone v1.0.0")
    with pytest.raises(BuildError, match=r"x\.example/gone"):
        fetch(project.settings())


@pytest.mark.parametrize("proxy_named", ["garbage", "ftp://127.0.0.1", "http://[::1", ",,", "html"])
def test_a_fetch_that_gets_nothing_is_an_error(
    proxy_named: str, locked: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GOPROXY that is none, or that answers with a page: exit 5, nobody's lock is emptied, and a build says the same."""
    before = (locked.root / LOCK).read_bytes()
    empty_cache(monkeypatch, tmp_path / "cache")
    with answering_proxy(200) as address:
        monkeypatch.setenv("GOPROXY", address if proxy_named == "html" else proxy_named)
        for settings in ({}, {"update": True}):
            with pytest.raises(BuildError, match=r"x\.example/lib|GOPROXY|proxy"):
                fetch(locked.settings(**settings))
        assert locked.refuse().exit_code == 5
    assert (locked.root / LOCK).read_bytes() == before


def test_a_fetch_tells_of_a_package_that_is_nowhere(project: Project) -> None:
    """A module that is there without the package that is imported is the author's to put right, as in a build."""
    project.policy("a", "x.example/lib v1.0.0")
    project.write("policies/a/extra.go", 'package a\n\nimport _ "x.example/lib/none"\n')
    with pytest.raises(PolicyError, match=r"x\.example/lib/none"):
        fetch(project.settings())


def test_the_flags_are_there_at_the_console(locked: Project) -> None:
    """`policy-tasks fetch --locked --offline` prints the modules; the text names replaces, pins and the lock."""
    done = run_console("fetch", "--locked", "--offline", cwd=locked.root)
    assert (done.returncode, done.stdout) == (0, "x.example/lib v1.0.0\n"), done.stderr
    assert "fetch: 1 module\n" in done.stderr
    _edit(locked)
    done = run_console("discover", cwd=locked.root)
    assert done.returncode == 0
    assert "lock: it is not up to date" in done.stderr
    assert "x.example/lib/v2 is taken from" in done.stderr
    done = run_console("discover", "--locked", "--format", "json", cwd=locked.root)
    assert done.returncode == 2


def test_nothing_to_fetch_is_no_line(project: Project) -> None:
    """Without modules of other people stdout is empty."""
    project.policy("a")
    done = run_console("fetch", cwd=project.root)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "fetch: no modules of other people are needed\n" in done.stderr


# Images


@pytest.fixture
def imaged(project: Project) -> Project:
    """A project whose lock knows the base of its image."""
    project.policy("a")
    image(project.settings(update=True, engine="oci", base="static"))
    return project


def test_the_lock_has_the_images_base(imaged: Project) -> None:
    """An image of the same base passes; a compile keeps what the lock says of the base; another base is named."""
    content = tomllib.loads((imaged.root / LOCK).read_text())
    assert content["base"]["name"] == "static"
    assert content["base"]["digest"].startswith("sha256:")
    compile(imaged.settings(update=True))
    made = image(imaged.settings(locked=True, engine="oci", base="static"))
    assert made.base_digest == content["base"]["digest"]
    text = (imaged.root / LOCK).read_text().replace('digest = "sha256:', 'digest = "sha256:0', 1)
    imaged.write(LOCK, text)
    assert made.archive
    before = made.archive.read_bytes()
    with pytest.raises(SettingsError) as caught:
        image(imaged.settings(locked=True, engine="oci", base="static", tag="other"))
    assert caught.value.why.startswith("the base: static sha256:0")
    assert made.archive.read_bytes() == before
    image(imaged.settings(update=True, engine="oci", base="static"))
    image(imaged.settings(locked=True, engine="oci", base="static"))


def _verdicts(project: Project, *arguments: str) -> list[str]:
    """What a run says of the lock."""
    done = run_console("image", "--engine", "oci", "--base", "static", *arguments, cwd=project.root)
    return [line for line in done.stderr.splitlines() if line.startswith("lock: ")]


def test_a_run_gives_one_verdict_on_the_lock(imaged: Project) -> None:
    """Whatever has been compared, policies and base, all is as the lock says or it is not up to date: one line, also on failure."""
    lock = imaged.root / LOCK
    as_it_says = [f"lock: all is as {lock} says"]
    assert _verdicts(imaged) == _verdicts(imaged, "--locked") == as_it_says
    other = lock.read_text().replace('digest = "sha256:', 'digest = "sha256:0', 1)
    imaged.write(LOCK, other)
    (of_base,) = _verdicts(imaged)
    assert of_base.startswith("lock: it is not up to date, --update makes it so: the base: ")
    _edit(imaged)
    (of_both,) = _verdicts(imaged)
    assert of_both.endswith(", and 1 more")
    assert _verdicts(imaged, "--locked") == []
    imaged.write("policies/a/broken.go", "package a\n\nfunc f() { return 1 }\n")
    assert _verdicts(imaged, "--locked") == []
    assert _verdicts(imaged, "--update") == []
    (imaged.root / "policies/a/broken.go").unlink()
    assert _verdicts(imaged, "--update") == [f"lock: {lock}"]
    assert lock.read_text().startswith("# What the engine is built of. Made by `policy-tasks image --update`; ")
    assert _verdicts(imaged) == as_it_says


@pytest.mark.parametrize("engine", ["oci", pytest.param("docker", marks=pytest.mark.needs("docker"))])
def test_offline_asks_no_registry_for_a_base(engine: str, project: Project) -> None:
    """An explicit base that is not here is an error that says why; `auto` takes what is here."""
    project.policy("a")
    with pytest.raises(RegistryError) as caught:
        image(
            project.settings(offline=True, engine=engine, base="127.0.0.1:1/none:1", repo="policy-tasks-test/offline")
        )
    assert "--offline" in caught.value.why
    assert image(project.settings(offline=True, engine=engine, repo="policy-tasks-test/offline")).reference
