"""
The bill of materials of a binary: https://cyclonedx.org, with the same names and hashes as cyclonedx-gomod gives.

It says nothing of the user's own sources but their modules' paths, so that an edit leaves it as it is: what ties it to one binary
is the manifest beside it.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING

from policy_tasks.model import Module, StagedModule

if TYPE_CHECKING:
    from cyclonedx.model import HashType
    from cyclonedx.model.component import Component
    from packageurl import PackageURL


def make_sbom(name: str, go: str, modules: Iterable[Module]) -> bytes:
    """
    The bill of materials, as JSON: Go's standard library and these modules, each with those that it requires.
    """
    # Not before it is needed: with all that it imports it takes as long as the rest of a run in which nothing changed.
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6

    known = tuple(modules)
    root = Component(name=name, type=ComponentType.APPLICATION, bom_ref=name)
    standard = Component(
        name="std", version=f"go{go}", type=ComponentType.LIBRARY, purl=_purl("std", go), bom_ref=f"std@go{go}"
    )
    components = {module.path: _component(module) for module in known}
    # Made of what it describes, so that the same binary always has the same.
    number = uuid.uuid5(uuid.NAMESPACE_URL, repr((name, go, [(each.path, each.version, each.sum) for each in known])))
    bom = Bom(serial_number=number, components=[standard, *components.values()])
    bom.metadata.component = root
    bom.metadata.timestamp = None  # type: ignore[assignment]  # the library's own default is now
    bom.register_dependency(root, [standard, *components.values()])
    required: dict[str, list[Component]] = {path: [] for path in components}
    for module in known:
        for requirer in {each.module for each in module.required_by} & components.keys():
            required[requirer].append(components[module.path])
    for path, component in components.items():
        bom.register_dependency(component, required[path])
    text: str = JsonV1Dot6(bom).output_as_string(indent=2)
    return text.encode() + b"\n"


def _component(module: Module) -> Component:
    from cyclonedx.model.component import Component, ComponentType

    path, _, version = (module.replaced_by or "").partition("@")
    if not version:  # what is taken from a folder keeps its name
        own = module.copy_of if isinstance(module, StagedModule) else None
        path, version = own or module.path, module.version or ""
    return Component(
        name=path,
        version=version or None,
        type=ComponentType.LIBRARY,
        purl=_purl(path, version),
        hashes=_hashes(module.sum),
        bom_ref=f"{module.path}@{module.version}" if module.version else module.path,
    )


def _purl(path: str, version: str) -> PackageURL:
    from packageurl import PackageURL

    namespace, _, name = path.rpartition("/")
    return PackageURL(type="golang", namespace=namespace or None, name=name, version=version or None)


def _hashes(sum_: str | None) -> list[HashType]:
    """
    Go's own sum of a module, `h1:` and a SHA-256 in base 64: https://go.dev/ref/mod#go-sum-files.
    """
    from cyclonedx.model import HashAlgorithm, HashType

    if not sum_ or not sum_.startswith("h1:"):
        return []
    return [HashType(alg=HashAlgorithm.SHA_256, content=base64.b64decode(sum_.removeprefix("h1:")).hex())]
