"""
Turn a folder of Go policy modules into one static binary and one small container image.

`fetch`, `discover`, `generate`, `compile`, `image` and `publish` take `Settings` and return a value; `load_settings` reads them
from the project; `new` makes a policy, and `test` tests all; `collection` gives the same as Invoke tasks. All that a user can
put right is a `PolicyTasksError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policy_tasks.errors import (
        BuildError,
        OutputError,
        PolicyError,
        PolicyTasksError,
        RegistryError,
        SettingsError,
        ToolError,
    )
    from policy_tasks.model import (
        Binary,
        FetchedModules,
        GeneratedSources,
        Image,
        NewPolicy,
        PolicySet,
        Published,
        Tested,
    )
    from policy_tasks.pipeline import compile, discover, fetch, generate, image, new, publish, test
    from policy_tasks.project import load_settings
    from policy_tasks.settings import Settings
    from policy_tasks.tasks import collection

__version__ = "0.1.0"

# Imported on first use: the hatch hook must not import Invoke, and `import policy_tasks` is to cost nothing.
_NAMES = {
    "policy_tasks.errors": (
        "BuildError",
        "OutputError",
        "PolicyError",
        "PolicyTasksError",
        "RegistryError",
        "SettingsError",
        "ToolError",
    ),
    "policy_tasks.model": (
        "Binary",
        "FetchedModules",
        "GeneratedSources",
        "Image",
        "NewPolicy",
        "PolicySet",
        "Published",
        "Tested",
    ),
    "policy_tasks.pipeline": ("compile", "discover", "fetch", "generate", "image", "new", "publish", "test"),
    "policy_tasks.project": ("load_settings",),
    "policy_tasks.settings": ("Settings",),
    "policy_tasks.tasks": ("collection",),
}

__all__ = [
    "Binary",
    "BuildError",
    "FetchedModules",
    "GeneratedSources",
    "Image",
    "NewPolicy",
    "OutputError",
    "PolicyError",
    "PolicySet",
    "PolicyTasksError",
    "Published",
    "RegistryError",
    "Settings",
    "SettingsError",
    "Tested",
    "ToolError",
    "collection",
    "compile",
    "discover",
    "fetch",
    "generate",
    "image",
    "load_settings",
    "new",
    "publish",
    "test",
]


def __dir__() -> list[str]:
    return [*globals(), *__all__]


def __getattr__(name: str) -> Any:
    import importlib

    for module, names in _NAMES.items():
        if name in names:
            return getattr(importlib.import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
