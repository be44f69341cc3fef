"""
Who assembles the image, and on which base: decided while Go compiles, so that asking costs no time.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from policy_tasks.errors import OutputError, PolicyTasksError, SettingsError, ToolError
from policy_tasks.names import DOCKER_SOCKET, Platform, Reference, parse_image
from policy_tasks.settings import Settings
from policy_tasks.toolchain.build_directory import ARCHIVES, STATE
from policy_tasks.toolchain.image_config import STATIC

if TYPE_CHECKING:
    from policy_tasks.toolchain.docker_base import Base
    from policy_tasks.toolchain.docker_engine import DockerEngine
    from policy_tasks.toolchain.oci_image import BaseImage

log = logging.getLogger(__name__)

ENGINES = ("auto", "docker", "oci")

_SOCKET = Path(DOCKER_SOCKET)


class Docker(NamedTuple):
    """
    The Docker engine, with the base that it has.
    """

    engine: DockerEngine
    base: Base
    name: str = "docker"


class Oci(NamedTuple):
    """
    No daemon: the archive that is to be made, on this base; `why` says why there is no Docker engine, if one was wanted.
    """

    base: BaseImage
    archive: Path
    why: str = ""
    name: str = "oci"


def check_image_settings(settings: Settings, platform: Platform) -> None:
    """
    See that what is asked for can be had at all, before anything is compiled. Raises `SettingsError`.
    """
    wanted = settings.image
    if wanted.engine not in ENGINES:
        raise SettingsError.of(
            f"there is no engine {wanted.engine!r}",
            where="image.engine (--engine)",
            why=f"known are {', '.join(ENGINES)}",
            fix="name one of them",
        )
    if wanted.base not in ("auto", STATIC):
        parse_image(wanted.base, "image.base (--base)")
    for place, setting in ((wanted.output, "image.output (--output)"), (wanted.archive_dir, "image.archive_dir")):
        if place and Path(os.path.realpath(settings.path(place))).is_relative_to(os.path.realpath(settings.build_dir)):
            raise SettingsError.of(
                "the archive would be in the build directory",
                where=f"{setting}: {settings.path(place)}",
                why=f"everything in {settings.build_dir} may be replaced or removed",
                fix="name another place, or none: by default the archive is in the image folder of the build directory",
            )
    if platform.os != "linux":
        raise SettingsError.of(
            f"there are no images for {platform}",
            where="compile.platform (--platform)",
            why="an image runs on a Linux kernel",
            fix=f"use linux/{platform.arch}",
        )
    _check_outlets(settings)


def _check_outlets(settings: Settings) -> None:
    """
    See that the image has somewhere to go, as far as that can be told without asking Docker. Raises `OutputError`.
    """
    folder, engine = settings.image.archive_dir, settings.image.engine
    if not folder or settings.image.output or engine == "docker" or settings.path(folder).is_dir():
        return
    if engine == "oci":
        raise _no_outlet(settings.path(folder), None)
    if os.environ.get("DOCKER_HOST") or os.environ.get("DOCKER_CONTEXT") or _SOCKET.is_socket():
        return
    from policy_tasks.toolchain.docker_connection import connect

    try:
        connect()
    except ToolError as error:
        raise _no_outlet(settings.path(folder), error) from None


def choose_engine(settings: Settings, reference: Reference, platform: Platform) -> Docker | Oci:
    """
    The engine and the base that the settings mean, here and now.

    Raises `ToolError` where Docker is asked for and does not answer, `RegistryError` for a base that cannot be had,
    `OutputError` where the archive would have no folder to go to.
    """
    if settings.image.engine == "oci":
        return _oci(settings, reference, platform, None)
    try:
        from policy_tasks.toolchain.docker_base import find_base
        from policy_tasks.toolchain.docker_connection import connect

        engine = connect()
    except ToolError as error:
        if settings.image.engine == "docker":
            raise
        return _oci(settings, reference, platform, error)
    return Docker(
        engine=engine, base=find_base(settings.image.base, platform, engine, offline=settings.modules.offline)
    )


def _oci(settings: Settings, reference: Reference, platform: Platform, error: PolicyTasksError | None) -> Oci:
    from policy_tasks.toolchain.oci_image import BaseImage

    why = f"{error.what} at {error.where}: {error.why}" if error else ""
    archive = _archive(settings, reference, error)
    if settings.image.base in ("auto", STATIC):
        return Oci(base=BaseImage(name=STATIC), archive=archive, why=why)
    from policy_tasks.toolchain.blob_store import BlobStore
    from policy_tasks.toolchain.docker_base import not_offline
    from policy_tasks.toolchain.registry import Registry
    from policy_tasks.toolchain.registry_pull import pull

    named = parse_image(settings.image.base, "image.base (--base)")
    if settings.modules.offline:
        raise not_offline(settings.image.base)
    registry = Registry(named, f"the base image {settings.image.base} cannot be had")
    base = pull(registry, platform, BlobStore(settings.build_dir / STATE / "base"))
    return Oci(base=base, archive=archive, why=why)


def _archive(settings: Settings, reference: Reference, error: PolicyTasksError | None) -> Path:
    if settings.image.output:
        return settings.path(settings.image.output)
    name = f"{reference.path.rpartition('/')[2]}.tar"
    if not settings.image.archive_dir:
        return settings.build_dir / ARCHIVES / name
    folder = settings.path(settings.image.archive_dir)
    if folder.is_dir():
        return folder / name
    raise _no_outlet(folder, error)


def _no_outlet(folder: Path, error: PolicyTasksError | None) -> PolicyTasksError:
    no_folder, mount = f"there is no folder {folder} for an archive", f'-v "$PWD/out":{folder}'
    if not error:
        return OutputError.of(
            "the image has nowhere to go",
            where=folder,
            why=no_folder,
            fix=f"make that folder; for a container, mount it: docker run {mount} ...",
        )
    return OutputError.of(
        "the image has nowhere to go",
        where=f"{error.where} and {folder}",
        why=f"{error.what}: {error.why}; and {no_folder}",
        fix="start Docker, or make that folder; for a container, mount one of the two:\n"
        f"docker run -v {_SOCKET}:{_SOCKET} ...\ndocker run {mount} ...",
    )
