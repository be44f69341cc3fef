"""
`go test` of packages of the generated module.

Only this runs policies' code, and only because a person has asked for it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

from policy_tasks.errors import PolicyTasksError, ToolError
from policy_tasks.printable import printable
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.go_program import unusable
from policy_tasks.toolchain.go_test_events import Events, Outcome
from policy_tasks.toolchain.test_modules import MODFILE

# What changes how Go builds, and `go env` does not list: `go help environment`.
_UNLISTED = ("GO_EXTLINK_ENABLED",)
_COMPILERS = ("cc", "gcc", "clang")
# What the race detector makes of Go with C, and how Go's linker says that another one has failed.
_WITH_C = "runtime/cgo"
_LINKER = re.compile(r"link: running \S+ failed")


def go_test(packages: list[str], *, race: bool, go: Go, directory: BuildDirectory) -> list[Outcome]:
    """
    Test these packages, with the race detector if asked for. Raises `ToolError` where it cannot be had.

    The policies' tests get the user's whole environment, except for what would change how Go builds.
    """
    flags = ("-json", "-mod=readonly", MODFILE, "-buildvcs=false", "-fullpath", *(["-race"] if race else []))
    command = go.command("test", *flags, *packages, cwd=directory.path)
    detector = {"CGO_ENABLED": "1", "CC": _compiler()} if race else {}
    done = go.processes.run(command._replace(env={**_ambient(go, directory), **command.env, **detector}))
    events = Events()
    for event in _events(done.stdout):
        events.read(event)
    _check_compiler(events.failed_builds())
    outcomes = events.outcomes()
    if done.code != 0 and not any(each.action == "fail" for each in outcomes):
        outcomes.append(Outcome("", "", "fail", 0.0, done.message or f"go test ended with code {done.code}"))
    return outcomes


def _ambient(go: Go, directory: BuildDirectory) -> dict[str, str]:
    """
    The user's environment without Go's own variables. Others may begin as they do, such as GOOGLE_CLOUD_PROJECT.
    """
    done = go.run("env", "-json", cwd=directory.path)
    if done.code != 0:
        raise unusable(go.path, done.message or f"go env ended with code {done.code}")
    own = {*json.loads(done.stdout), *_UNLISTED}
    return {name: text for name, text in os.environ.items() if name not in own and not name.startswith("CGO_")}


def _compiler() -> str:
    named = os.environ.get("CC")
    found = named or next((name for name in _COMPILERS if shutil.which(name)), None)
    if not found:
        raise _no_detector("PATH", f"it is linked by a C compiler, and there is none of {', '.join(_COMPILERS)}")
    return found


def _check_compiler(failed_builds: Mapping[str, str]) -> None:
    """
    Nothing but the race detector is built with the C compiler: where that fails no policy is at fault.
    """
    for build, said in failed_builds.items():
        if build == _WITH_C or _LINKER.search(said):
            where = "CC" if os.environ.get("CC") else "PATH"
            raise _no_detector(where, f"it is linked by a C compiler, which fails:\n{printable(said.strip())}")


def _no_detector(where: str, why: str) -> PolicyTasksError:
    fix = "install one that works, or name it with the variable CC, or test without --race"
    return ToolError.of("the race detector cannot be used", where=where, why=why, fix=fix)


def _events(stdout: bytes) -> Iterator[Mapping[str, Any]]:
    for line in stdout.splitlines():
        try:
            event = json.loads(line)
        except ValueError:  # a test that writes to the file behind stdout: go test passes on what it cannot read
            continue
        if isinstance(event, dict):
            yield event
