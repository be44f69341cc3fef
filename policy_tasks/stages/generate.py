"""
PolicySet -> GeneratedSources: write `imports.go`, and what else makes the staged modules a complete Go module.
"""

from __future__ import annotations

import hashlib
import logging
from typing import Any

from policy_tasks.model import Constructor, GeneratedSources, Policy, PolicySet
from policy_tasks.toolchain import templates
from policy_tasks.toolchain.alpine import ALPINE
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import BUILD_COMMAND
from policy_tasks.toolchain.image_config import ENTRYPOINT, USER
from policy_tasks.toolchain.manifest import as_text, contents

log = logging.getLogger(__name__)

RENDERED = ("imports.go", "Dockerfile")


def generate_sources(found: PolicySet, directory: BuildDirectory) -> GeneratedSources:
    """
    Write the generated files. What has not changed since it was rendered is not rendered again.
    """
    key = _key(found)
    known = directory.recall("generated") or {}
    if known != {"key": key, "files": directory.digest(*RENDERED)}:
        # The manifest goes first and comes last: generated files with one beside them belong together.
        (directory.path / "manifest.json").unlink(missing_ok=True)
        directory.write("imports.go", templates.render("imports.go", **_imports(found)))
        values = {"base": ALPINE, "build": BUILD_COMMAND, "entrypoint": ENTRYPOINT, "user": USER}
        directory.write("Dockerfile", templates.render("Dockerfile", **values))
        directory.remember("generated", {"key": key, "files": directory.digest(*RENDERED)})
        log.info("generate: %s", directory.path)
    directory.write("manifest.json", as_text(contents(found.policies, found.modules, found.replaces, found.pins)))
    return GeneratedSources(
        directory=directory.path,
        policies=found.policies,
        modules=found.modules,
        replaces=found.replaces,
        pins=found.pins,
    )


def _key(found: PolicySet) -> str:
    digest = hashlib.sha256(repr(_imports(found)).encode())
    for name in RENDERED:
        digest.update(templates.source(name))
    return digest.hexdigest()


def _imports(found: PolicySet) -> dict[str, Any]:
    """
    What `imports.go.j2` needs. The aliases are our own, so that no package's name can shadow something in the core.
    """
    paths = sorted({policy.package for policy in found.policies})
    aliases = {path: f"p{number}" for number, path in enumerate(paths)}
    return {
        "packages": [{"alias": alias, "path": path} for path, alias in aliases.items()],
        "policies": [_registered(policy, aliases[policy.package]) for policy in found.policies],
    }


def _registered(policy: Policy, alias: str) -> dict[str, Any]:
    return {
        "origin": f"{policy.package}.{policy.type}",
        "zero": _zero_value(policy, alias),
        "construct": _construct(policy, policy.constructor, alias) if policy.constructor else (),
    }


def _construct(policy: Policy, constructor: Constructor, alias: str) -> tuple[str, ...]:
    """
    Go for the body of a function that returns what the constructor makes, or a pointer to it where that is the policy.
    """
    call, error = f"{alias}.{constructor.name}()", "err" if constructor.error else "nil"
    if policy.pointer and not constructor.pointer:
        return f"made{', err' if constructor.error else ''} := {call}", f"return &made, {error}"
    return (f"return {call}" if constructor.error else f"return {call}, nil",)


def _zero_value(policy: Policy, alias: str) -> str:
    """
    Go for a new value of the type, as its receivers and its kind allow.
    """
    if policy.composite:
        return f"{'&' if policy.pointer else ''}{alias}.{policy.type}{{}}"
    return f"{'' if policy.pointer else '*'}new({alias}.{policy.type})"
