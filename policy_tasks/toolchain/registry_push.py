"""
An image sent to a registry: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#push.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

from policy_tasks.printable import printable
from policy_tasks.toolchain.oci_image import OciImage
from policy_tasks.toolchain.registry import Registry
from policy_tasks.toolchain.registry_refusal import refused
from policy_tasks.toolchain.registry_retries import MOMENTARY, asked_again

if TYPE_CHECKING:
    import requests

_SCOPE = "pull,push"
# Created, or only accepted, as Quay answers. Any other success is that of something else than a registry, which has stored
# nothing.
_STORED = (201, 202)


def push(registry: Registry, image: OciImage) -> str:
    """
    Upload what the registry does not have, the manifest and its tag last, and return the image's digest.

    Raises `RegistryError` where the registry refuses, or has stored something else.
    """
    for digest, data in image.blobs.items():
        if digest != image.digest:
            _push_blob(registry, digest, data)
    response = registry.request(
        "PUT",
        f"manifests/{registry.reference.tag}",
        data=image.blobs[image.digest],
        headers={"Content-Type": image.manifest["mediaType"]},
        scope=_SCOPE,
        expected=(*_STORED, 200),
    )
    # Of a bare 200, which some registries answer, this header is what tells it from a login page's.
    stored = response.headers.get("Docker-Content-Digest", "" if response.status_code == 200 else image.digest)
    if not stored:
        raise registry.unexpected(response, _STORED)
    if stored != image.digest:
        raise registry.error(f"it was sent {image.digest} and says that it has {printable(stored)}")
    return image.digest


def _push_blob(registry: Registry, digest: str, data: bytes) -> None:
    if _has_blob(registry, digest, len(data)):
        return
    answer = asked_again(lambda: _upload(registry, digest, data))  # anew: what has failed may be used up, or stored
    if refused(answer, _STORED):
        raise registry.unexpected(answer, _STORED)


def _upload(registry: Registry, digest: str, data: bytes) -> requests.Response:
    start = registry.request("POST", "blobs/uploads/", scope=_SCOPE, expected=(202,))
    with registry.translated_errors():
        location = urljoin(start.url, start.headers["Location"])
    target = f"{location}{'&' if '?' in location else '?'}digest={digest}"
    headers = {"Content-Type": "application/octet-stream"}
    expected = (*_STORED, *MOMENTARY)
    return registry.request("PUT", target, data=data, headers=headers, scope=_SCOPE, expected=expected, pauses=())


def _has_blob(registry: Registry, digest: str, size: int) -> bool:
    """
    Whether the registry has it, with this size: that it exists, many a page says of whatever it is asked for. Sending what is
    there already does no harm.
    """
    answer = registry.request("HEAD", f"blobs/{digest}", scope=_SCOPE, expected=(200, 404))
    return answer.status_code == 200 and answer.headers.get("Content-Length") == str(size)
