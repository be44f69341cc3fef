"""
Binary -> Image: put the binary on its base, with the Docker engine or without one.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shlex
from pathlib import Path
from typing import NamedTuple

from policy_tasks.model import Binary, Image
from policy_tasks.names import Reference, parse_platform
from policy_tasks.toolchain import templates
from policy_tasks.toolchain.archive_file import save
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.image_config import FOLDER, STATIC, USER, ImageConfig, image_config
from policy_tasks.toolchain.image_engine import Docker, Oci
from policy_tasks.toolchain.inspector import Inspector, make_inspector
from policy_tasks.toolchain.layer import Entry, binary_entry, make_tar, rootfs
from policy_tasks.toolchain.oci_archive import Layer, OciImage, as_archive, assemble, digest_of

log = logging.getLogger(__name__)


class Made(NamedTuple):
    """
    An image without its name, or an archive that is not in its place yet: `file`, unless it was there from the last run.
    """

    key: str
    digest: str
    new: bool
    file: Path | None = None


def make_image(binary: Binary, reference: Reference, chosen: Docker | Oci, go: Go, directory: BuildDirectory) -> Made:
    """
    Make the image so far that nothing is left to do but to let people have it: this may be done before it is known whether
    the binary is as it should be. What is there already is not made again.
    """
    if isinstance(chosen, Docker):
        return _make_with_docker(binary, reference, chosen, directory)
    return _make_archive(binary, reference, chosen, go, directory)


def discard_image(made: Made, chosen: Docker | Oci) -> None:
    """
    Leave nothing of an image that nobody is to have.
    """
    if isinstance(chosen, Docker) and made.new:
        chosen.engine.discard(made.digest)


def finish_image(
    made: Made,
    binary: Binary,
    reference: Reference,
    chosen: Docker | Oci,
    output: Path | None,
    directory: BuildDirectory,
) -> Image:
    """
    Give the image its name, or the archive its place.
    """
    if isinstance(chosen, Docker):
        _name(made, reference, chosen, output, directory)
    else:
        _place(made, reference, chosen, directory)
    return Image(
        reference=str(reference),
        digest=made.digest,
        engine=chosen.name,
        base=chosen.base.name,
        platform=binary.platform,
        archive=output if isinstance(chosen, Docker) else chosen.archive,
    )


def _make_with_docker(binary: Binary, reference: Reference, chosen: Docker, directory: BuildDirectory) -> Made:
    """
    The engine is not asked to build what it has: the same binary on the same base under the same name.
    """
    base, engine = chosen.base, chosen.engine
    config = image_config(binary, base.name, base.env)
    dockerfile = _dockerfile(base.name, config, directory)
    key = _key(binary.sha256, base.id or _rootfs_digest(), dockerfile, str(reference))
    image_id = engine.image_id(str(reference))
    if image_id and directory.recall("docker-image") == {"key": key, "id": image_id}:
        return Made(key, image_id, new=False)
    platform = parse_platform(binary.platform)
    image_id = engine.build(_context(binary, base.name, dockerfile), platform)
    engine.check(image_id, platform, USER)
    return Made(key, image_id, new=True)


def _name(made: Made, reference: Reference, chosen: Docker, output: Path | None, directory: BuildDirectory) -> None:
    if made.new:
        chosen.engine.tag(made.digest, reference)
        directory.remember("docker-image", {"key": made.key, "id": made.digest})
    if output:
        saved = directory.temporary_file()
        chosen.engine.save(reference, saved)
        save(saved, output)
    log.info("image: %s on %s, with Docker", reference, chosen.base.name)


def _make_archive(binary: Binary, reference: Reference, chosen: Oci, go: Go, directory: BuildDirectory) -> Made:
    """
    Without a daemon, in an archive that `docker load`, skopeo and podman take.
    """
    config = image_config(binary, chosen.base.name, chosen.base.env)
    layers = [digest_of(layer.data) for layer in chosen.base.layers] or [_rootfs_digest()]
    key = _key(binary.sha256, json.dumps([layers, chosen.base.config]), repr(config), str(reference), binary.go)
    known = directory.recall("archive") or {}
    if known.get("key") == key and known.get("sha256") == _sha256(chosen.archive):
        return Made(key, known["digest"], new=False)
    image = _assembled(binary, config, chosen, make_inspector(go, directory))
    return Made(key, image.digest, new=True, file=directory.temporary_file(as_archive(image, reference)))


def _place(made: Made, reference: Reference, chosen: Oci, directory: BuildDirectory) -> None:
    if made.file:
        sha256 = _sha256(made.file)
        if chosen.archive.is_relative_to(directory.path):
            directory.move(made.file, chosen.archive)
        else:
            save(made.file, chosen.archive)
        directory.remember("archive", {"key": made.key, "digest": made.digest, "sha256": sha256})
    log.info("image: %s on %s, as an archive", reference, chosen.base.name)
    if chosen.why:
        log.info("image: %s", chosen.why)
    log.info("image: load it with: docker load -i %s", shlex.quote(str(chosen.archive)))
    log.info("image: then run it:  docker run --rm %s", reference)


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
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _key(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update((part if isinstance(part, bytes) else part.encode()) + b"\0")
    return digest.hexdigest()
