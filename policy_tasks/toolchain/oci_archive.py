"""
An image in one tar that is an OCI layout and a docker-archive at once.

So it is loaded by every Docker engine (the graph drivers before 29 know only `manifest.json`, the containerd store prefers
`index.json`), and read by skopeo and podman. Specifications: https://github.com/opencontainers/image-spec and
https://github.com/moby/docker-image-spec.
"""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

from policy_tasks.names import Reference
from policy_tasks.toolchain.layer import Entry, make_tar
from policy_tasks.toolchain.oci_image import INDEX, MANIFEST, OciImage, descriptor, encode


def as_archive(image: OciImage, reference: Reference) -> bytes:
    """
    The image in a tar, under this name.
    """
    return make_tar(
        [
            Entry(name="oci-layout", data=encode({"imageLayoutVersion": "1.0.0"})),
            Entry(name="index.json", data=encode(_oci_index(image, reference))),
            Entry(name="manifest.json", data=encode([_docker_manifest(image, reference)])),
            Entry(name="blobs", mode=0o755),
            Entry(name="blobs/sha256", mode=0o755),
            *(Entry(name=_blob_name(digest), data=data) for digest, data in sorted(image.blobs.items())),
        ]
    )


def _oci_index(image: OciImage, reference: Reference) -> dict[str, Any]:
    annotations = {
        "io.containerd.image.name": reference.canonical,
        "org.opencontainers.image.ref.name": reference.tag,
    }
    manifest = {**descriptor(MANIFEST, image.blobs[image.digest]), "annotations": annotations}
    return {"schemaVersion": 2, "mediaType": INDEX, "manifests": [manifest]}


def _docker_manifest(image: OciImage, reference: Reference) -> dict[str, Any]:
    return {
        "Config": _blob_name(image.manifest["config"]["digest"]),
        "RepoTags": [f"{reference.repository}:{reference.tag}"],
        "Layers": [_blob_name(layer["digest"]) for layer in image.manifest["layers"]],
    }


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


def _blob_name(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")
