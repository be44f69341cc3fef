"""
PolicySet -> GeneratedSources: write `imports.go`, and what else makes the staged modules a complete Go module.
"""

from __future__ import annotations

import hashlib
import json
import logging
from typing import Any

from policy_tasks.model import GeneratedSources, PolicySet
from policy_tasks.toolchain import go_core, templates
from policy_tasks.toolchain.alpine import ALPINE
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import BUILD_COMMAND
from policy_tasks.toolchain.image_config import ENTRYPOINT, USER
from policy_tasks.toolchain.policy_values import new_value, package_aliases

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
    directory.write("manifest.json", _manifest(found))
    return GeneratedSources(directory=directory.path, policies=found.policies, modules=found.modules)


def _key(found: PolicySet) -> str:
    digest = hashlib.sha256(repr(_imports(found)).encode())
    for name in RENDERED:
        digest.update(templates.source(name))
    return digest.hexdigest()


def _imports(found: PolicySet) -> dict[str, Any]:
    """
    What `imports.go.j2` needs.
    """
    aliases = package_aliases(found.policies)
    return {
        "packages": [{"alias": alias, "path": path} for path, alias in aliases.items()],
        "policies": [new_value(policy, aliases[policy.package]) for policy in found.policies],
    }


def _manifest(found: PolicySet) -> bytes:
    """
    What is in the generated module, without a word of where it came from on this machine.
    """
    document = {
        "core": go_core.MODULE,
        "policies": [
            {"package": policy.package, "type": policy.type, "module": policy.module} for policy in found.policies
        ],
        "modules": [
            {"path": module.path, "directory": module.staged, "digest": module.digest} for module in found.modules
        ],
    }
    return json.dumps(document, indent=2).encode() + b"\n"
