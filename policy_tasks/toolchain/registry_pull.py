"""
An image's layers and configuration, fetched from a registry:
https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull.
"""

from __future__ import annotations

import json
from typing import Any

from policy_tasks.names import Platform
from policy_tasks.toolchain.base_image import check_layers, check_manifest, checked_config, checked_digest
from policy_tasks.toolchain.blob_store import BlobStore
from policy_tasks.toolchain.oci_image import INDEX, LAYER, MANIFEST, BaseImage, Layer, digest_of
from policy_tasks.toolchain.registry import Registry

_DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
_DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_ACCEPTED = ", ".join((INDEX, _DOCKER_LIST, MANIFEST, _DOCKER_MANIFEST))


def pull(registry: Registry, platform: Platform, store: BlobStore) -> BaseImage:
    """
    The image's layers and configuration for this platform, every one checked against its digest. What the store has is not
    fetched; what no longer belongs to the image leaves the store.

    Raises `RegistryError` where the registry does not have the image for this platform, or sends something else.
    """
    with registry.translated_errors():
        manifest, digest = _find_manifest(registry, platform)
        check_manifest(manifest)
        config = checked_config(json.loads(_blob(registry, manifest["config"], store)))
        if (config.get("os"), config.get("architecture")) != (platform.os, platform.arch):
            raise registry.error(f"the registry has it, but not for {platform}")
        layers = _layers(registry, manifest["layers"], config["rootfs"]["diff_ids"], store)
        store.keep_only([each["digest"] for each in (manifest["config"], *manifest["layers"])])
    return BaseImage(name=str(registry.reference), layers=layers, config=config, digest=digest)


def _find_manifest(registry: Registry, platform: Platform) -> tuple[dict[str, Any], str]:
    """
    The manifest for this platform, and the digest of what has the image's name: an index, where there are several platforms.
    """
    manifest, digest = _manifest(registry, registry.reference.digest or registry.reference.tag)
    if "manifests" in manifest:
        manifest, _ = _manifest(registry, _choose(registry, manifest, platform))
    return manifest, digest


def _manifest(registry: Registry, name: str) -> tuple[dict[str, Any], str]:
    response = registry.request("GET", f"manifests/{name}", headers={"Accept": _ACCEPTED})
    digest = digest_of(response.content)
    if ":" in name and digest != name:
        raise registry.error(f"the registry sent a manifest that is not {name}")
    parsed: dict[str, Any] = response.json()
    return parsed, digest


def _choose(registry: Registry, index: dict[str, Any], platform: Platform) -> str:
    for each in index["manifests"]:
        found = each.get("platform", {})
        if (found.get("os"), found.get("architecture")) != (platform.os, platform.arch):
            continue
        if not platform.variant or platform.arch != "arm" or found.get("variant") == platform.container_variant:
            return checked_digest(each["digest"])
    raise registry.error(f"the registry has it, but not for {platform}")


def _layers(
    registry: Registry, descriptors: list[dict[str, Any]], diff_ids: list[str], store: BlobStore
) -> tuple[Layer, ...]:
    """
    The layers, of which those that are new are checked to be, uncompressed, what the configuration says.
    """
    stored = store.digests()
    layers = tuple(
        Layer(data=_blob(registry, each, store), diff_id=diff_id, media_type=_oci_type(each["mediaType"]))
        for each, diff_id in zip(descriptors, diff_ids, strict=True)
    )
    check_layers(layer for layer in layers if layer.digest not in stored)
    return layers


def _blob(registry: Registry, descriptor: dict[str, Any], store: BlobStore) -> bytes:
    digest, size = str(descriptor["digest"]), int(descriptor["size"])
    stored = store.get(digest)
    if stored is not None:
        return stored
    data = registry.request("GET", f"blobs/{digest}", max_bytes=size).content
    if len(data) != size or digest_of(data) != digest:
        raise registry.error(f"the registry sent a blob that is not {digest} of {size} bytes")
    store.put(digest, data)
    return data


def _oci_type(media_type: str) -> str:
    return LAYER if media_type == _DOCKER_LAYER else media_type
