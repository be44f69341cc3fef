"""
The files beside a binary that say what it is made of: the manifest, and the bill of materials.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import replace

from policy_tasks.model import Binary, GeneratedSources
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.manifest import as_text, contents
from policy_tasks.toolchain.sbom import make_sbom


def write_records(
    binary: Binary, sources: GeneratedSources, linked: Collection[str], directory: BuildDirectory
) -> Binary:
    """
    Write both for a binary with these modules in it, and say where they are. What has not changed is not made again.
    """
    folder, name = binary.path.parent.relative_to(directory.path).as_posix(), binary.path.stem
    manifest, sbom = f"{folder}/{name}.manifest.json", f"{folder}/{name}.cdx.json"
    modules = tuple(module for module in sources.modules if module.path in linked)
    described = [(each.path, each.version, each.sum, each.replaced_by, each.required_by) for each in modules]
    key = hashlib.sha256(repr((name, binary.go, described)).encode()).hexdigest()
    if directory.recall("sbom") != {"key": key, "file": directory.digest(sbom)}:
        directory.write(sbom, make_sbom(name, binary.go, modules))
        directory.remember("sbom", {"key": key, "file": directory.digest(sbom)})
    made = {"name": binary.path.name, "sha256": binary.sha256, "size": binary.size, "platform": binary.platform}
    told = contents(sources.core, sources.policies, modules, sources.replaces, sources.pins)
    bill = {"name": f"{name}.cdx.json", "sha256": hashlib.sha256((directory.path / sbom).read_bytes()).hexdigest()}
    directory.write(manifest, as_text({"binary": made, "go": binary.go, **told, "sbom": bill}))
    return replace(binary, manifest=directory.path / manifest, sbom=directory.path / sbom)
