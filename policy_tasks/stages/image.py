"""
Binary -> Image: put the binary on its base, with the Docker engine or without one.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shlex
from pathlib import Path

from policy_tasks.model import Binary, Image
from policy_tasks.names import Reference, parse_platform
from policy_tasks.toolchain import templates
from policy_tasks.toolchain.archive_file import is_written_to, save
from policy_tasks.toolchain.build_directory import ARCHIVES, BuildDirectory
from policy_tasks.toolchain.docker_build import build
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.image_config import FOLDER, STATIC, USER, ImageConfig, image_config
from policy_tasks.toolchain.image_engine import Docker, Oci
from policy_tasks.toolchain.inspector import Inspector, make_inspector
from policy_tasks.toolchain.layer import Entry, binary_entry, make_tar, rootfs
from policy_tasks.toolchain.oci_archive import as_archive
from policy_tasks.toolchain.oci_image import Layer, OciImage, assemble, digest_of

log = logging.getLogger(__name__)


def build_image(
    binary: Binary, reference: Reference, chosen: Docker | Oci, output: Path | None, go: Go, directory: BuildDirectory
) -> Image:
    """
    The image of this binary, with the engine and on the base that were chosen. What is there already is not made again.
    """
    if isinstance(chosen, Docker):
        digest, archive = _with_docker(binary, reference, chosen, output, directory), output
    else:
        digest, archive = _as_archive(binary, reference, chosen, go, directory), chosen.archive
    made = Image(
        reference=str(reference),
        digest=digest,
        engine=chosen.name,
        base=chosen.base.name,
        base_digest=base_digest(chosen),
        platform=binary.platform,
        archive=archive,
    )
    return binary.into(made)


def base_digest(chosen: Docker | Oci) -> str:
    """
    What tells the base from every other.
    """
    return chosen.base.digest or _rootfs_digest()


def _with_docker(
    binary: Binary, reference: Reference, chosen: Docker, output: Path | None, directory: BuildDirectory
) -> str:
    """
    Have the Docker engine build the image, check it, and only then give it its name.

    The engine is not asked to build what it has: the same binary on the same base under the same name.
    """
    base, engine = chosen.base, chosen.engine
    config = image_config(binary, base.name, base.env)
    dockerfile = _dockerfile(base.name, config, directory)
    key = _key(binary.sha256, base.id or _rootfs_digest(), dockerfile, str(reference))
    image_id = engine.image_id(str(reference))
    if image_id is None or directory.recall("docker-image") != {"key": key, "id": image_id}:
        platform = parse_platform(binary.platform)
        image_id = build(engine.api, _context(binary, base.name, dockerfile), platform)
        with engine.removed_on_error(image_id):
            engine.check(image_id, platform, USER)
            engine.tag(image_id, reference)
        directory.remember("docker-image", {"key": key, "id": image_id})
    log.info("image: %s on %s, with Docker", reference, base.name)
    if output:
        saved = directory.temporary_file()
        engine.save(reference, saved)
        save(saved, output)
        log.info("image: also in %s", output)
    return image_id


def _as_archive(binary: Binary, reference: Reference, chosen: Oci, go: Go, directory: BuildDirectory) -> str:
    """
    Assemble the image without a daemon, in an archive that `docker load`, skopeo and podman take.
    """
    config = image_config(binary, chosen.base.name, chosen.base.env)
    layers = [digest_of(layer.data) for layer in chosen.base.layers] or [_rootfs_digest()]
    key = _key(binary.sha256, json.dumps([layers, chosen.base.config]), repr(config), str(reference), binary.go)
    known = directory.recall("archive") or {}
    if known.get("key") != key or known.get("sha256") != _sha256(chosen.archive):
        image = _assembled(binary, config, chosen, make_inspector(go, directory))
        made = directory.temporary_file(as_archive(image, reference))
        known = {"key": key, "digest": image.digest, "sha256": _sha256(made)}
        if chosen.archive.parent == directory.path / ARCHIVES:
            directory.move(made, chosen.archive)
        else:
            save(made, chosen.archive)
        directory.remember("archive", known)
    log.info("image: %s on %s, as an archive", reference, chosen.base.name)
    if chosen.why:
        log.info("image: %s", chosen.why)
    log.info("image: load it with: docker load -i %s", shlex.quote(str(chosen.archive)))
    log.info("image: then run it:  docker run --rm %s", reference)
    digest: str = known["digest"]
    return digest


def _dockerfile(base: str, config: ImageConfig, directory: BuildDirectory) -> str:
    """
    The Dockerfile. It is remembered, because an edit of a policy changes the binary alone.
    """
    static = base == STATIC
    values = {"base": "scratch" if static else base, "rootfs": static, "config": config}
    key = _key(repr(values), templates.source("image.Dockerfile"))
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


def _assembled(binary: Binary, config: ImageConfig, chosen: Oci, inspector: Inspector) -> OciImage:
    folder = Entry(name=FOLDER.strip("/"), mode=0o755)
    contents: list[tuple[Entry, ...]] = [(folder, binary_entry(f"{folder.name}/policy-engine", binary.path))]
    if chosen.base.name == STATIC:
        contents.insert(0, rootfs())
    layers = []
    for entries in contents:
        tar = make_tar(entries)
        layers.append(Layer(data=inspector.compress(tar), diff_id=digest_of(tar)))
    return assemble(chosen.base, tuple(layers), config, parse_platform(binary.platform))


def _rootfs_digest() -> str:
    """
    What the built-in base holds now: its certificates are those of the installed certifi.
    """
    return digest_of(make_tar(rootfs()))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if is_written_to(path) else ""


def _key(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update((part if isinstance(part, bytes) else part.encode()) + b"\0")
    return digest.hexdigest()
