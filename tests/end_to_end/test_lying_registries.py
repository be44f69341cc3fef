"""
What stands in a registry's place, or before it, and takes nothing that is pushed: no digest is printed of what nobody has.
"""

from __future__ import annotations

import hashlib
import http.server
import itertools
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from policy_tasks.errors import RegistryError
from policy_tasks.names import parse_reference
from policy_tasks.toolchain.docker_failure import Failure
from tests.conftest import run_console, write_policy

pytestmark = pytest.mark.needs("go")

Answer = tuple[int, Mapping[str, str]]
ENDLESS, CUT_OFF = "9" * 15, "50"
LOGIN: Answer = (302, {"Location": "/login"})
SOUND: dict[str, Answer] = {
    "HEAD blobs": (404, {}),
    "POST blobs": (202, {"Location": "/v2/x/blobs/uploads/NEW"}),
    "PUT blobs": (201, {}),
    "PUT manifests": (201, {}),
    "GET login": (200, {"Content-Type": "text/html; charset=utf-8"}),
    "HEAD login": (200, {"Content-Type": "text/html; charset=utf-8"}),
}


class _Registry(http.server.BaseHTTPRequestHandler):
    """
    Answers by the method and the kind of what is asked for, and keeps what it is sent.
    """

    answers: Mapping[str, Answer]
    stored: dict[str, bytes]
    at_first: Iterator[Answer | None] = iter(())
    used_up: set[str]
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        """Answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}" if body else self.path.rpartition("/")[2]
        kind = next((kind for kind in ("blobs/", "manifests/", "storage", "login") if kind in self.path), "")
        status, headers = next(self.at_first, None) or self._answer(f"{self.command} {kind.strip('/')}")
        self.used_up.add(f"{self.command} {self.path}")
        if self.command == "PUT" and status < 300:
            self.stored[digest] = body
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, self._filled(value, digest))
        self.end_headers()
        self.close_connection = headers.get("Content-Length") in (ENDLESS, CUT_OFF)
        with suppress(OSError):
            while self.command != "HEAD" and headers.get("Content-Length") == ENDLESS:
                self.wfile.write(bytes(1 << 20))

    do_HEAD = do_GET = do_POST = do_PUT  # noqa: N815

    def _answer(self, asked: str) -> Answer:
        again = asked == "PUT blobs" and f"{self.command} {self.path}" in self.used_up
        return (404, {}) if again else self.answers[asked]

    def _filled(self, value: str, digest: str) -> str:
        value = value.replace("NEW", str(len(self.used_up)))
        return value.replace("DIGEST", digest).replace("SIZE", str(len(self.stored.get(digest, b""))))

    def log_message(self, *_: object) -> None:
        """Be silent."""


@contextmanager
def serving(
    answers: Mapping[str, Answer], stored: dict[str, bytes], at_first: Iterable[Answer | None] = ()
) -> Iterator[str]:
    """
    The address of a registry that is sound but for these answers, once it has given those `at_first`.
    """
    values = {"answers": {**SOUND, **answers}, "stored": stored, "at_first": iter(at_first), "used_up": set()}
    handler = type("_Handler", (_Registry,), values)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one policy."""
    root = tmp_path_factory.mktemp("project")
    write_policy(root / "policies" / "a", "example.com/a")
    return root


def _publish(project: Path, answers: Mapping[str, Answer], stored: dict[str, bytes]) -> tuple[int, str, str]:
    with serving(answers, stored) as registry:
        done = run_console("publish", "--engine", "oci", "--repo", f"{registry}/x", cwd=project)
    return done.returncode, done.stdout, done.stderr


def _all(answer: Answer) -> dict[str, Answer]:
    return {asked: answer for asked in SOUND if "login" not in asked}


LIES: dict[str, tuple[dict[str, Answer], str]] = {
    "a login page for all": (_all(LOGIN), "/login, which answered with 200 OK (text/html)"),
    "200 for all": (_all((200, {})), "POST was answered with 200 OK, where a registry answers 202"),
    "204 for all": (_all((204, {})), "HEAD was answered with 204 No Content, where a registry answers 200"),
    "not modified": (_all((304, {})), "HEAD was answered with 304 Not Modified"),
    "a login page for uploads": ({"POST blobs": LOGIN}, "POST led to http://"),
    "a login page for blobs": ({"PUT blobs": LOGIN}, "PUT led to http://"),
    "a page for blobs": (
        {"PUT blobs": (200, {})},
        "PUT was answered with 200 OK, where a registry answers 201 or 202\n",
    ),
    "a login page for the manifest": ({"PUT manifests": LOGIN}, "PUT led to http://"),
    "a created login page": ({"PUT manifests": LOGIN, "GET login": (201, {})}, "PUT led to http://"),
    "a page for the manifest": ({"PUT manifests": (200, {})}, "PUT was answered with 200 OK"),
    "nothing for the manifest": ({"PUT manifests": (204, {})}, "PUT was answered with 204 No Content"),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_stores_nothing_is_no_registry(lie: str, project: Path) -> None:
    """Exit 6 with what was answered and what may stand between, and no digest, whichever request it is that went astray."""
    answers, why = LIES[lie]
    code, shown, story = _publish(project, answers, {})
    assert (code, shown) == (6, ""), story
    assert why in story
    assert "such as a login page or a proxy that answers in its place" in story


def test_another_digest_than_ours_is_told(project: Path) -> None:
    """A registry that says what it has stored has to have stored what it was sent."""
    other = f"sha256:{'0' * 64}"
    code, shown, story = _publish(project, {"PUT manifests": (201, {"Docker-Content-Digest": other})}, {})
    assert (code, shown) == (6, ""), story
    assert f"says that it has {other}" in story


@pytest.mark.parametrize("manifest", [(202, {}), (200, {"Docker-Content-Digest": "DIGEST"})])
def test_a_registry_may_only_accept_and_may_redirect(manifest: Answer, project: Path) -> None:
    """
    202, as Quay answers, is stored as well, and so is 200 with the digest, which no login page has; a redirect that keeps the
    method is followed with what was to be sent.
    """
    stored: dict[str, bytes] = {}
    moved = (307, {"Location": "/storage"})
    answers: dict[str, Answer] = {"PUT blobs": moved, "PUT storage": (202, {}), "PUT manifests": manifest}
    code, shown, story = _publish(project, answers, stored)
    assert code == 0, story
    assert shown.strip().partition("@")[2] in stored
    assert len(stored) == 4  # two layers, the configuration, the manifest


class _Counting(dict[str, bytes]):
    puts = 0

    def __setitem__(self, digest: str, body: bytes) -> None:
        self.puts += 1
        super().__setitem__(digest, body)


@pytest.mark.parametrize(("size", "sent"), [("SIZE", 1), ("7", 4)])
def test_a_blob_is_there_only_with_its_size(size: str, sent: int, project: Path) -> None:
    """What the registry has, be it in a storage elsewhere, is not sent again; any other 200 is no reason not to send it."""
    stored: dict[str, bytes] = {}
    assert _publish(project, {}, stored)[0] == 0
    again = _Counting(stored)
    elsewhere = (307, {"Location": "/storage/DIGEST"})
    answers: dict[str, Answer] = {"HEAD blobs": elsewhere, "HEAD storage": (200, {"Content-Length": size})}
    code, _, story = _publish(project, answers, again)
    assert code == 0, story
    assert again.puts == sent


LATER: dict[str, tuple[Answer, str]] = {
    "429": ((429, {}), "try again later, or log in, which may raise the limit: docker login 127.0.0.1:"),
    "429 for a while": ((429, {"Retry-After": "7"}), "try again in 7 s, as it asks (Retry-After), or log in"),
    "503 until then": (
        (503, {"Retry-After": "Fri, 31 Dec 2027 23:59:59 GMT"}),
        "try again after Fri, 31 Dec 2027 23:59:59 GMT, as it asks (Retry-After); ",
    ),
    "500": ((500, {}), "try again later; "),
}


@pytest.mark.parametrize("busy", LATER)
def test_a_registry_that_is_busy_or_ill_is_for_later(busy: str, project: Path) -> None:
    """The name is right there: what helps is to wait, for as long as the registry says where it does."""
    answer, fix = LATER[busy]
    code, _, story = _publish(project, {"POST blobs": answer}, {})
    assert code == 6, story
    assert f"why:   {answer[0]} {http.HTTPStatus(answer[0]).phrase}\n" in story
    assert f"fix:   {fix}" in story
    assert "see that the name is right" not in story


# With what a proxy says that cuts off its own answer, or goes on saying it.
MOMENTARY = ((502, "0"), (500, ENDLESS), (503, CUT_OFF), (429, "0"), (504, ENDLESS))


def test_what_is_out_of_order_for_a_moment_is_asked_again(project: Path) -> None:
    """
    A proxy's 502, a registry's 500 or its limit of requests is no reason to fail yet, and all is stored as it is: what the
    proxy cut off with an upload of its own, since a registry takes none twice.
    """
    stored: dict[str, bytes] = {}
    failures: list[Answer] = [(status, {"Content-Length": length}) for status, length in MOMENTARY]
    moody = itertools.chain.from_iterable(zip(failures, itertools.repeat(None)))  # each is followed by what is usual
    with serving({}, stored, at_first=moody) as registry:
        done = run_console("publish", "--engine", "oci", "--repo", f"{registry}/x", cwd=project)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().partition("@")[2] in stored
    assert len(stored) == 4


def test_an_answer_without_an_end_fills_no_memory(project: Path) -> None:
    """Neither one that is passed over since it may be over in a moment, nor the last."""
    at_first: Iterator[Answer] = itertools.chain(
        [SOUND["HEAD blobs"]], itertools.repeat((502, {"Content-Length": ENDLESS}))
    )
    with serving({}, {}, at_first=at_first) as registry:
        command = f"ulimit -v 4000000; exec '{sys.executable}' -m policy_tasks publish --engine oci --repo {registry}/x"
        words = ["bash", "-c", command]
        done = subprocess.run(words, cwd=project, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 6, done.stderr
    assert "why:   502 Bad Gateway" in done.stderr


@pytest.mark.needs("docker")
def test_a_busy_registry_is_for_later_with_a_docker_engine_too(project: Path) -> None:
    """The engine tells the registry's answer in words of its own."""
    with serving({"GET ": (429, {}), **_all((429, {}))}, {}) as registry:
        flags = ("--engine", "docker", "--base", "static", "--repo", f"{registry}/x")
        done = run_console("publish", *flags, cwd=project)
    assert done.returncode == 6, done.stderr
    assert "fix:   try again later" in done.stderr


@pytest.mark.parametrize(
    ("said", "later"),
    [
        ("toomanyrequests: Rate exceeded", True),
        ("received unexpected HTTP status: 503 Service Unavailable", True),
        ("unexpected status from PUT request to http://x/v2/x: 500 Internal Server Error", True),
        ("Get http://registry.example:503/v2/: EOF", False),
    ],
)
def test_the_words_of_docker_engines_for_a_busy_registry(said: str, later: bool) -> None:
    """They differ by the engine and its store; it asks for a minute before it says one for 5xx, so they stand here."""
    failure = Failure("it was not pushed", RegistryError, parse_reference("registry.example/x", "1"), "unix:///x")
    assert failure.error(said).fix.startswith("try again later") is later
