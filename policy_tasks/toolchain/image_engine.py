"""
What builds the image, and on which base: decided while Go compiles, so that asking costs no time.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from policy_tasks.errors import PolicyTasksError, SettingsError, ToolError
from policy_tasks.model import Binary, Image
from policy_tasks.names import Platform, Reference, parse_image
from policy_tasks.settings import Settings
from policy_tasks.toolchain.archive_place import archive_path, check_archive_dir
from policy_tasks.toolchain.build_directory import STATE, BuildDirectory
from policy_tasks.toolchain.docker_address import plain_socket
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.image_config import STATIC
from policy_tasks.toolchain.image_engine_docker import Docker
from policy_tasks.toolchain.image_engine_oci import Oci
from policy_tasks.toolchain.layer import rootfs_digest
from policy_tasks.toolchain.oci_image import BaseImage
from policy_tasks.toolchain.outside import check_outside

if TYPE_CHECKING:
    from policy_tasks.toolchain.docker_engine import DockerEngine

ENGINES = ("auto", "docker", "oci")


class Base(Protocol):
    """
    What an image is built on.
    """

    @property
    def name(self) -> str:
        """
        The base image's name, or `static` for the built-in one.
        """

    @property
    def digest(self) -> str:
        """
        What its registry knows it by, else its ID; for the built-in one the digest of its files.
        """


class ImageEngine(Protocol):
    """
    What builds an image, on the base that was chosen with it, and pushes it.
    """

    @property
    def name(self) -> str:
        """
        The engine as the settings name it.
        """

    @property
    def base(self) -> Base:
        """
        The base image.
        """

    @property
    def archive(self) -> Path | None:
        """
        The file that the image is written to, if any.
        """

    def build(self, binary: Binary, reference: Reference, go: Go, directory: BuildDirectory) -> str:
        """
        Build the image of this binary under this name, unless it is there already, and return its digest.
        """

    def push(self, image: Image, reference: Reference) -> str:
        """
        Push an image that this engine has built, and return the digest that it has in the registry. Raises `RegistryError`.
        """


def check_image_settings(settings: Settings, platform: Platform) -> None:
    """
    See that what is asked for can be had at all, before anything is compiled. Raises `SettingsError`, `ToolError` where the
    Docker engine is asked for and has no socket, and `OutputError` where the image has nowhere to go.
    """
    _check_engine(settings.image.engine)
    if settings.image.base not in ("auto", STATIC):
        parse_image(settings.image.base, "image.base (--base)")
    fix = "name another place, or none: by default the archive is in the image folder of the build directory"
    check_outside(settings, settings.image.output, "the archive", "image.output (--output)", fix)
    check_outside(settings, settings.image.archive_dir, "the archive", "image.archive_dir", fix)
    _check_platform(platform)
    _check_socket(settings.image.engine)
    check_archive_dir(settings)


def _check_engine(name: str) -> None:
    if name not in ENGINES:
        raise SettingsError.of(
            f"there is no engine {name!r}",
            where="image.engine (--engine)",
            why=f"known are {', '.join(ENGINES)}",
            fix="name one of them",
        )


def _check_platform(platform: Platform) -> None:
    if platform.os != "linux":
        raise SettingsError.of(
            f"there are no images for {platform}",
            where="compile.platform (--platform)",
            why="an image runs on a Linux kernel",
            fix=f"use linux/{platform.arch}",
        )


def _check_socket(name: str) -> None:
    """
    Look whether the socket is there, which takes no time; where it is, the engine is asked while Go compiles.
    """
    path = plain_socket() if name == "docker" else None
    if path is not None and not os.access(path, os.R_OK | os.W_OK):
        _connect(name)  # which says why it does not work


def choose_engine(settings: Settings, reference: Reference, platform: Platform) -> ImageEngine:
    """
    The engine and the base that the settings mean, here and now.

    Raises `ToolError` where Docker is asked for and does not answer, `RegistryError` for a base that cannot be had,
    `OutputError` where the archive would have no folder to go to.
    """
    if settings.image.engine == "oci":
        return _oci(settings, reference, platform, None)
    try:
        engine = _connect(settings.image.engine)
    except ToolError as error:
        if settings.image.engine == "docker":
            raise
        return _oci(settings, reference, platform, error)
    from policy_tasks.toolchain.docker_base import find_base

    base = find_base(settings.image.base, platform, engine, offline=settings.modules.offline)
    return Docker(engine, base, settings.path(settings.image.output) if settings.image.output else None)


def _connect(name: str) -> DockerEngine:
    from policy_tasks.toolchain.docker_connection import connect

    try:
        return connect()
    except ToolError as error:
        if name != "docker":
            raise
        fix = f"{error.fix}; or use --engine oci, which needs no Docker engine"
        raise ToolError.of(error.what, where=error.where, why=error.why, fix=fix) from None


def _oci(settings: Settings, reference: Reference, platform: Platform, error: PolicyTasksError | None) -> Oci:
    why = f"{error.what} at {error.where}: {error.why}" if error else ""
    archive = archive_path(settings, reference, error)
    return Oci(_oci_base(settings, platform), archive, why)


def _oci_base(settings: Settings, platform: Platform) -> BaseImage:
    if settings.image.base in ("auto", STATIC):
        return BaseImage(name=STATIC, digest=rootfs_digest())
    from policy_tasks.toolchain.blob_store import BlobStore
    from policy_tasks.toolchain.docker_base import offline_error
    from policy_tasks.toolchain.registry import Registry
    from policy_tasks.toolchain.registry_pull import pull

    name = parse_image(settings.image.base, "image.base (--base)")
    if settings.modules.offline:
        raise offline_error(settings.image.base)
    registry = Registry(name, f"the base image {settings.image.base} cannot be had")
    return pull(registry, platform, BlobStore(settings.build_dir / STATE / "base"))
