"""
A registry, spoken to without a daemon: https://github.com/opencontainers/distribution-spec/blob/main/spec.md.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from policy_tasks.errors import PolicyTasksError, RegistryError
from policy_tasks.names import Platform, Reference
from policy_tasks.toolchain.credentials import credentials
from policy_tasks.toolchain.oci_archive import CONFIG, INDEX, LAYER, MANIFEST, BaseImage, Layer, OciImage, digest_of
from policy_tasks.toolchain.process import printable

if TYPE_CHECKING:
    import requests

_DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
_DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_ACCEPTED = ", ".join((INDEX, _DOCKER_LIST, MANIFEST, _DOCKER_MANIFEST))
_HUB = "registry-1.docker.io"
# What Docker, too, takes to be without TLS: https://docs.docker.com/reference/cli/dockerd/#insecure-registries
_LOCAL = re.compile(r"(localhost|127(\.\d+){3}|\[::1\])(:\d+)?")
# Seconds to connect, and to wait for the next byte.
_TIMEOUT = (10, 120)


class Registry:
    """
    One repository of a registry, with what is needed to be let in.
    """

    def __init__(self, reference: Reference, what: str) -> None:
        import requests

        self._reference = reference
        self._what = what
        scheme = "http" if _LOCAL.fullmatch(reference.registry) else "https"
        path = reference.path if reference.registry or "/" in reference.path else f"library/{reference.path}"
        self._root = f"{scheme}://{reference.registry or _HUB}/v2/{path}/"
        self._session = requests.Session()
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
        return response.headers.get("Docker-Content-Digest", image.digest)

    def pull(self, platform: Platform) -> BaseImage:
        """
        The image's layers and configuration for this platform, every one checked against its digest.
        """
        manifest = self._manifest(self._reference.digest or self._reference.tag)
        if "manifests" in manifest:
            manifest = self._manifest(self._choose(manifest, platform))
        config: dict[str, Any] = json.loads(self._blob(manifest["config"]["digest"]))
        if (config.get("os"), config.get("architecture")) != (platform.os, platform.arch):
            raise self._error(f"the registry has it, but not for {platform}")
        layers = tuple(
            Layer(data=self._blob(each["digest"]), diff_id=diff_id, media_type=_oci_type(each["mediaType"]))
            for each, diff_id in zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True)
        )
        return BaseImage(name=str(self._reference), layers=layers, config=config)

    def _manifest(self, name: str) -> dict[str, Any]:
        response = self._ask("GET", f"manifests/{name}", headers={"Accept": _ACCEPTED})
        if ":" in name and digest_of(response.content) != name:
            raise self._error(f"the registry sent a manifest that is not {name}")
        parsed: dict[str, Any] = response.json()
        return parsed

    def _choose(self, index: dict[str, Any], platform: Platform) -> str:
        for each in index["manifests"]:
            found = each.get("platform", {})
            if (found.get("os"), found.get("architecture")) != (platform.os, platform.arch):
                continue
            if platform.variant in ("", found.get("variant", "")) or platform.arch != "arm":
                return str(each["digest"])
        raise self._error(f"the registry has it, but not for {platform}")

    def _blob(self, digest: str) -> bytes:
        data = self._ask("GET", f"blobs/{digest}").content
        if digest_of(data) != digest:
            raise self._error(f"the registry sent a blob that is not {digest}")
        return data

    def _push_blob(self, digest: str, data: bytes) -> None:
        if self._ask("HEAD", f"blobs/{digest}", scope="pull,push", allowed=(404,)).status_code != 404:
            return
        start = self._ask("POST", "blobs/uploads/", scope="pull,push")
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
    ) -> requests.Response:
        response = self._send(method, path, data, headers)
        if response.status_code == 401 and not self._token:
            self._token = self._authorization(response.headers.get("WWW-Authenticate", ""), scope)
            response = self._send(method, path, data, headers)
        if response.status_code >= 400 and response.status_code not in allowed:
            raise self._refused(response)
        return response

    def _send(self, method: str, path: str, data: bytes | None, headers: dict[str, str] | None) -> requests.Response:
        import requests

        url = urljoin(self._root, path)
        mine = url.startswith(self._root.split("/v2/")[0] + "/")
        authorization = {"Authorization": self._token} if self._token and mine else {}
        try:
            return self._session.request(
                method, url, data=data, headers={**(headers or {}), **authorization}, timeout=_TIMEOUT
            )
        except requests.exceptions.RequestException as error:
            raise self._error(printable(str(error))) from None

    def _authorization(self, challenge: str, scope: str) -> str:
        """
        Answer the registry's challenge: https://distribution.github.io/distribution/spec/auth/token/.
        """
        kind, _, rest = challenge.partition(" ")
        known = credentials(self._reference.registry)
        name, password = known.get("username") or known.get("Username"), known.get("password") or known.get("Secret")
        if kind.lower() == "basic":
            return _basic(name, password) if name else ""
        asked = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        if kind.lower() != "bearer" or "realm" not in asked:
            return ""
        return self._bearer(asked, scope, name, password, known.get("identitytoken") or known.get("IdentityToken"))

    def _bearer(
        self, asked: dict[str, str], scope: str, name: str | None, password: str | None, identity: str | None
    ) -> str:
        import requests

        path = self._root.split("/v2/")[1].strip("/")
        form = {"service": asked.get("service", ""), "scope": f"repository:{path}:{scope}"}
        try:
            if identity:
                form |= {"grant_type": "refresh_token", "refresh_token": identity, "client_id": "policy-tasks"}
                response = self._session.post(asked["realm"], data=form, timeout=_TIMEOUT)
            else:
                headers = {"Authorization": _basic(name, password)} if name else {}
                response = self._session.get(asked["realm"], params=form, headers=headers, timeout=_TIMEOUT)
            if response.status_code >= 400:
                raise self._refused(response)
            answer = response.json()
        except (requests.exceptions.RequestException, ValueError) as error:
            raise self._error(printable(str(error))) from None
        return f"Bearer {answer.get('token') or answer.get('access_token', '')}"

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


def _basic(name: str | None, password: str | None) -> str:
    import base64

    return "Basic " + base64.b64encode(f"{name}:{password or ''}".encode()).decode()


def _oci_type(media_type: str) -> str:
    known = {
        "application/vnd.docker.image.rootfs.diff.tar.gzip": LAYER,
        "application/vnd.docker.container.image.v1+json": CONFIG,
    }
    return known.get(media_type, media_type)
