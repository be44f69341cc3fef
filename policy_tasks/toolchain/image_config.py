"""
How every image is set up, whichever engine assembles it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from policy_tasks import __version__
from policy_tasks.model import Binary

# A folder that no base has: an engine that unpacks a layer chooses the mode of missing parent folders itself, and an entry for
# a folder that is a link in the base would replace that link.
FOLDER = "/app"
ENTRYPOINT = f"{FOLDER}/policy-engine"
# Numeric, because Kubernetes cannot tell whether a user's name is root: https://github.com/coredns/coredns/issues/7542
USER = "65532:65532"
# The built-in base: it has only the files of `layer.rootfs`.
STATIC = "static"

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class ImageConfig(NamedTuple):
    """
    What `docker inspect` shows of an image, beside its layers.
    """

    labels: tuple[tuple[str, str], ...]
    env: tuple[tuple[str, str], ...]
    entrypoint: str = ENTRYPOINT
    user: str = USER
    folder: str = FOLDER

    @property
    def path(self) -> str:
        """
        The PATH of the image: the engine's folder, then the base's.
        """
        return dict(self.env)["PATH"]


def image_config(binary: Binary, base: str, base_env: Iterable[str]) -> ImageConfig:
    """
    The configuration of an image with this binary. It names no time and no place, so that it is the same everywhere.
    """
    labels = {
        "org.opencontainers.image.title": "policy-engine",
        "org.opencontainers.image.base.name": "scratch" if base == STATIC else base,
        "policy-tasks.version": __version__,
        "policy-tasks.go": binary.go,
    }
    env = dict(each.split("=", 1) for each in base_env if "=" in each)
    path = f"{FOLDER}:{env.get('PATH', _PATH)}"
    return ImageConfig(labels=tuple(sorted(labels.items())), env=tuple({**env, "PATH": path}.items()))
