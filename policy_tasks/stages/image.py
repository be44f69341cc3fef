"""
Binary -> Image: put the binary on its base, with the engine that was chosen.
"""

from __future__ import annotations

import logging
import os
import shlex

from policy_tasks.model import Binary, Image
from policy_tasks.names import Reference
from policy_tasks.settings import Settings
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.image_engine import ImageEngine

log = logging.getLogger(__name__)


def build_image(
    binary: Binary,
    reference: Reference,
    engine: ImageEngine,
    go: Go,
    directory: BuildDirectory,
) -> Image:
    """
    The image of this binary, built by this engine on its base. What is there already is not built again.
    """
    image = Image(
        reference=str(reference),
        digest=engine.build(binary, reference, go, directory),
        engine=engine.name,
        base=engine.base.name,
        base_digest=engine.base.digest,
        platform=binary.platform,
        archive=engine.archive,
    )
    return binary.into(image)


def log_how_to_run(image: Image, settings: Settings) -> None:
    """
    Say how an image that no Docker engine has is loaded and run.

    A folder for archives that is mounted is a container's: on the host, where Docker is, it has another path.
    """
    if image.engine != "oci" or not image.archive:
        return
    folder, archives = image.archive.parent, settings.image.archive_dir
    mounted = archives and settings.path(archives) == folder and os.path.ismount(folder)
    place = f", in the folder that is mounted at {folder}," if mounted else ""
    name = image.archive.name if mounted else str(image.archive)
    log.info("image: load it%s with: docker load -i %s", place, shlex.quote(name))
    log.info("image: then run it:  docker run --rm %s", image.reference)
