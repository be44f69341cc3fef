"""
The door for Invoke: the stages, and what helps to write policies, as tasks, in a collection of your own or one by one.

    from policy_tasks import collection
    namespace = collection(policies=["policies"])
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.parser.argument import Argument
from invoke.tasks import Task

from policy_tasks.door import ADDRESS, FORMATS, TASKS, answer
from policy_tasks.errors import SettingsError
from policy_tasks.project import current_folder, find_root, pyproject
from policy_tasks.settings import Settings
from policy_tasks.settings_sources import FIELDS, Source, environment, merge

CONFIGURATION_KEY = "policy_tasks"
_CONFIGURATION = f"Invoke's configuration, under {CONFIGURATION_KEY}"
_COMMON_FLAGS = ("policies", "build_dir", "platform", "locked", "update", "offline", "report", "textfile")
_IMAGE_FLAGS = ("repo", "tag", "base", "engine", "output")
_HELP = {
    "fetch": "Download the modules that the policies need, for later builds without a network.",
    "discover": "List the policies, and what is nearly one.",
    "generate": "Write the Go module that holds the core and the policies.",
    "compile": "Compile the static binary.",
    "image": "Build the container image.",
    "publish": "Push the image to its registry.",
    "test": "Test the policies as they are built together. This runs their code.",
    "new": "Make the folder of a new policy.",
    "watch": "Serve the policies while they are developed. This runs their code.",
}
# The arguments of tasks that are no settings: the default, and the help.
_ARGUMENTS: dict[str, dict[str, tuple[Any, str]]] = {
    "test": {"race": (False, "Also look for data races, for which a C compiler is needed.")},
    "new": {
        "name": (inspect.Parameter.empty, "The policy's name, which its folder and its package get as well."),
        "path": (None, "The folder to make. By default it has the policy's name, below the first policies folder."),
        "module": (None, "The module's path. By default example.com/NAME."),
    },
    "watch": {"addr": (ADDRESS, "HOST:PORT to serve at. The engine's own settings are its POLICY_ENGINE_* variables.")},
}


class StageTask(Task[Any]):
    """
    A task that is equal to itself only.

    For Invoke tasks with the same name and code are equal, and of `edge.image core.image` it would run only one.
    """

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:  # noqa: FBT001 - Invoke calls it so
        """
        The flags. A repeatable one has no value until it is given one: else Invoke would accept `--policies` without a value.
        """
        arguments = super().get_arguments(ignore_unknown_help)
        for argument in arguments:
            if argument.kind is list:
                argument.raw_value = None
        return arguments


def collection(name: str | None = None, **settings: Any) -> Collection:
    """
    A new collection of all tasks, with these settings, which outrank those of `pyproject.toml`.

    A setting is named by its key (`repo="engine"`) or in its section (`image={"repo": "engine"}`). Relative paths count
    from the project's root.
    """
    made = Collection(name) if name else Collection()
    for task in TASKS:
        made.add_task(_task(task, settings))
    return made


def _task(name: str, settings: Mapping[str, Any]) -> StageTask:
    keys, arguments = _keys(name), _ARGUMENTS.get(name, {})

    def body(context: Context, **flags: Any) -> None:
        if context.config.run.dry:
            raise Exit(f"{name} cannot be tried without doing it: run it without --dry", code=SettingsError.exit_code)
        form = flags.pop("format", None) or FORMATS[0]  # None where Python calls the task
        given = {key: flags.pop(key) for key in arguments if flags.get(key) is not None}
        code = answer(name, lambda: _settings(context, settings, flags), form, **given)
        if code:
            raise Exit(code=code)

    body.__name__ = name
    body.__doc__ = _HELP[name]
    body.__signature__ = _signature(keys, arguments)  # type: ignore[attr-defined]
    helps = {key: FIELDS[key][1].metadata["help"] for key in keys}
    helps |= {key: meaning for key, (_, meaning) in arguments.items()}
    helps["format"] = f"What to print on stdout: {' or '.join(FORMATS)}."
    return StageTask(body, name=name, help=helps, iterable=["policies"], auto_shortflags=False)


def _keys(name: str) -> tuple[str, ...]:
    """
    The settings that are flags of this task.
    """
    if name == "new":
        return ("policies",)
    if name in ("test", "watch"):  # they run here, so there is no platform to choose
        return tuple(key for key in _COMMON_FLAGS if key != "platform")
    return _COMMON_FLAGS + (_IMAGE_FLAGS if name in ("image", "publish") else ())


def _signature(keys: tuple[str, ...], arguments: Mapping[str, tuple[Any, str]]) -> inspect.Signature:
    word = inspect.Parameter.POSITIONAL_OR_KEYWORD
    # For Invoke a flag whose default is False takes no value.
    defaults = {key: default for key, (default, _) in arguments.items()}
    defaults |= {key: False if FIELDS[key][1].type == "bool" else None for key in keys} | {"format": None}
    flags = [inspect.Parameter(key, word, default=default) for key, default in defaults.items()]
    return inspect.Signature([inspect.Parameter("context", word), *flags])


def _settings(context: Context, given: Mapping[str, Any], flags: Mapping[str, Any]) -> Settings:
    """
    All sources, the later outranking the earlier.
    """
    here = current_folder()
    root = _root(context, here)
    said = {key: value for key, value in flags.items() if value not in (None, [], False)}
    return merge(
        root,
        pyproject(root),
        Source(name="the collection's settings", base=root, values=given),
        Source(name=_CONFIGURATION, base=root, values=_configured(context)),
        *environment(os.environ, here),
        Source(name="the command line", base=here, values=said),
    )


def _root(context: Context, here: Path) -> Path:
    """
    Where Invoke found the tasks, which `-r`, `-c` and its configuration can change; else what is around this folder.
    """
    found = getattr(context.config, "_project_prefix", None)  # there is no public name for it
    return Path(found) if found else find_root(here)


def _configured(context: Context) -> Mapping[str, Any]:
    values = _plain(context.config.get(CONFIGURATION_KEY) or {})
    if isinstance(values, Mapping):
        return values
    raise SettingsError.of(
        f"the setting {CONFIGURATION_KEY!r} has a wrong value",
        where=_CONFIGURATION,
        why=f"found {values!r}, want settings with their values",
        fix=f"write for example {CONFIGURATION_KEY}: {{image: {{repo: my-engine}}}}",
    )


def _plain(value: Any) -> Any:
    """
    Invoke's configuration as the mappings that it was made of.
    """
    if hasattr(value, "keys"):
        return {key: _plain(value[key]) for key in value}
    return value


fetch, discover, generate, compile, image, publish, test, new, watch = (_task(task, {}) for task in TASKS)
namespace = collection()
