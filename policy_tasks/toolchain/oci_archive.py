"""
An image assembled without a daemon, in one tar that is an OCI layout and a docker-archive at once.

So it is loaded by every Docker engine (the graph drivers before 29 know only `manifest.json`, the containerd store prefers
`index.json`), read by skopeo and podman, and pushed blob by blob. Specifications:
https://github.com/opencontainers/image-spec and https://github.com/moby/docker-image-spec.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from typing import Any

from policy_tasks.names import Platform, Reference
from policy_tasks.toolchain.image_config import ImageConfig
from policy_tasks.toolchain.layer import Entry, make_tar

CONFIG = "application/vnd.oci.image.config.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """
    A compressed layer, and the digest of what it is uncompressed.
    """

    data: bytes = field(repr=False)
    diff_id: str
    media_type: str = LAYER

    @property
    def digest(self) -> str:
        """
        The digest of the compressed layer.
        """
        return digest_of(self.data)


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
    blobs = {digest_of(layer.data): layer.data for layer in everything}
    configuration = _encode(_configuration(base, layers, config, platform))
    manifest = _encode(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _descriptor(CONFIG, configuration),
            "layers": [_descriptor(layer.media_type, layer.data) for layer in everything],
        }
    )
    blobs |= {digest_of(configuration): configuration, digest_of(manifest): manifest}
    return OciImage(digest=digest_of(manifest), blobs=blobs)


def as_archive(image: OciImage, reference: Reference) -> bytes:
    """
    The image in a tar, under this name.
    """
    descriptor = _descriptor(MANIFEST, image.blobs[image.digest])
    annotations = {
        "io.containerd.image.name": reference.canonical,
        "org.opencontainers.image.ref.name": reference.tag,
    }
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [{**descriptor, "annotations": annotations}]}
    manifest = {
        "Config": _blob(image.manifest["config"]["digest"]),
        "RepoTags": [f"{reference.repository}:{reference.tag}"],
        "Layers": [_blob(layer["digest"]) for layer in image.manifest["layers"]],
    }
    return make_tar(
        [
            Entry(name="oci-layout", data=_encode({"imageLayoutVersion": "1.0.0"})),
            Entry(name="index.json", data=_encode(index)),
            Entry(name="manifest.json", data=_encode([manifest])),
            Entry(name="blobs", mode=0o755),
            Entry(name="blobs/sha256", mode=0o755),
            *(Entry(name=_blob(digest), data=data) for digest, data in sorted(image.blobs.items())),
        ]
    )


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


def _descriptor(media_type: str, data: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data)}


def _blob(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


def _encode(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def read_archive(data: bytes) -> OciImage:
    """
    The image in an archive that `as_archive` made.
    """
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        index = json.loads(_member(tar, "index.json"))
        digest: str = index["manifests"][0]["digest"]
        names = [name for name in tar.getnames() if name.startswith("blobs/sha256/")]
        blobs = {f"sha256:{name.rpartition('/')[2]}": _member(tar, name) for name in names}
    return OciImage(digest=digest, blobs=blobs)


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    assert file, f"{name} is a file"
    return file.read()
