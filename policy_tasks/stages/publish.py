"""
Image -> Published: push what was built, and say the digest by which anyone can pull just that.
"""

from __future__ import annotations

import logging

from policy_tasks.errors import SettingsError
from policy_tasks.model import Image, Published
from policy_tasks.names import Reference
from policy_tasks.toolchain.image_engine import ImageEngine

log = logging.getLogger(__name__)


def check_destination(reference: Reference) -> None:
    """
    See that the name is one that somebody can push to, before anything is built. Raises `SettingsError`.

    Docker Hub has names without a folder for its own images alone.
    """
    if not reference.registry and "/" not in reference.path:
        raise SettingsError.of(
            f"{reference.repository} names no registry",
            where="image.repo (--repo)",
            why="an image of that name can only be pushed by Docker Hub itself",
            fix="name the registry and a repository in it, such as registry.example/team/engine",
        )


def push_image(image: Image, reference: Reference, engine: ImageEngine) -> Published:
    """
    Push the image to the registry in its name, with the engine that has built it.

    Raises `RegistryError` when the registry refuses it or cannot be reached.
    """
    digest = engine.push(image, reference)
    log.info("publish: %s", reference)
    return image.into(Published(reference=f"{reference.repository}@{digest}", tag=reference.tag))
