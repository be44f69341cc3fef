"""
The user's Docker configuration and its helpers, where they are broken: an error that names the file or the program.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from policy_tasks.errors import RegistryError, ToolError
from policy_tasks.toolchain import credential_helper
from policy_tasks.toolchain.credentials import credentials, parsed_credentials
from policy_tasks.toolchain.docker_connection import sdk

SERVER = "127.0.0.1:6101"
HUB = "https://index.docker.io/v1/"
# base64 of ann:secret
AUTH = {"auth": "YW5uOnNlY3JldA=="}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration file, which is not there yet, and neither is another."""
    for name in ("DOCKER_CONFIG", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "config.json"


def _helper(config: Path, script: str) -> None:
    program = config.parent / "docker-credential-mine"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    config.write_text(json.dumps({"credHelpers": {SERVER: "mine"}, "auths": {SERVER: AUTH}}))


def _refused(registry: str = SERVER) -> RegistryError:
    with pytest.raises(RegistryError) as caught:
        credentials(registry)
    assert isinstance(caught.value, RegistryError)
    return caught.value


BROKEN = {
    '{"auths": [1]}': "auths is no mapping",
    '{"credHelpers": [1]}': "credHelpers is no mapping",
    json.dumps({"credHelpers": {SERVER: 3}}): f"the helper for {SERVER} is no name",
    '{"credsStore": 3}': f"the helper for {SERVER} is no name",
    json.dumps({"auths": {SERVER: 3}}): f"what it has for {SERVER} is no name with a password",
    json.dumps({"auths": {SERVER: {"auth": 3}}}): f"what it has for {SERVER} is no name with a password",
    json.dumps({"auths": {SERVER: {"auth": "YW5u"}}}): f"what it has for {SERVER} is no name with a password",
}


@pytest.mark.parametrize("text", BROKEN, ids=[text[:30] for text in BROKEN])
def test_a_configuration_that_is_none_is_told(text: str, config: Path) -> None:
    """The error names the file and what is wrong with it, and blames neither the registry nor a login that there was not."""
    config.write_text(text)
    error = _refused()
    assert error.where == str(config)
    assert error.why.startswith(BROKEN[text])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "it is no mapping"),
        ("3", "it is no mapping"),
        ("{bad", "it is no JSON: "),
        ("\x00", "it is no JSON: "),
        ("[" * 100_000, "it is no JSON: "),
    ],
)
def test_a_configuration_that_is_no_json_is_passed_over(
    text: str, why: str, config: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As Docker does it, with a warning: who needs no credentials is not stopped."""
    config.write_text(text)
    assert credentials(SERVER) == {}
    assert f"the Docker configuration {config} is not used: {why}" in caplog.text


@pytest.mark.needs("root")
def test_a_configuration_that_may_not_be_read_is_passed_over(config: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is root's, say, after a `sudo docker login`."""
    config.write_text("{}")
    config.chmod(0)
    for folder in config.parents[:-2]:
        folder.chmod(0o755)
    os.seteuid(65534)
    try:
        assert credentials(SERVER) == {}
    finally:
        os.seteuid(0)
    assert "is not used: Permission denied" in caplog.text


def test_a_configuration_that_is_a_pipe_is_not_waited_for(config: Path) -> None:
    """Neither by us nor by the SDK, which reads the file before it connects."""
    os.mkfifo(config)
    assert "FIFO" in _refused().why
    with pytest.raises(ToolError, match="FIFO"):
        sdk()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "{}",
        '{"HttpHeaders": {"a": "b"}}',
        '{"auths": {"other.example": {"auth": "no"}}, "credHelpers": null}',
    ],
)
def test_a_configuration_without_an_entry_is_no_error(text: str, config: Path) -> None:
    """What there is for other registries, or besides, harms nobody."""
    config.write_text(text)
    assert credentials(SERVER) == {}


@pytest.mark.parametrize(
    ("entries", "registry"),
    [
        ({"auths": {SERVER: AUTH}}, SERVER),
        ({"auths": {f"https://{SERVER}/v1/": AUTH}}, SERVER),
        ({SERVER: AUTH}, SERVER),
        ({"auths": {HUB: AUTH}}, ""),
    ],
)
def test_an_entry_is_found_by_the_names_that_docker_gives_it(entries: object, registry: str, config: Path) -> None:
    """The host, or an address as old as Docker's own registry; also in a file that has nothing but entries."""
    config.write_text(json.dumps(entries))
    found = parsed_credentials(registry)
    assert (found.name, found.password) == ("ann", "secret")


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("sleep 60", "it was stopped after 1 s"),
        ("trap '' INT PIPE; exec 2>&-; while :; do echo yyyyyyyyyyyyyyyy; done", "it says more than 1,000 bytes"),
        ("while :; do echo yyyyyyyyyyyyyyyy >&2; done", "it says more than 1,000 bytes"),
        ("echo the keychain is locked; exit 1", "it ended with code 1: the keychain is locked"),
        ("echo the keychain is locked >&2; exit 1", "it ended with code 1: the keychain is locked"),
        ("kill -9 $$", "signal 9 ended it"),
        ("echo secret", "its answer is not what a helper answers"),
        ("echo []", "its answer is not what a helper answers"),
        ("""echo '{"Username": 3, "Secret": "secret"}'""", "its answer is not what a helper answers"),
        ("exec nothing-of-the-kind", "it ended with code 127: "),
    ],
)
def test_a_helper_that_fails_is_told(script: str, why: str, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within its time, with its name, that of the file that asks for it, and nothing that may be a password."""
    monkeypatch.setattr(credential_helper, "_TIMEOUT", 1)
    monkeypatch.setattr(credential_helper, "_MOST", 1000)
    _helper(config, script)
    begin = time.monotonic()
    error = _refused()
    assert time.monotonic() - begin < 10
    assert error.where == f"docker-credential-mine, which {config} names for {SERVER}"
    assert error.why.startswith(why)
    assert "secret" not in str(error)


def test_a_helper_that_is_not_installed_is_told_once(config: Path, recwarn: pytest.WarningsRecorder) -> None:
    """In our own words, and with no warning of a library's."""
    config.write_text(json.dumps({"credsStore": "missing"}))
    error = _refused("")
    assert error.where == f"docker-credential-missing, which {config} names for {HUB}"
    assert error.why == "it is not installed, or not in PATH"
    assert not recwarn.list


@pytest.mark.parametrize(
    "script",
    ["echo credentials not found in native keychain; exit 1", """echo '{"Username": "", "Secret": ""}'"""],
)
def test_a_helper_without_credentials_leaves_the_entry(script: str, config: Path) -> None:
    """Either way to say so is no error, and what the file itself has is taken."""
    _helper(config, script)
    assert parsed_credentials(SERVER).password == "secret"


def test_a_helper_may_give_a_token(config: Path) -> None:
    """The server is asked for as Docker does, and a name that is none stands for a token."""
    _helper(config, """read host; echo '{"Username": "<token>", "Secret": "for '$host'"}'""")
    assert parsed_credentials(SERVER).identity_token == f"for {SERVER}"
