"""
The base image, as the Docker engine has it or pulls it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from policy_tasks.errors import PolicyTasksError, RegistryError
from policy_tasks.names import Platform, is_digest, parse_image
from policy_tasks.printable import printable
from policy_tasks.toolchain import alpine
from policy_tasks.toolchain.docker_transport import STREAM_TIMEOUT
from policy_tasks.toolchain.image_config import STATIC
from policy_tasks.toolchain.layer import rootfs_digest

if TYPE_CHECKING:
    from policy_tasks.toolchain.docker_engine import DockerEngine

log = logging.getLogger(__name__)

# Seconds. Alpine is only preferred under `auto`: a registry that does not answer must not hold up the build.
_AUTO_PULL_TIMEOUT = 20


class DockerBase(NamedTuple):
    """
    A base image that the engine has: its name, its digest, its ID (empty for the built-in one) and its environment.
    """

    name: str
    digest: str
    id: str = ""
    env: tuple[str, ...] = ()


def find_base(wanted: str, platform: Platform, engine: DockerEngine, *, offline: bool = False) -> DockerBase:
    """
    The base image for this platform, pulled where it is not present, if that is allowed.

    `auto` ends with the built-in one where there is no Alpine; an explicit one that cannot be had is an error.
    """
    if wanted == STATIC:
        return DockerBase(STATIC, rootfs_digest())
    if wanted == "auto":
        return _auto(platform, engine, offline=offline)
    found = _present(wanted, platform, engine)
    if not found and offline:
        raise offline_error(wanted)
    return found or _pulled(wanted, platform, engine)


def offline_error(name: str) -> PolicyTasksError:
    """
    The error for a base that only its registry has.
    """
    return RegistryError.of(
        f"the base image {name} cannot be had",
        where=name,
        why="--offline asks no registry, and no Docker engine here has it",
        fix="pull it with Docker beforehand, or use --base static",
    )


def _auto(platform: Platform, engine: DockerEngine, *, offline: bool) -> DockerBase:
    found = _present(alpine.ALPINE, platform, engine)
    found = found or _present(alpine.newest(engine.tags("alpine")) or "", platform, engine)
    if found:
        return found
    if offline:
        log.info("image: the built-in base, as there is no %s for %s here", alpine.ALPINE, platform)
        return DockerBase(STATIC, rootfs_digest())
    try:
        return _pulled(alpine.ALPINE, platform, engine, _AUTO_PULL_TIMEOUT)
    except PolicyTasksError as error:
        why = printable(error.why.splitlines()[0][:200])
        missing = f"there is no {alpine.ALPINE} for {platform} here and it cannot be pulled"
        log.info("image: the built-in base, as %s: %s", missing, why)
        return DockerBase(STATIC, rootfs_digest())


def _present(name: str, platform: Platform, engine: DockerEngine) -> DockerBase | None:
    found = engine.inspect(name)
    if not found or (found.os, found.arch) != (platform.os, platform.arch):
        return None
    repository = parse_image(name, "image.base (--base)").repository
    known = (each.rpartition("@") for each in found.digests)
    digests = [digest for place, _, digest in known if place == repository and is_digest(digest)]
    return DockerBase(name, digests[0] if digests else found.id, found.id, found.env)


def _pulled(name: str, platform: Platform, engine: DockerEngine, timeout: int = STREAM_TIMEOUT) -> DockerBase:
    log.info("image: pulling %s", name)
    reference = parse_image(name, "image.base (--base)")
    failure = engine.api.failure(f"the base image {name} cannot be had", RegistryError, reference)
    engine.pull(reference, platform, failure, timeout)
    found = _present(name, platform, engine)
    if not found:
        raise failure.error(f"the registry has it, but not for {platform}")
    return found
