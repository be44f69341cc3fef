"""
Images that the Docker engine builds.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from policy_tasks.model import Binary, Image
from policy_tasks.names import Reference, parse_platform
from policy_tasks.toolchain import templates
from policy_tasks.toolchain.build_directory import BuildDirectory, key_of
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.image_config import STATIC, USER, ImageConfig, image_config
from policy_tasks.toolchain.layer import Entry, binary_entry, make_tar, rootfs
from policy_tasks.toolchain.output_file import save

if TYPE_CHECKING:
    from policy_tasks.toolchain.docker_base import DockerBase
    from policy_tasks.toolchain.docker_engine import DockerEngine

log = logging.getLogger(__name__)


class Docker(NamedTuple):
    """
    The Docker engine, with the base that it has, and the archive that the image is saved to as well, if any.
    """

    engine: DockerEngine
    base: DockerBase
    archive: Path | None
    name: str = "docker"

    def build(self, binary: Binary, reference: Reference, go: Go, directory: BuildDirectory) -> str:  # noqa: ARG002
        """
        Have the Docker engine build the image, and return its ID.

        The engine is not asked to build what it has: the same binary on the same base under the same name.
        """
        config = image_config(binary, self.base.name, self.base.env)
        dockerfile = _dockerfile(self.base.name, config, directory)
        key = key_of(binary.sha256, self.base.id or self.base.digest, dockerfile, str(reference))
        image_id = self.engine.image_id(str(reference))
        if image_id is None or directory.recall("docker-image") != {"key": key, "id": image_id}:
            image_id = self._build(binary, dockerfile, reference)
            directory.remember("docker-image", {"key": key, "id": image_id})
        log.info("image: %s on %s, with Docker", reference, self.base.name)
        if self.archive:
            self._save(reference, self.archive, directory)
        return image_id

    def push(self, image: Image, reference: Reference) -> str:  # noqa: ARG002
        """
        Push the image, and return the digest that it has in the registry. Raises `RegistryError`.
        """
        return self.engine.push(reference)

    def _build(self, binary: Binary, dockerfile: str, reference: Reference) -> str:
        """
        Build the image and check it; only then it gets its name.
        """
        platform = parse_platform(binary.platform)
        image_id = self.engine.build(_context(binary, self.base.name, dockerfile), platform)
        with self.engine.removed_on_error(image_id):
            self.engine.check(image_id, platform, USER)
            self.engine.tag(image_id, reference)
        return image_id

    def _save(self, reference: Reference, archive: Path, directory: BuildDirectory) -> None:
        saved = directory.temporary_file()
        self.engine.save(reference, saved)
        save(saved, archive)
        log.info("image: also in %s", archive)


def _dockerfile(base: str, config: ImageConfig, directory: BuildDirectory) -> str:
    """
    The Dockerfile. It is remembered, because an edit of a policy changes the binary alone.
    """
    static = base == STATIC
    values = {"base": "scratch" if static else base, "rootfs": static, "config": config}
    key = key_of(repr(values), templates.source("image.Dockerfile"))
    known = directory.recall("dockerfile") or {}
    if known.get("key") != key:
        known = {"key": key, "text": templates.render("image.Dockerfile", **values).decode()}
        directory.remember("dockerfile", known)
    text: str = known["text"]
    return text


def _context(binary: Binary, base: str, dockerfile: str) -> bytes:
    """
    The tar that the Docker engine builds from: nothing but the Dockerfile and what it copies.
    """
    files = [Entry(name="Dockerfile", data=dockerfile.encode()), binary_entry("app/policy-engine", binary.path)]
    if base == STATIC:
        files.append(Entry(name="rootfs", mode=0o755))
        files += [Entry(name=f"rootfs/{each.name}", data=each.data, mode=each.mode) for each in rootfs()]
    return make_tar(files)
