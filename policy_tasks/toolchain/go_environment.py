"""
The environment that go commands run in, built from nothing: no variable of the user's reaches Go unless it is named here.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from policy_tasks.printable import printable
from policy_tasks.toolchain.go_program import unusable
from policy_tasks.toolchain.offline import NO_NETWORK
from policy_tasks.toolchain.process import Command, Processes

log = logging.getLogger(__name__)

# What reaches Go from the user's environment: how to find modules, through which proxies, trusting whom. Nothing that
# changes what is compiled, or that names a program to be run (GOFLAGS, CC, GOPACKAGESDRIVER, GOCACHEPROG, LD_PRELOAD).
_PASSED_VARIABLES = (
    "PATH HOME USER TMPDIR TEMP TMP SYSTEMROOT LOCALAPPDATA APPDATA USERPROFILE XDG_CACHE_HOME XDG_CONFIG_HOME "
    "HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy ALL_PROXY all_proxy SSL_CERT_FILE SSL_CERT_DIR "
    "NETRC SSH_AUTH_SOCK GIT_SSL_CAINFO GIT_CONFIG_GLOBAL GIT_TERMINAL_PROMPT GIT_ASKPASS"
).split()
# What `go env` is asked for: the user may have set it with `go env -w`.
_GO_VARIABLES = (
    "GOVERSION GOROOT GOPROXY GONOPROXY GOPRIVATE GOSUMDB GONOSUMDB GOINSECURE GOVCS GOAUTH GOCACHE GOMODCACHE GOPATH"
).split()
# What GOCACHE is where there is no home.
_OFF = "off"
# A go.work or GOFLAGS of the user's must not decide.
_FIXED = {"GOFLAGS": "", "GOWORK": "off", "GOTOOLCHAIN": "local"}


def go_environment(program: Path, scratch: Path, processes: Processes, *, offline: bool) -> tuple[str, dict[str, str]]:
    """
    The version of this go command, and the environment for it, which offline lets it reach no network. The scratch folder
    has no go.mod that could decide anything.

    Raises `ToolError` for a program that does not answer as Go does.
    """
    user = {name: os.environ[name] for name in _PASSED_VARIABLES if name in os.environ}
    values = _go_env(program, scratch, processes, user)
    version = values.pop("GOVERSION")
    environment = {**user, **values, **_FIXED, "GOENV": "off", "CGO_ENABLED": "0", "CC": "false"}
    return version, environment | _caches(values, scratch) | (NO_NETWORK if offline else {})


def _go_env(program: Path, scratch: Path, processes: Processes, user: Mapping[str, str]) -> dict[str, str]:
    """
    What `go env` says, without what is empty. It reads the user's variables and what `go env -w` has stored.
    """
    # Where this go has its library it knows itself: GOROOT may be that of another.
    passed = {*_GO_VARIABLES, "GOENV"} - {"GOROOT"}
    own = {name: value for name, value in os.environ.items() if name in passed}
    argv = (str(program), "env", "-json", *_GO_VARIABLES)
    done = processes.run(Command(argv=argv, cwd=scratch, env={**user, **own, **_FIXED}))
    if done.code != 0:
        raise unusable(program, done.message or f"it ended with code {done.code}")
    try:
        values: dict[str, str] = json.loads(done.stdout)
        return {"GOVERSION": values["GOVERSION"], **{name: value for name, value in values.items() if value}}
    except (ValueError, KeyError, TypeError, AttributeError):
        output = printable(done.stdout.decode("utf-8", "replace")[:200])
        raise unusable(program, f"asked for its environment it said {output!r}") from None


def _caches(values: Mapping[str, str], scratch: Path) -> dict[str, str]:
    """
    Where the user's caches cannot be written, caches in the build directory take their place.
    """
    places = {}
    for name in ("GOCACHE", "GOMODCACHE", "GOPATH"):
        if not _writable(Path(values.get(name) or os.devnull)):
            places[name] = str(scratch / name.lower())
    if "GOMODCACHE" in places:  # Go makes what it downloads read-only, and so the build directory could not be removed
        places["GOFLAGS"] = "-modcacherw"
    if "GOCACHE" in places:
        log.info("%s: using one in the build directory", _no_cache(values.get("GOCACHE", _OFF)))
    temporary = Path(os.environ.get("TMPDIR") or "/tmp")  # noqa: S108 - what Go takes, and does not make
    if (temporary.is_dir() and _writable(temporary)) or os.name != "posix":
        return places
    log.info("%s cannot be written: Go's temporary files go to the build directory", temporary)
    return {**places, "TMPDIR": str(scratch)}


def _no_cache(cache: str) -> str:
    return "Go has no place for its cache" if cache == _OFF else f"Go's cache {cache} cannot be written"


def _writable(folder: Path) -> bool:
    if not folder.is_absolute():  # _OFF
        return False
    if folder.exists():
        return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
    above = next(parent for parent in folder.parents if parent.exists())
    try:
        tempfile.TemporaryDirectory(dir=above).cleanup()  # in /proc, say, nothing can be made, whatever its mode
    except OSError:
        return False
    return True
