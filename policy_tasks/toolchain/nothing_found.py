"""
What there is where policies were looked for and none was found.
"""

from __future__ import annotations

from collections.abc import Iterator

from policy_tasks.errors import PolicyError, PolicyTasksError, Problem
from policy_tasks.model import NearMiss, StagedModule
from policy_tasks.settings import Settings
from policy_tasks.toolchain.policy_folder import Reading

_CONTRACT = "an exported type with Name() string, Execute(context.Context, any) (any, error) and Validate() error"
# The most modules that an error lists.
_MOST = 5


def without_module(reading: Reading) -> Iterator[NearMiss]:
    """
    Folders with Go files of which no module knows.
    """
    for folder in sorted({path.parent for path in reading.without_module}):
        file = min(path for path in reading.without_module if path.parent == folder)
        reason = f"{folder} holds Go files but belongs to no module: it has no go.mod"
        fix = f"run `go mod init example.com/{folder.name}` there"
        yield NearMiss(package="", type="", reason=reason, file=file, line=1, fix=fix)


def nothing_found(
    settings: Settings, misses: tuple[NearMiss, ...], modules: tuple[StagedModule, ...] = ()
) -> PolicyTasksError:
    """
    The error for policies that are none, with what is nearly one in these modules.
    """
    contract = f"an exported type that implements {settings.core.interface}" if settings.core.main else _CONTRACT
    if misses:
        return PolicyError(*(_as_problem(miss, contract) for miss in misses))
    return PolicyError.of(
        "there are no policies",
        where=", ".join(map(str, (*settings.folders, *settings.remotes))),
        why=_why_nothing(settings, modules),
        fix=_fix_nothing(settings, contract),
    )


def _fix_nothing(settings: Settings, contract: str) -> str:
    make = "" if settings.core.main else ", as `policy-tasks new NAME` makes one"
    return f"add a module with a policy{make}: {contract}"


def _why_nothing(settings: Settings, modules: tuple[StagedModule, ...]) -> str:
    looked_into = [f"{module.path} {module.version or ''}".rstrip() for module in modules if not module.helper]
    if looked_into:
        more = f" and {len(looked_into) - _MOST} more" if looked_into[_MOST:] else ""
        return f"no policy was found in {', '.join(looked_into[:_MOST])}{more}, nor what is nearly one"
    empty = [str(folder) for folder in settings.folders if not any(folder.iterdir())]
    return f"{', '.join(empty)} is empty: is it the folder that was meant?" if empty else "no Go module is there"


def _as_problem(miss: NearMiss, contract: str) -> Problem:
    what = "these files are in no module"
    if miss.package:
        what = f"{f'{miss.package}.{miss.type}'.rstrip('.')} is not {'a policy' if miss.type else 'taken'}"
    fix = miss.fix or f"correct that; a policy is {contract}"
    return Problem(what=f"there are no policies: {what}", where=f"{miss.file}:{miss.line}", why=miss.reason, fix=fix)
