"""
Where the archive of an image goes, and whether an image has anywhere to go at all.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from policy_tasks.errors import OutputError, PolicyTasksError, ToolError
from policy_tasks.names import DOCKER_SOCKET, Reference
from policy_tasks.settings import Settings
from policy_tasks.toolchain.build_directory import ARCHIVES

_SOCKET = Path(DOCKER_SOCKET)


def check_archive_dir(settings: Settings) -> None:
    """
    Raise `OutputError` where neither the folder for archives nor a Docker engine is there, before anything is compiled.
    """
    folder, engine = settings.image.archive_dir, settings.image.engine
    if not folder or settings.image.output or engine == "docker" or settings.path(folder).is_dir():
        return
    if engine == "oci":
        raise _no_outlet(settings.path(folder), None)
    from policy_tasks.toolchain.docker_connection import connect

    try:
        connect()
    except ToolError as error:
        raise _no_outlet(settings.path(folder), error) from None


def without_missing_archive_dir(settings: Settings) -> Settings:
    """
    The settings of an image that a registry gets: where the folder for archives is not there, the build directory will do.
    """
    folder = settings.image.archive_dir
    if not folder or settings.path(folder).is_dir():
        return settings
    return replace(settings, image=replace(settings.image, archive_dir=None))


def archive_path(settings: Settings, reference: Reference, error: PolicyTasksError | None) -> Path:
    """
    The file that the settings name, else one in their folder for archives, else one in the build directory.

    Raises `OutputError` where that folder is not there; `error` says why there is no Docker engine, if one was wanted.
    """
    if settings.image.output:
        return settings.path(settings.image.output)
    name = archive_name(reference.path)
    if not settings.image.archive_dir:
        return settings.build_dir / ARCHIVES / name
    folder = settings.path(settings.image.archive_dir)
    if folder.is_dir():
        return folder / name
    raise _no_outlet(folder, error)


def archive_name(repository: str) -> str:
    """
    The archive's name, in whichever folder: that of the image without what is before it.
    """
    return f"{repository.rpartition('/')[2]}.tar"


def _no_outlet(folder: Path, error: PolicyTasksError | None) -> PolicyTasksError:
    what, no_folder = "the image has nowhere to go", f"there is no folder {folder} for an archive"
    make = f'make that folder; for a container, mount it: docker run -v "$PWD/out":{folder} ...'
    if not error:
        return OutputError.of(what, where=folder, why=no_folder, fix=make)
    fix = error.fix
    if not os.path.lexists(_SOCKET):
        fix += f"; for a container, mount the socket: docker run -v {_SOCKET}:{_SOCKET} ..."
    why = f"{error.what}: {error.why}; and {no_folder}"
    return OutputError.of(what, where=f"{error.where} and {folder}", why=why, fix=f"{fix}\nor {make}")
