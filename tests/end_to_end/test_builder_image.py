"""
The builder image: made from the top-level Dockerfile, run as people run it, and what it makes run in turn.

All of it on three bases: what `golang:1.27-alpine` is, the Dockerfile's default, with Go, and apk for all the rest; Alpine
with apk for everything but Go; a Debian with Python and git, without Go. No registry that has the first can be reached
where these tests are run, so it is laid out here as its own Dockerfile does it.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from policy_tasks.stages.new import FILES
from tests.conftest import REGISTRY, REPOSITORY, write_policy
from tests.end_to_end.test_hostile_policies import AT_THE_DOORS, NO_FILES, REFUSED, lay_out, one

pytestmark = pytest.mark.needs("docker", "debian", "alpine", "apk")

DEBIAN = "policy-tasks-ci/debian-python:bookworm"
ALPINE = "policy-tasks-ci/alpine-apk:3.23"
# https://github.com/docker-library/golang, its Dockerfile for Alpine. The apk of the tests has Go, that of Alpine too.
GOLANG = f"""FROM {ALPINE}
RUN apk add --no-cache go && cp -a /usr/lib/go /usr/local/go && apk del --no-cache go
ENV GOTOOLCHAIN=local GOPATH=/go PATH=/go/bin:/usr/local/go/bin:$PATH
RUN mkdir -p /go/src /go/bin && chmod -R 1777 /go
WORKDIR /go
"""
SOCKET = "/var/run/docker.sock"
TO_SOCKET = f"{SOCKET}:{SOCKET}"

# The original document's example policies: the types that its imports.go registers, and its test policy.
MY_POLICY = """package {package}

import "context"

type MyPolicy struct{{}}

func (p *MyPolicy) Name() string {{
    return "{name}"
}}

func (p *MyPolicy) Execute(ctx context.Context, input interface{{}}) (interface{{}}, error) {{
    return input, nil
}}

func (p *MyPolicy) Validate() error {{
    return nil
}}
"""
TEST_POLICY = """// test-policy/policy.go
package testpolicy

import "context"

type TestPolicy struct{}

func (p *TestPolicy) Name() string {
    return "test-policy"
}

func (p *TestPolicy) Execute(ctx context.Context, input interface{}) (interface{}, error) {
    return "success", nil
}

func (p *TestPolicy) Validate() error {
    return nil
}
"""
WHO_AM_I = """
type Who struct{}

func (Who) Name() string { return "who" }

func (Who) Execute(context.Context, any) (any, error) { return os.Getuid(), nil }

func (Who) Validate() error { return nil }
"""
# It needs a module of somebody else's, and a package of the standard library that the engine does not.
WITH_A_MODULE = """package ids

import (
	"context"
	_ "net/http"

	"github.com/google/uuid"
)

type Policy struct{}

func (Policy) Name() string { return "ids" }

func (Policy) Execute(context.Context, any) (any, error) { return uuid.Nil.String(), nil }

func (Policy) Validate() error { return nil }
"""
UUID_SUM = """github.com/google/uuid v1.6.0 h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=
github.com/google/uuid v1.6.0/go.mod h1:TIyPZe4MgqvfeYDBFedMoGGpEw/LqOeaOT+nhxU+yHo=
"""


def docker(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """
    Run the docker command to its end.
    """
    command = ["docker", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=900)


def must(*arguments: str | Path, cwd: Path | None = None) -> str:
    """
    Run the docker command, which has to succeed, and give its answer.
    """
    done = docker(*arguments, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def results(image: str, *options: str) -> dict[str, object]:
    """
    What the policies in this image answer, by name.
    """
    ran = json.loads(must("run", "--rm", *options, image))
    return {each["name"]: each["result"] for each in ran["results"]}


def state(folder: Path) -> dict[str, tuple[int, int, str]]:
    """
    Everything in the folder, with contents, modes and times.
    """
    found = {}
    for path in sorted((folder, *folder.rglob("*"))):
        content = path.read_bytes() if path.is_file() else b""
        found[str(path)] = (path.stat().st_mode, path.stat().st_mtime_ns, hashlib.sha256(content).hexdigest())
    return found


@pytest.fixture(scope="module", params=["golang", "alpine", "debian"])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """
    The base of the builder image.
    """
    if request.param != "golang":
        return {"alpine": ALPINE, "debian": DEBIAN}[request.param]
    folder = tmp_path_factory.mktemp("golang")
    (folder / "Dockerfile").write_text(GOLANG)
    must("build", "-t", "policy-tasks-test/golang:1.27-alpine", folder)
    return "policy-tasks-test/golang:1.27-alpine"


@pytest.fixture(scope="module")
def builder(base: str) -> Iterator[str]:
    """
    The builder image. Its layers stay when it goes, so that the next run of the tests need not make them again.
    """
    name = "policy-tasks-test/builder:latest"
    must("build", "--network=host", "--build-arg", f"BASE={base}", "-t", name, REPOSITORY)
    yield name
    docker("rmi", "-f", "--no-prune", name)


@pytest.fixture
def image() -> Iterator[str]:
    """
    A name for an image that is removed at the end.
    """
    name = f"policy-tasks-test/engine-{uuid.uuid4().hex[:12]}"
    yield name
    docker("rmi", "-f", f"{name}:latest", f"{name}:v1.0.0")


@pytest.fixture
def volume() -> Iterator[str]:
    """
    A volume's name.
    """
    name = f"policy-tasks-test-{uuid.uuid4().hex[:12]}"
    yield name
    docker("volume", "rm", "-f", name)


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """
    Two policies, one of which answers with the user that it runs as.
    """
    write_policy(tmp_path / "policies" / "a", "example.com/a")
    who = write_policy(tmp_path / "policies" / "b", "example.com/b", extra=WHO_AM_I) / "policy.go"
    who.write_text(who.read_text().replace('import "context"', 'import (\n\t"context"\n\t"os"\n)'))
    return tmp_path / "policies"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """
    An empty folder for archives.
    """
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def test_the_original_documents_command_makes_its_example_policies_an_image(
    builder: str, image: str, tmp_path: Path
) -> None:
    """The original document's own command with its own policies leaves the named image, and changes no policy."""
    for name in ("policy1", "policy2"):
        folder = write_policy(tmp_path / "my-policies" / name, f"github.com/user/{name}")
        (folder / "policy.go").write_text(MY_POLICY.format(package=name, name=name))
    folder = write_policy(tmp_path / "my-policies" / "test-policy", "github.com/user/test-policy")
    (folder / "policy.go").write_text(TEST_POLICY)
    before = state(tmp_path / "my-policies")
    # As it stands there, but for the two images' names, and --rm so that no container is left behind.
    command = f"""
        docker run --rm -v $(pwd)/my-policies:/policies \\
              -v /var/run/docker.sock:/var/run/docker.sock \\
              -e POLICY_ENGINE_IMAGE_REPO={image} \\
              -e POLICY_ENGINE_TAG=v1.0.0 \\
              {builder}"""
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{image}:v1.0.0\n"
    assert results(f"{image}:v1.0.0") == {"policy1": None, "policy2": None, "test-policy": "success"}
    assert state(tmp_path / "my-policies") == before


def test_with_the_socket_the_image_stands_on_alpine_and_runs_as_nobody(
    builder: str, image: str, policies: Path
) -> None:
    """With the socket the image is on the host's Docker engine, on its Alpine, and runs as a user who is not root."""
    made = must(
        "run",
        "--rm",
        "-v",
        f"{policies}:/policies:ro",
        "-v",
        TO_SOCKET,
        builder,
        "image",
        "--repo",
        image,
        "--format=json",
    )
    document = json.loads(made)
    assert (document["reference"], document["engine"], document["base"]) == (f"{image}:latest", "docker", "alpine:3.23")
    answers = results(f"{image}:latest", "--network=none", "--read-only", "--cap-drop=ALL")
    assert answers["a"] == "a"
    assert answers["who"] != 0


@pytest.mark.needs("skopeo")
def test_without_the_socket_the_archive_is_in_out_and_loads(
    builder: str, image: str, policies: Path, out: Path
) -> None:
    """Without the socket an archive is in /out that anyone can read, skopeo knows, and Docker loads and runs."""
    done = docker(
        "run",
        "--rm",
        "-v",
        f"{policies}:/policies:ro",
        "-v",
        f"{out}:/out",
        "-e",
        f"POLICY_ENGINE_IMAGE_REPO={image}",
        builder,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{image}:latest\n"
    archive = out / f"{image.rpartition('/')[2]}.tar"
    assert list(out.iterdir()) == [archive]
    assert archive.stat().st_mode & 0o444 == 0o444
    command = ["skopeo", "inspect", "--config", f"docker-archive:{archive}"]
    config = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert config["config"]["Entrypoint"]
    assert f"{image}:latest" in must("load", "-i", archive)
    assert results(f"{image}:latest")["who"] != 0


def test_without_the_socket_any_user_will_do(builder: str, policies: Path, out: Path) -> None:
    """Where Docker is not asked, the builder runs as whoever is named, and the archive belongs to them."""
    out.chmod(0o777)
    must("run", "--rm", "--user=1234:1234", "-v", f"{policies}:/policies:ro", "-v", f"{out}:/out", builder)
    assert (out / "policy-engine.tar").stat().st_uid == 1234


def test_with_neither_socket_nor_out_it_fails_at_once_and_names_both(builder: str, policies: Path) -> None:
    """With nowhere to put the image, nothing is begun, and the error shows how to mount the one or the other."""
    done = docker("run", "--rm", "-v", f"{policies}:/policies:ro", builder)
    assert (done.returncode, done.stdout) == (7, "")
    assert f"-v {TO_SOCKET}" in done.stderr
    assert '-v "$PWD/out":/out' in done.stderr
    assert "discover:" not in done.stderr


def test_a_user_who_may_not_use_the_socket_is_told_of_its_group(builder: str, policies: Path) -> None:
    """Where the socket is mounted the error does not say to mount it, but which group a container is to be given."""
    group = Path("/var/run/docker.sock").stat().st_gid
    done = docker("run", "--rm", "--user=1234", "-v", TO_SOCKET, "-v", f"{policies}:/policies:ro", builder)
    assert (done.returncode, done.stdout) == (7, "")
    assert f"--group-add {group}" in done.stderr
    assert f"-v {TO_SOCKET}" not in done.stderr
    assert "discover:" not in done.stderr


def test_without_policies_it_names_the_folder(builder: str) -> None:
    """A run without /policies fails with the settings' exit code and names that folder."""
    done = docker("run", "--rm", "-v", TO_SOCKET, builder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "/policies" in done.stderr


def test_the_image_has_all_of_the_wheel_but_what_is_only_tested_with(builder: str, tmp_path: Path) -> None:
    """Of the files of the wheel the builder lacks go-core's own tests alone."""
    made = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(made, cwd=REPOSITORY, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    in_wheel = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("policy_tasks/")}
    listing = "cd /opt/policy-tasks/venv/lib/python3*/site-packages && find policy_tasks -type f"
    in_image = set(must("run", "--rm", "--entrypoint=sh", builder, "-c", listing).splitlines())
    missing = {name for name in in_wheel - in_image if not name.endswith("_test.go")}
    assert "policy_tasks/templates/new/testdata/policytest/Policy.json.j2" in in_image
    assert not [name for name in missing if not (name.startswith("policy_tasks/go-core/") and "/testdata/" in name)]


def test_new_makes_a_policy_that_becomes_an_image(builder: str, out: Path, tmp_path: Path) -> None:
    """`docker run builder new hello` leaves the whole folder in /policies, of which the builder then makes an image."""
    (tmp_path / "policies").mkdir()
    mounted = ("-v", f"{tmp_path}/policies:/policies", "-v", f"{out}:/out")
    assert must("run", "--rm", *mounted, builder, "new", "hello") == "/policies/hello"
    made = {str(path.relative_to(tmp_path)) for path in (tmp_path / "policies").rglob("*") if path.is_file()}
    assert made == {f"policies/hello/{file}" for file in FILES}
    done = docker("run", "--rm", *mounted, builder)
    assert done.returncode == 0, done.stderr
    # On the host there is no /out.
    assert "load it, in the folder that is mounted at /out, with: docker load -i policy-engine.tar\n" in done.stderr


@pytest.mark.needs("registry")
def test_publish_needs_neither_socket_nor_out(builder: str, policies: Path) -> None:
    """What a registry gets needs no other place, and nothing is said of loading it."""
    repo = f"{REGISTRY}/policy-tasks-tests/from-builder"
    mounted = ("--network=host", "-v", f"{policies}:/policies:ro")
    done = docker("run", "--rm", *mounted, builder, "publish", "--repo", repo)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{repo}@sha256:")
    assert "docker load" not in done.stderr


def test_watch_is_not_for_the_builder(builder: str, policies: Path) -> None:
    """What the builder cannot do it says."""
    done = docker("run", "--rm", "-v", f"{policies}:/policies:ro", builder, "watch")
    assert done.returncode == 4
    assert "the builder image is for images alone, and cannot watch" in done.stderr


def test_other_stages_need_neither_socket_nor_out(builder: str, policies: Path) -> None:
    """`docker run builder discover --format json` lists the policies and the places where they stand."""
    found = json.loads(must("run", "--rm", "-v", f"{policies}:/policies:ro", builder, "discover", "--format", "json"))
    assert [(each["type"], each["file"]) for each in found["policies"]] == [
        ("Policy", "/policies/a/policy.go"),
        ("Policy", "/policies/b/policy.go"),
        ("Who", "/policies/b/policy.go"),
    ]


def test_a_broken_policy_leaves_no_image_and_the_previous_one_as_it_was(
    builder: str, image: str, policies: Path, out: Path
) -> None:
    """A policy that does not compile ends in exit code 3: no new image, and neither the old one nor its archive changes."""
    run = ("run", "--rm", "-v", f"{policies}:/policies:ro", "-e", f"POLICY_ENGINE_IMAGE_REPO={image}")
    must(*run, "-v", TO_SOCKET, builder)
    must(*run, "-v", f"{out}:/out", builder)
    before = must("image", "inspect", "-f", "{{.Id}}", f"{image}:latest"), state(out)
    (policies / "a" / "policy.go").write_text("package a\n\nfunc f() { return 1 }\n")
    for outlet in (TO_SOCKET, f"{out}:/out"):
        for tag in ("latest", "v1.0.0"):
            done = docker(*run, "-v", outlet, "-e", f"POLICY_ENGINE_TAG={tag}", builder)
            assert (done.returncode, done.stdout) == (3, "")
            assert "/policies/a/policy.go:3" in done.stderr
    assert (must("image", "inspect", "-f", "{{.Id}}", f"{image}:latest"), state(out)) == before
    assert docker("image", "inspect", f"{image}:v1.0.0").returncode != 0


@pytest.mark.parametrize(
    ("limit", "code", "what"),
    [
        (("--memory=64m", "--memory-swap=64m"), 5, "was killed"),
        (("--pids-limit=5",), 4, "no thread can be started"),
    ],
)
def test_a_container_that_is_too_small_is_nobodys_policys_fault(
    builder: str, policies: Path, limit: tuple[str, ...], code: int, what: str
) -> None:
    """Where the kernel ends Go's linker, or lets no thread start, the error is that of the machine and says what is short."""
    done = docker("run", "--rm", *limit, "-v", f"{policies}:/policies:ro", builder, "compile")
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert what in done.stderr
    assert "memory" in done.stderr


def test_whatever_is_wrong_is_told_as_at_the_other_doors(builder: str, image: str, tmp_path: Path, volume: str) -> None:
    """Every broken folder ends with the exit code and the four parts of an error that Invoke and the console give it."""
    run = ("run", "--rm", "-v", f"{volume}:/build", "-v", TO_SOCKET, "-e", f"POLICY_ENGINE_IMAGE_REPO={image}")
    wrong = {
        case: (lay_out(tmp_path / str(number), REFUSED[case][0]), REFUSED[case][1], REFUSED[case][2][0])
        for number, case in enumerate(AT_THE_DOORS)
    }
    for case in ("a link to itself", "a FIFO for a source"):
        folder = lay_out(tmp_path / case.replace(" ", "-"), one())
        name, make = NO_FILES[case]
        make(folder / name)
        wrong[case] = folder, 3, ""
    for case, (folder, code, what) in wrong.items():
        done = docker(*run, "-v", f"{folder}:/policies:ro", builder, "image", "--format", "json")
        assert done.returncode == code, (case, done.stdout, done.stderr)
        error = json.loads(done.stdout)["error"]
        assert what in error["what"], case
        assert all(error[part] for part in ("what", "where", "why", "fix")), case
        assert str(tmp_path) not in done.stdout
    assert docker("image", "inspect", f"{image}:latest").returncode != 0


def test_the_first_run_compiles_the_policies_and_nothing_else(builder: str, policies: Path, out: Path) -> None:
    """Of the standard library, the engine and the inspector nothing is compiled, copied or touched by a first run."""
    source = policies / "a" / "policy.go"
    source.write_text(source.read_text().replace('import "context"', 'import (\n\t"context"\n\t_ "net/http"\n)'))
    name = f"policy-tasks-test-{uuid.uuid4().hex[:12]}"
    try:
        must("run", "--name", name, "-v", f"{policies}:/policies:ro", "-v", f"{out}:/out", builder)
        changes = [line.split(" ", 1) for line in must("diff", name).splitlines()]
    finally:
        docker("rm", "-f", name)
    entries = [(kind, Path(path)) for kind, path in changes if path.endswith(("-a", "-d"))]
    compiled = [path for kind, path in entries if kind == "A" and path.name.endswith("-d")]
    # Two policies, main, and what Go keeps of each beside the object file. net/http alone would be 150 more.
    assert 3 <= len(compiled) < 20
    assert len(entries) < 60
    assert len([kind for kind, _ in entries if kind == "C"]) < 10
    assert {path.split("/")[1] for _, path in changes} <= {"cache", "build", "policies", "out", "tmp"}
    # Go would throw out, or copy to mark as used, what is older than that.
    find = 'touch -d "2036-12-31 00:00" /tmp/before; find /cache/go-build -name "*-[ad]" ! -newer /tmp/before'
    aged = must("run", "--rm", "--entrypoint=sh", builder, "-c", find)
    assert aged == ""


def test_a_volume_keeps_other_peoples_modules(builder: str, policies: Path, out: Path, volume: str) -> None:
    """What a first run downloads, a second one has from the volume; the volume is filled from the image as well."""
    folder = write_policy(policies / "ids", "example.com/ids")
    (folder / "go.mod").write_text("module example.com/ids\n\ngo 1.21\n\nrequire github.com/google/uuid v1.6.0\n")
    (folder / "go.sum").write_text(UUID_SUM)
    (folder / "policy.go").write_text(WITH_A_MODULE)
    run = ("run", "--rm", "-v", f"{policies}:/policies:ro", "-v", f"{out}:/out")
    cached = ("-v", f"{volume}:/cache")
    proxy = ("--network=host", *(["-e", "GOPROXY"] if "GOPROXY" in os.environ else []))
    offline = ("--network=none", "-e", "GOPROXY=off")
    assert docker(*run, *offline, builder).returncode != 0
    must(*run, *proxy, *cached, builder)
    first = (out / "policy-engine.tar").read_bytes()
    (out / "policy-engine.tar").unlink()
    must(*run, *offline, *cached, builder)
    assert (out / "policy-engine.tar").read_bytes() == first
    modules = must("run", "--rm", *cached, "--entrypoint=ls", builder, "/cache/go/pkg/mod/github.com/google")
    assert modules == "uuid@v1.6.0"
    objects = must("run", "--rm", *cached, "--entrypoint=find", builder, "/cache/go-build", "-name", "*-d").splitlines()
    assert len(objects) > 300


@pytest.mark.parametrize("after", [0.2, 4])
def test_docker_stop_ends_it_promptly(builder: str, policies: Path, out: Path, after: float) -> None:
    """`docker stop` ends the builder before Docker loses patience, while Python starts and while Go compiles."""
    name = f"policy-tasks-test-{uuid.uuid4().hex[:12]}"
    try:
        # An empty cache, so that there is half a minute's work to be stopped.
        must(
            "run",
            "-d",
            "--name",
            name,
            "--tmpfs=/cache",
            "-v",
            f"{policies}:/policies:ro",
            "-v",
            f"{out}:/out",
            builder,
        )
        time.sleep(after)
        assert must("inspect", "-f", "{{.State.Running}}", name) == "true"
        start = time.monotonic()
        must("stop", "-t", "30", name)
        assert time.monotonic() - start < 10
        assert must("inspect", "-f", "{{.State.ExitCode}}", name) == "130"
        assert list(out.iterdir()) == []
    finally:
        docker("rm", "-f", name)


def test_the_generated_dockerfile_builds_with_the_builder_image_as_its_go(
    builder: str, image: str, policies: Path, tmp_path: Path
) -> None:
    """The generated folder's own two-stage Dockerfile makes the engine, with any image that has Go."""
    build = tmp_path / "build"
    build.mkdir()
    user = f"--user={os.geteuid()}:{os.getegid()}"
    must("run", "--rm", user, "-v", f"{policies}:/policies:ro", "-v", f"{build}:/build", builder, "generate")
    arguments = ("--build-arg", f"GO_IMAGE={builder}", "--build-arg", "BASE=alpine:3.23")
    must("build", "--network=host", *arguments, "-t", f"{image}:latest", build)
    answers = results(f"{image}:latest")
    assert answers["a"] == "a"
    assert answers["who"] != 0


def test_it_says_what_it_is_and_carries_no_secrets(builder: str) -> None:
    """The image is labelled, has no health check, and its caches are no anonymous volumes."""
    config = json.loads(must("image", "inspect", "-f", "{{json .Config}}", builder))
    assert config["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert config["Labels"]["org.opencontainers.image.title"]
    assert config["Healthcheck"] == {"Test": ["NONE"]}
    assert not config.get("Volumes")
    assert (config["Entrypoint"], config["Cmd"]) == (["policy-tasks"], ["image"])
    assert not [name for name in config["Env"] if any(word in name.upper() for word in ("TOKEN", "PASSWORD", "SECRET"))]


def _in(image: str, command: str) -> list[str]:
    """
    The words that this command prints in the image.
    """
    return must("run", "--rm", "--entrypoint=sh", image, "-c", command).split()


def test_go_is_added_where_the_base_has_none(base: str, builder: str) -> None:
    """The builder takes the Go of its base, or has one that runs on Alpine's libc as well as on Debian's."""
    where = "/usr/local/go/bin/go" if "golang" in base else "/opt/policy-tasks/bin/go"
    assert _in(builder, "command -v go") == [where]
    assert _in(builder, "go env GOVERSION")[0].startswith("go1.")


def test_with_apk_only_what_is_missing_is_added(base: str, builder: str) -> None:
    """On a base with apk exactly git, Python and pip are added."""
    if base == DEBIAN:
        assert not _in(builder, "command -v apk || true")
        return
    assert set(_in(builder, "apk info")) - set(_in(base, "apk info")) == {"git", "python3", "py3-pip"}


def test_with_apt_only_what_is_missing_is_added(image: str, tmp_path: Path) -> None:
    """On a base with apt that lacks git and pip, those are installed, for real."""
    removed = "dpkg --purge --force-depends git python3-venv python3.11-venv python3-pip python3-pip-whl"
    (tmp_path / "Dockerfile").write_text(f"FROM {DEBIAN}\nRUN {removed}\n")
    must("build", "-t", f"{image}:v1.0.0", tmp_path)
    arguments = ("--network=host", "--target=base", "--build-arg", f"BASE={image}:v1.0.0")
    must("build", *arguments, "-t", f"{image}:latest", REPOSITORY)
    ask = "git --version; python3 -m pip --version"
    found = must("run", "--rm", "--entrypoint=sh", f"{image}:latest", "-c", ask)
    assert "git version" in found
    assert "pip " in found
