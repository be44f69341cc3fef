"""
Images that are assembled without a daemon, as archives.
"""

from __future__ import annotations

import hashlib
import json
import logging
from functools import partial
from pathlib import Path
from typing import NamedTuple

from policy_tasks.model import Binary, Image
from policy_tasks.names import Reference, parse_platform
from policy_tasks.toolchain.background import Background
from policy_tasks.toolchain.build_directory import ARCHIVES, BuildDirectory, key_of
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.image_config import FOLDER, STATIC, ImageConfig, image_config
from policy_tasks.toolchain.inspector import Inspector, make_inspector
from policy_tasks.toolchain.layer import Entry, binary_entry, make_tar, rootfs
from policy_tasks.toolchain.oci_archive import as_archive, read_archive
from policy_tasks.toolchain.oci_image import BaseImage, Layer, OciImage, assemble, digest_of
from policy_tasks.toolchain.output_file import is_regular_file, save

log = logging.getLogger(__name__)


class Oci(NamedTuple):
    """
    No daemon: the base, and the archive that is to be made. `why` says why there is no Docker engine, if one was wanted.
    """

    base: BaseImage
    archive: Path
    why: str = ""
    name: str = "oci"

    def build(self, binary: Binary, reference: Reference, go: Go, directory: BuildDirectory) -> str:
        """
        Assemble the image in an archive that `docker load`, skopeo and podman take, and return its manifest's digest.

        It is not assembled again where the same binary on the same base is in that archive, under the same name.
        """
        config = image_config(binary, self.base.name, self.base.env)
        key = self._key(binary, config, reference)
        known = directory.recall("archive") or {}
        if known.get("key") != key or known.get("sha256") != _sha256(self.archive):
            image = self._assemble(binary, config, make_inspector(go, directory))
            known = {"key": key, "digest": image.digest, "sha256": self._write(image, reference, directory)}
            directory.remember("archive", known)
        self._log(reference)
        digest: str = known["digest"]
        return digest

    def push(self, image: Image, reference: Reference) -> str:
        """
        Push the image from its archive, and return its digest. Raises `RegistryError`.
        """
        from policy_tasks.toolchain.registry import Registry
        from policy_tasks.toolchain.registry_push import push

        assert image.archive, "an image that no Docker engine has is in an archive"
        return push(Registry(reference, f"{reference} was not pushed"), read_archive(image.archive.read_bytes()))

    def _key(self, binary: Binary, config: ImageConfig, reference: Reference) -> str:
        layers = [layer.digest for layer in self.base.layers] or [self.base.digest]
        base = json.dumps([layers, self.base.config])
        return key_of(binary.sha256, base, repr(config), str(reference), binary.go)

    def _assemble(self, binary: Binary, config: ImageConfig, inspector: Inspector) -> OciImage:
        folder = Entry(name=FOLDER.strip("/"), mode=0o755)
        contents: list[tuple[Entry, ...]] = [(folder, binary_entry(f"{folder.name}/policy-engine", binary.path))]
        if self.base.name == STATIC:
            contents.insert(0, rootfs())
        layers = [Background(partial(_layer, entries, inspector)) for entries in contents]
        return assemble(self.base, tuple(layer.result() for layer in layers), config, parse_platform(binary.platform))

    def _write(self, image: OciImage, reference: Reference, directory: BuildDirectory) -> str:
        """
        Put the image into its archive, in one step, and return the SHA-256 of that file.
        """
        data = as_archive(image, reference)
        made = directory.temporary_file(data)
        if self.archive.parent == directory.path / ARCHIVES:
            directory.move(made, self.archive)
        else:
            save(made, self.archive)
        return hashlib.sha256(data).hexdigest()

    def _log(self, reference: Reference) -> None:
        log.info("image: %s on %s, as an archive", reference, self.base.name)
        if self.why:
            log.info("image: %s", self.why)


def _layer(entries: tuple[Entry, ...], inspector: Inspector) -> Layer:
    tar = make_tar(entries)
    compressed = Background(lambda: inspector.compress(tar))
    return Layer(diff_id=digest_of(tar), data=compressed.result())


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if is_regular_file(path) else ""
