"""
A registry, spoken to without a daemon: https://github.com/opencontainers/distribution-spec/blob/main/spec.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from policy_tasks.errors import PolicyTasksError, RegistryError
from policy_tasks.names import Platform, Reference
from policy_tasks.shown import printable
from policy_tasks.toolchain.base_image import check_layers, checked_config
from policy_tasks.toolchain.blob_store import BlobStore
from policy_tasks.toolchain.oci_archive import INDEX, LAYER, MANIFEST, BaseImage, Layer, OciImage, digest_of
from policy_tasks.toolchain.registry_login import TIMEOUT, authorization, session, with_header

if TYPE_CHECKING:
    import requests

_DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
_DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_ACCEPTED = ", ".join((INDEX, _DOCKER_LIST, MANIFEST, _DOCKER_MANIFEST))
_HUB = "registry-1.docker.io"
# Bytes of anything but a layer: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests
_LARGEST_ANSWER = 4 << 20
# What Docker, too, takes to be without TLS: https://docs.docker.com/reference/cli/dockerd/#insecure-registries
_LOCAL = re.compile(r"(localhost|127(\.\d+){3}|\[::1\])(:\d+)?")


class Registry:
    """
    One repository of a registry, with what is needed to be let in.
    """

    def __init__(self, reference: Reference, what: str) -> None:
        self._reference = reference
        self._what = what
        scheme = "http" if _LOCAL.fullmatch(reference.registry) else "https"
        path = reference.path if reference.registry or "/" in reference.path else f"library/{reference.path}"
        self._root = f"{scheme}://{reference.registry or _HUB}/v2/{path}/"
        self._session = session()
        self._token = ""

    def push(self, image: OciImage) -> str:
        """
        Upload what the registry does not have, the manifest and its tag last, and say the digest.
        """
        for digest, data in image.blobs.items():
            if digest != image.digest:
                self._push_blob(digest, data)
        media_type = image.manifest["mediaType"]
        response = self._ask(
            "PUT",
            f"manifests/{self._reference.tag}",
            data=image.blobs[image.digest],
            headers={"Content-Type": media_type},
            scope="pull,push",
        )
        said = response.headers.get("Docker-Content-Digest", image.digest)
        if said != image.digest:
            raise self._error(f"it was sent {image.digest} and says that it has {printable(said)}")
        return image.digest

    def pull(self, platform: Platform, store: BlobStore) -> BaseImage:
        """
        The image's layers and configuration for this platform, every one checked against its digest. What the store has is
        not fetched.
        """
        with self._told():
            return self._pull(platform, store)

    def _pull(self, platform: Platform, store: BlobStore) -> BaseImage:
        manifest, digest = self._manifest(self._reference.digest or self._reference.tag)
        if "manifests" in manifest:
            manifest, _ = self._manifest(self._choose(manifest, platform))
        config = checked_config(json.loads(self._blob(manifest["config"], store)))
        if (config.get("os"), config.get("architecture")) != (platform.os, platform.arch):
            raise self._error(f"the registry has it, but not for {platform}")
        known = store.digests()
        layers = tuple(
            Layer(data=self._blob(each, store), diff_id=diff_id, media_type=_oci_type(each["mediaType"]))
            for each, diff_id in zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True)
        )
        check_layers(layer for layer in layers if layer.digest not in known)
        store.keep_only([each["digest"] for each in (manifest["config"], *manifest["layers"])])
        return BaseImage(name=str(self._reference), layers=layers, config=config, digest=digest)

    def _manifest(self, name: str) -> tuple[dict[str, Any], str]:
        response = self._ask("GET", f"manifests/{name}", headers={"Accept": _ACCEPTED})
        if ":" in name and digest_of(response.content) != name:
            raise self._error(f"the registry sent a manifest that is not {name}")
        parsed: dict[str, Any] = response.json()
        return parsed, digest_of(response.content)

    def _choose(self, index: dict[str, Any], platform: Platform) -> str:
        for each in index["manifests"]:
            found = each.get("platform", {})
            if (found.get("os"), found.get("architecture")) != (platform.os, platform.arch):
                continue
            if not platform.variant or platform.arch != "arm" or found.get("variant") == platform.container_variant:
                return str(each["digest"])
        raise self._error(f"the registry has it, but not for {platform}")

    def _blob(self, descriptor: dict[str, Any], store: BlobStore) -> bytes:
        digest, size = str(descriptor["digest"]), int(descriptor["size"])
        kept = store.get(digest)
        if kept is not None:
            return kept
        data = self._ask("GET", f"blobs/{digest}", at_most=size).content
        if digest_of(data) != digest:
            raise self._error(f"the registry sent a blob that is not {digest}")
        store.put(digest, data)
        return data

    def _push_blob(self, digest: str, data: bytes) -> None:
        if self._ask("HEAD", f"blobs/{digest}", scope="pull,push", allowed=(404,)).status_code != 404:
            return
        start = self._ask("POST", "blobs/uploads/", scope="pull,push")
        with self._told():
            location = urljoin(start.url, start.headers["Location"])
        separator = "&" if "?" in location else "?"
        headers = {"Content-Type": "application/octet-stream"}
        self._ask("PUT", f"{location}{separator}digest={digest}", data=data, headers=headers, scope="pull,push")

    def _ask(
        self,
        method: str,
        path: str,
        *,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
        scope: str = "pull",
        allowed: tuple[int, ...] = (),
        at_most: int = _LARGEST_ANSWER,
    ) -> requests.Response:
        response = self._send(method, path, data, headers, at_most)
        # At first, and when a token has run out in the middle of a long push. The storage that a registry sends us to may
        # ask for a password as well: it gets none.
        if response.status_code == 401 and self._is_ours(response.url):
            self._token = self._authorization(response.headers.get("WWW-Authenticate", ""), scope)
            response = self._send(method, path, data, headers, at_most)
        if response.status_code >= 400 and response.status_code not in allowed:
            raise self._refused(response)
        return response

    def _send(
        self, method: str, path: str, data: bytes | None, headers: dict[str, str] | None, at_most: int
    ) -> requests.Response:
        url = urljoin(self._root, path)
        auth = with_header(self._token if self._is_ours(url) else "")
        with self._told():
            options: dict[str, Any] = {"headers": headers, "auth": auth, "timeout": TIMEOUT, "stream": True}
            response = self._session.request(method, url, data=data, **options)
            _read(response, at_most)
            return response

    def _is_ours(self, url: str) -> bool:
        return url.startswith(self._root.partition("/v2/")[0] + "/")

    def _authorization(self, challenge: str, scope: str) -> str:
        name = self._root.split("/v2/")[1].strip("/")
        with self._told():
            wanted = f"repository:{name}:{scope}"
            tls = self._root.startswith("https:")
            return authorization(self._session, self._reference.registry, challenge, wanted, tls=tls)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """
        Whatever goes wrong on the way, or with the answer, is the registry's failure.
        """
        import requests

        try:
            yield
        except requests.exceptions.HTTPError as error:
            raise self._refused(error.response) from None
        except requests.exceptions.RequestException as error:
            raise self._error(_reason(error)) from None
        except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
            raise self._error(f"its answer is not what a registry answers: {printable(str(error))}") from None

    def _refused(self, response: requests.Response) -> PolicyTasksError:
        try:
            errors = response.json()["errors"]
            said = "; ".join(f"{each.get('code', '')}: {each.get('message', '')}" for each in errors)
        except (ValueError, KeyError, TypeError, AttributeError):
            said = response.text[:500]
        return self._error(printable(f"{response.status_code} {response.reason}: {said}"))

    def _error(self, why: str) -> PolicyTasksError:
        return RegistryError.of(
            self._what,
            where=self._reference,
            why=why,
            fix="see that the name is right and the registry can be reached; log in with: docker login REGISTRY",
        )


def _read(response: requests.Response, at_most: int) -> None:
    """
    Read the answer, which is not to be longer than it was said to be. Raises ValueError.
    """
    body = bytearray()
    for chunk in response.iter_content(1 << 16):
        body += chunk
        if len(body) > max(at_most, _LARGEST_ANSWER):
            response.close()
            raise ValueError(f"it goes on after {len(body)} bytes")
    response._content = bytes(body)  # noqa: SLF001 - as requests does it itself, which knows no limit


def _reason(error: BaseException) -> str:
    """
    The cause behind the wrappings of requests and urllib3.
    """
    inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
    if isinstance(inner, BaseException) and inner is not error:
        return _reason(inner)
    return printable(str(error).rpartition(">: ")[2])


def _oci_type(media_type: str) -> str:
    known = {
        "application/vnd.docker.image.rootfs.diff.tar.gzip": LAYER,
    }
    return known.get(media_type, media_type)
