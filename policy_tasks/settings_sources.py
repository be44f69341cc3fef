"""
Where settings come from: each source is a mapping with a name, and a later source outranks an earlier one.

A key is written in its section (`image: {repo: …}`) or, since no two sections share a key, without it (`repo: …`).
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from policy_tasks.errors import Problem, SettingsError
from policy_tasks.settings import (
    CompileSettings,
    CoreSettings,
    DiscoverSettings,
    GenerateSettings,
    ImageSettings,
    MetricsSettings,
    ModulesSettings,
    Settings,
)
from policy_tasks.settings_values import CONVERTERS

SECTIONS: dict[str, type[Any]] = {
    "discover": DiscoverSettings,
    "core": CoreSettings,
    "modules": ModulesSettings,
    "generate": GenerateSettings,
    "compile": CompileSettings,
    "image": ImageSettings,
    "metrics": MetricsSettings,
}
FIELDS = {field.name: (section, field) for section, kind in SECTIONS.items() for field in fields(kind)}

_VARIABLE_PREFIX = "POLICY_TASKS_"
_VARIABLES_OF_THE_BUILDER = {"POLICY_ENGINE_IMAGE_REPO": "repo", "POLICY_ENGINE_TAG": "tag"}


class Source(NamedTuple):
    """
    Values with the name of where they stand, and the folder that their relative paths count from.

    `ignored_keys` are no settings of ours: somebody else reads them from the same table. `variable` is the variable's own
    name, where the source is one.
    """

    name: str
    base: Path
    values: Mapping[str, Any]
    ignored_keys: tuple[str, ...] = ()
    variable: str = ""


def merge(root: Path, *sources: Source) -> Settings:
    """
    Merge the sources, the last one outranking the others, and report every key and value that is not right.

    Raises `SettingsError` with all problems at once.
    """
    problems: list[Problem] = []
    sections: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for source in sources:
        seen: set[str] = set()
        for key, value in _flatten(source, problems):
            section, field = FIELDS[key]
            if key in seen:
                problems.append(
                    _wrong_value(f"{section}.{key}", source, "it stands there twice, once without its section")
                )
            seen.add(key)
            try:
                sections[section][key] = CONVERTERS[str(field.type)](value, source.base)
            except (ValueError, RuntimeError) as error:  # RuntimeError: the home of a ~user who does not exist
                problems.append(_wrong_value(f"{section}.{key}", source, str(error)))
    if problems:
        raise SettingsError(*problems)
    made = {section: SECTIONS[section](**values) for section, values in sections.items()}
    return replace(Settings(root=root), **made)


def environment(variables: Mapping[str, str], base: Path) -> list[Source]:
    """
    The settings among the environment variables: `POLICY_TASKS_<SECTION>_<KEY>`, or without the section as everywhere,
    outranking the builder's two own names.

    An empty variable is none, as with the go command: compose files and CI systems cannot leave one out.
    """
    sources = []
    for variable, key in _VARIABLES_OF_THE_BUILDER.items():
        if variables.get(variable):
            sources.append(Source(name=f"the variable {variable}", base=base, values={key: variables[variable]}))
    for variable in sorted(variables):
        if variable.startswith(_VARIABLE_PREFIX) and variables[variable]:
            values = _variable(variable, variables[variable])
            sources.append(Source(f"the variable {variable}", base, values, variable=variable))
    return sources


def _variable(variable: str, text: str) -> dict[str, Any]:
    words = variable.removeprefix(_VARIABLE_PREFIX).lower()
    section, _, key = words.partition("_")
    value = text.split(os.pathsep) if words.endswith("policies") else text
    return {section: {key: value}} if key and section in SECTIONS else {words: value}


def _flatten(source: Source, problems: list[Problem]) -> Iterator[tuple[str, Any]]:
    for name, value in source.values.items():
        key = str(name).replace("-", "_")
        if name in source.ignored_keys:
            continue
        if key in SECTIONS and isinstance(value, Mapping):
            yield from _section(source, key, value, problems)
        elif key in SECTIONS:
            problems.append(_wrong_value(key, source, f"found {value!r}, want a table of settings"))
        elif key in FIELDS:
            if value is not None:
                yield key, value
        else:
            problems.append(_unknown_key(str(name), [*SECTIONS, *FIELDS, *source.ignored_keys], source))


def _section(
    source: Source, section: str, values: Mapping[str, Any], problems: list[Problem]
) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        key = str(name).replace("-", "_")
        if FIELDS.get(key, ("",))[0] != section:
            keys = [field.name for field in fields(SECTIONS[section])]
            problems.append(_unknown_key(f"{section}.{name}", [f"{section}.{key}" for key in keys], source))
        elif value is not None:
            yield key, value


def _unknown_key(name: str, known: list[str], source: Source) -> Problem:
    if source.variable:
        return _unknown_variable(source)
    close = difflib.get_close_matches(name.replace("-", "_"), known, 1, 0.5)
    return Problem(
        what=f"the setting {name!r} is not known",
        where=source.name,
        why=f"the nearest known key is {close[0]!r}" if close else f"known are {', '.join(sorted(known))}",
        fix=f"write {close[0]!r}, or remove it" if close else "remove it, or correct its name",
    )


def _unknown_variable(source: Source) -> Problem:
    known = [f"{section}_{key}".upper() for key, (section, _) in FIELDS.items()]
    close = difflib.get_close_matches(source.variable.removeprefix(_VARIABLE_PREFIX), known, 1, 0.5)
    nearest = f"{_VARIABLE_PREFIX}{close[0]}" if close else ""
    return Problem(
        what=f"no setting has the variable {source.variable}",
        where=source.name,
        why=f"the nearest is {nearest}"
        if nearest
        else f"known are {', '.join(_VARIABLE_PREFIX + each for each in known)}",
        fix=f"write {nearest}, or remove it" if nearest else "remove it, or correct its name",
    )


def _wrong_value(key: str, source: Source, why: str) -> Problem:
    return Problem(what=f"the setting {key!r} has a wrong value", where=source.name, why=why, fix="correct that value")
