"""
An image assembled without a daemon, as the blobs that a registry or an archive holds: https://github.com/opencontainers/image-spec.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from policy_tasks.names import Platform
from policy_tasks.toolchain.image_config import ImageConfig

CONFIG = "application/vnd.oci.image.config.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True, kw_only=True)
class Layer:
    """
    A compressed layer, and the digest of what it is uncompressed.
    """

    data: bytes = field(repr=False)
    diff_id: str
    media_type: str = LAYER

    @cached_property
    def digest(self) -> str:
        """
        The digest of the compressed layer.
        """
        return digest_of(self.data)

    @property
    def descriptor(self) -> dict[str, Any]:
        """
        What a manifest says of the layer.
        """
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.data)}


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseImage:
    """
    The layers that an image stands on, oldest first, the configuration that came with them, and the digest of what the
    registry has under its name.
    """

    name: str
    layers: tuple[Layer, ...] = ()
    config: dict[str, Any] = field(default_factory=dict)
    digest: str = ""

    @property
    def env(self) -> tuple[str, ...]:
        """
        The environment that the base sets.
        """
        return tuple(self.config.get("config", {}).get("Env") or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class OciImage:
    """
    The blobs of an image, by digest, and which of them is its manifest.
    """

    digest: str
    blobs: dict[str, bytes] = field(repr=False)

    @property
    def manifest(self) -> dict[str, Any]:
        """
        The image's manifest.
        """
        parsed: dict[str, Any] = json.loads(self.blobs[self.digest])
        return parsed


def digest_of(data: bytes) -> str:
    """
    The digest by which a blob is known.
    """
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def assemble(base: BaseImage, layers: tuple[Layer, ...], config: ImageConfig, platform: Platform) -> OciImage:
    """
    The image of these layers on this base.
    """
    everything = (*base.layers, *layers)
    blobs = {layer.digest: layer.data for layer in everything}
    configuration = encode(_configuration(base, layers, config, platform))
    manifest = encode(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor(CONFIG, configuration),
            "layers": [layer.descriptor for layer in everything],
        }
    )
    blobs |= {digest_of(configuration): configuration, digest_of(manifest): manifest}
    return OciImage(digest=digest_of(manifest), blobs=blobs)


def descriptor(media_type: str, data: bytes) -> dict[str, Any]:
    """
    What refers to a blob: https://github.com/opencontainers/image-spec/blob/main/descriptor.md.
    """
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data)}


def encode(value: Any) -> bytes:
    """
    The value as JSON, always in the same bytes, so that its digest is always the same.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _configuration(
    base: BaseImage, layers: tuple[Layer, ...], config: ImageConfig, platform: Platform
) -> dict[str, Any]:
    variant = platform.container_variant
    return {
        "architecture": platform.arch,
        "os": platform.os,
        **({"variant": variant} if variant else {}),
        "created": "1970-01-01T00:00:00Z",
        "config": {
            **_inherited(base),
            "User": config.user,
            "Env": [f"{key}={value}" for key, value in config.env],
            "Entrypoint": [config.entrypoint],
            "Labels": {**_inherited_labels(base), **dict(config.labels)},
        },
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in (*base.layers, *layers)]},
        "history": [
            *(base.config.get("history") or [{"created_by": base.name} for _ in base.layers]),
            *({"created": "1970-01-01T00:00:00Z", "created_by": "policy_tasks"} for _ in layers),
        ],
    }


def _inherited(base: BaseImage) -> dict[str, Any]:
    """
    What an image takes over from its base, as with Docker; not what the base would run.
    """
    found = base.config.get("config") or {}
    return {key: found[key] for key in ("WorkingDir", "Volumes", "ExposedPorts", "StopSignal") if found.get(key)}


def _inherited_labels(base: BaseImage) -> dict[str, str]:
    """
    The base's labels, but for those that say what the base is: https://specs.opencontainers.org/image-spec/annotations/.
    """
    labels = (base.config.get("config") or {}).get("Labels") or {}
    return {key: value for key, value in labels.items() if not key.startswith("org.opencontainers.image.")}
