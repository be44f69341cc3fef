"""
Everything that a user can put right, with its exit code.

Classes are divided by who must act, not by stage. A bug is none of these: it keeps its traceback and exit code 1.
"""

from __future__ import annotations

import errno
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from policy_tasks.printable import without_credentials

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """
    One thing that is wrong: what, where, why, and how to fix it.

    Each is one line or a few, in the user's words: a policy, an image, a setting; never a class of ours.
    """

    what: str
    where: str
    why: str
    fix: str

    def __post_init__(self) -> None:
        """
        Leave out credentials here, whichever door shows the problem.
        """
        for name in ("what", "where", "why", "fix"):
            object.__setattr__(self, name, without_credentials(getattr(self, name)))


class PolicyTasksError(Exception):
    """
    One or several problems that a user can put right.

    `what`, `where`, `why` and `fix` are those of the first problem; `problems` has all.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems

    @classmethod
    def of(cls, what: str, *, where: object, why: str, fix: str) -> PolicyTasksError:
        """
        Make an error of a single problem.
        """
        return cls(Problem(what=what, where=str(where), why=why, fix=fix))

    @property
    def what(self) -> str:
        """
        What is wrong.
        """
        return self.problems[0].what

    @property
    def where(self) -> str:
        """
        `file:line:column`, a setting and its source, a socket, a reference.
        """
        return self.problems[0].where

    @property
    def why(self) -> str:
        """
        What was found, against what was expected.
        """
        return self.problems[0].why

    @property
    def fix(self) -> str:
        """
        What to do.
        """
        return self.problems[0].fix

    def __str__(self) -> str:
        return "\n".join(_as_text(problem) for problem in self.problems)

    def document(self) -> dict[str, Any]:
        """
        The JSON document of `--format json`: `error` is the first problem, `problems` are all of them.
        """
        problems = [asdict(problem) for problem in self.problems]
        return {"error": {**problems[0], "exit_code": self.exit_code}, "problems": problems}


def _as_text(problem: Problem) -> str:
    lines = [f"error: {problem.what}"]
    for label, text in (("where:", problem.where), ("why:  ", problem.why), ("fix:  ", problem.fix)):
        lines.append(f"  {label} " + text.replace("\n", "\n         "))
    return "\n".join(lines)


class SettingsError(PolicyTasksError):
    """
    For whoever wrote the configuration: a setting, a flag, a variable, a folder that is not there.
    """

    exit_code = 2


class PolicyError(PolicyTasksError):
    """
    For the author of a policy: it does not parse, compile, resolve, or is not a policy.
    """

    exit_code = 3


class ToolError(PolicyTasksError):
    """
    For whoever owns the machine: Go or Docker is absent, too old, not running, or may not be used.
    """

    exit_code = 4


class BuildError(PolicyTasksError):
    """
    For the reader of another tool's output: Go or the Docker engine failed in a way that is not a policy's fault.
    """

    exit_code = 5


class RegistryError(PolicyTasksError):
    """
    For whoever holds the credentials or runs the registry: refused, not found, not reachable.
    """

    exit_code = 6


class OutputError(PolicyTasksError):
    """
    For whoever owns the disk: full, read-only, or not writable by this user.
    """

    exit_code = 7


_FIXES = {
    errno.ENOSPC: "free some space on that disk, then run again",
    errno.EDQUOT: "free some space within your quota, then run again",
    errno.EEXIST: "what is there is no folder: remove it, or name another place with {flag}",
    errno.EROFS: "choose a folder on a disk that can be written, with {flag}",
    errno.EACCES: "make it writable for this user, or choose another folder with {flag}",
    errno.EPERM: "make it writable for this user, or choose another folder with {flag}",
}


def output_error(error: OSError, path: Path | str, flag: str = "--build-dir") -> PolicyTasksError:
    """
    Turn the operating system's refusal to read or write a file into an error that says what to do: `flag` is what names
    the place of such files.
    """
    where = error.filename if isinstance(error.filename, str) and error.filename.startswith("/") else path
    fix = _FIXES.get(error.errno or 0, "see to it that this file can be read and written, then run again")
    return OutputError.of(
        "a file cannot be read or written", where=where, why=error.strerror or str(error), fix=fix.format(flag=flag)
    )
