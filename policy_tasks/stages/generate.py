"""
PolicySet -> GeneratedSources: write `imports.go`, and what else makes the staged modules a complete Go module.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from policy_tasks.model import GeneratedSources, PolicySet
from policy_tasks.toolchain import templates
from policy_tasks.toolchain.alpine import ALPINE
from policy_tasks.toolchain.build_directory import DOCKERFILE, MANIFEST, BuildDirectory, key_of
from policy_tasks.toolchain.core import OWN, Core
from policy_tasks.toolchain.go_command import BUILD_COMMAND
from policy_tasks.toolchain.image_config import ENTRYPOINT, USER
from policy_tasks.toolchain.manifest import as_text, contents
from policy_tasks.toolchain.policy_values import package_aliases, registered

log = logging.getLogger(__name__)

# What imports.go takes from another template.
_VERSIONED = "versioned.go"


def generate_sources(found: PolicySet, core: Core, directory: BuildDirectory) -> GeneratedSources:
    """
    Write the generated files. What has not changed since it was rendered is not rendered again.
    """
    template, values = _imports(found, core)
    build = {"base": ALPINE, "build": (*BUILD_COMMAND, core.package), "entrypoint": ENTRYPOINT, "user": USER}
    sources = map(templates.source, (template, _VERSIONED, DOCKERFILE))
    key = key_of(repr((values, build)), *sources)
    known = directory.recall("generated") or {}
    if known != {"key": key, "files": directory.digest(core.imports, DOCKERFILE)}:
        # The manifest goes first and comes last: generated files with one beside them belong together.
        (directory.path / MANIFEST).unlink(missing_ok=True)
        directory.write(core.imports, templates.render(template, **values))
        directory.write(DOCKERFILE, templates.render(DOCKERFILE, **build))
        directory.remember("generated", {"key": key, "files": directory.digest(core.imports, DOCKERFILE)})
        log.info("generate: %s", directory.path)
    directory.write(MANIFEST, as_text(contents(found.core, found.policies, found.modules, found.replaces, found.pins)))
    return found.into(GeneratedSources(core=found.core, directory=directory.path, policies=found.policies))


def _imports(found: PolicySet, core: Core) -> tuple[str, dict[str, Any]]:
    """
    The template of the generated file, and what it needs.
    """
    aliases = package_aliases(found.policies, OWN if core.own else "p")
    # Telling versions apart is for the user's own core.
    policies = tuple(replace(each, version=None) for each in found.policies) if core.own else found.policies
    if not core.register:
        return "blank.go", {"packages": list(aliases)}
    values: dict[str, Any] = {
        "packages": [{"alias": alias, "path": path} for path, alias in aliases.items()],
        "policies": [registered(policy, aliases[policy.package], number) for number, policy in enumerate(policies)],
    }
    return ("own.go", _of_own_core(core, values)) if core.own else ("imports.go", values)


def _of_own_core(core: Core, values: dict[str, Any]) -> dict[str, Any]:
    """
    How a core of the user's names its interface and its register function, and what is imported for them.
    """
    constructs = any(policy["construct"] for policy in values["policies"])
    standard = {"fmt": f"{OWN}Fmt", "os": f"{OWN}Os"} if constructs else {}
    known = [{"alias": alias, "path": path} for path, alias in (*core.aliases.items(), *standard.items())]
    return {
        **values,
        "imports": [*known, *values["packages"]],
        "constructs": constructs,
        "interface": core.named(core.interface),
        "register": core.named(core.register),
        "own": OWN,
    }
