"""
Turn a folder of Go policy modules into one static binary and one small container image.

`fetch`, `discover`, `generate`, `compile`, `image` and `publish` take `Settings` and return a value; `load_settings` reads them
from the project, or they are made of their sections, such as `ImageSettings`; `new` makes a policy, and `test` tests all;
`collection` gives the same as Invoke tasks. All that a user can put right is a `PolicyTasksError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for type checkers, to whom `as` says that a name is public
    from policy_tasks.errors import BuildError as BuildError
    from policy_tasks.errors import OutputError as OutputError
    from policy_tasks.errors import PolicyError as PolicyError
    from policy_tasks.errors import PolicyTasksError as PolicyTasksError
    from policy_tasks.errors import RegistryError as RegistryError
    from policy_tasks.errors import SettingsError as SettingsError
    from policy_tasks.errors import ToolError as ToolError
    from policy_tasks.model import Binary as Binary
    from policy_tasks.model import FetchedModules as FetchedModules
    from policy_tasks.model import GeneratedSources as GeneratedSources
    from policy_tasks.model import Image as Image
    from policy_tasks.model import NewPolicy as NewPolicy
    from policy_tasks.model import PolicySet as PolicySet
    from policy_tasks.model import Published as Published
    from policy_tasks.model import Tested as Tested
    from policy_tasks.names import RemoteModule as RemoteModule
    from policy_tasks.pipeline import compile as compile
    from policy_tasks.pipeline import discover as discover
    from policy_tasks.pipeline import fetch as fetch
    from policy_tasks.pipeline import generate as generate
    from policy_tasks.pipeline import image as image
    from policy_tasks.pipeline import new as new
    from policy_tasks.pipeline import publish as publish
    from policy_tasks.pipeline import test as test
    from policy_tasks.project import load_settings as load_settings
    from policy_tasks.settings import CompileSettings as CompileSettings
    from policy_tasks.settings import CoreSettings as CoreSettings
    from policy_tasks.settings import DiscoverSettings as DiscoverSettings
    from policy_tasks.settings import GenerateSettings as GenerateSettings
    from policy_tasks.settings import ImageSettings as ImageSettings
    from policy_tasks.settings import MetricsSettings as MetricsSettings
    from policy_tasks.settings import ModulesSettings as ModulesSettings
    from policy_tasks.settings import Settings as Settings
    from policy_tasks.tasks import collection as collection

__version__ = "0.1.0"

# The public names by module, which is imported on first use: the hatch hook must not import Invoke, and `import policy_tasks`
# is to cost nothing.
_NAMES = {
    "errors": "BuildError OutputError PolicyError PolicyTasksError RegistryError SettingsError ToolError".split(),
    "model": "Binary FetchedModules GeneratedSources Image NewPolicy PolicySet Published Tested".split(),
    "names": "RemoteModule".split(),
    "pipeline": "compile discover fetch generate image new publish test".split(),
    "project": "load_settings".split(),
    "settings": (
        "CompileSettings CoreSettings DiscoverSettings GenerateSettings ImageSettings "
        "MetricsSettings ModulesSettings Settings"
    ).split(),
    "tasks": "collection".split(),
}
__all__ = [name for names in _NAMES.values() for name in names]


def __dir__() -> list[str]:
    return [name for name in globals() if name.startswith("__")] + __all__


def __getattr__(name: str) -> Any:
    import importlib

    for module, names in _NAMES.items():
        if name in names:
            return getattr(importlib.import_module(f"policy_tasks.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
