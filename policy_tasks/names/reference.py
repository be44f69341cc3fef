"""
The names of images, and of where they are.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from policy_tasks.errors import PolicyTasksError, SettingsError

# https://github.com/distribution/reference: the grammar of references.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"localhost|(?=[^/]*[.:])[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]"  # what has no dot and no port is a part of the path
_REPOSITORY = re.compile(rf"(?:(?P<registry>(?:{_HOST})(?::[0-9]+)?)/)?(?P<path>{_COMPONENT}(?:/{_COMPONENT})*)")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_DOCKER_HUB = "docker.io"
# Where a Docker engine listens that nobody has told otherwise.
DOCKER_SOCKET = "/var/run/docker.sock"


class Reference(NamedTuple):
    """
    An image's name: the registry (empty for Docker Hub), the repository's path in it, and a tag or a digest.
    """

    registry: str
    path: str
    tag: str = "latest"
    digest: str = ""

    def __str__(self) -> str:
        return f"{self.repository}@{self.digest}" if self.digest else f"{self.repository}:{self.tag}"

    @property
    def repository(self) -> str:
        """
        The familiar name without tag: `policy-engine`, `localhost:5000/team/engine`.
        """
        return f"{self.registry}/{self.path}" if self.registry else self.path

    @property
    def canonical(self) -> str:
        """
        The name in full, as containerd wants it: `docker.io/library/policy-engine:latest`.
        """
        path = self.path if self.registry or "/" in self.path else f"library/{self.path}"
        return f"{self.registry or _DOCKER_HUB}/{path}:{self.tag}"

    @property
    def login(self) -> str:
        """
        The command that logs in where this image is.
        """
        return f"docker login {self.registry}".rstrip()


def parse_reference(repository: str, tag: str) -> Reference:
    """
    Read the name that an image is to have. Raises `SettingsError`.
    """
    match = _REPOSITORY.fullmatch(repository)
    if not match or len(repository) > 255:
        raise _wrong_name(
            "image.repo (--repo)", repository, "want lower-case words such as registry.example/team/engine"
        )
    if not _TAG.fullmatch(tag):
        raise _wrong_name("image.tag (--tag)", tag, "want up to 128 letters, digits, dots, dashes and underscores")
    return _reference(match, tag, "")


def parse_image(name: str, setting: str) -> Reference:
    """
    Read the name of an image that exists, with a tag, a digest, both or neither. Raises `SettingsError`.
    """
    rest, _, digest = name.partition("@")
    repository, tag = rest, "latest"
    if ":" in rest.rpartition("/")[2]:
        repository, _, tag = rest.rpartition(":")
    if repository == "scratch":
        raise _wrong_name(setting, name, "it is the word of a Dockerfile for no base at all, which is static here")
    match = _REPOSITORY.fullmatch(repository)
    if not match or not _TAG.fullmatch(tag) or ("@" in name and not is_digest(digest)):
        raise _wrong_name(setting, name, "want an image's name such as alpine:3.23")
    return _reference(match, tag, digest)


def is_digest(text: str) -> bool:
    """
    Whether the text is a digest, `sha256:` and 64 hexadecimal digits, and so a file's name as well. No
    registry or engine makes any other.
    """
    return bool(_DIGEST.fullmatch(text))


def _reference(match: re.Match[str], tag: str, digest: str) -> Reference:
    registry, path = match["registry"] or "", match["path"]
    if registry in ("", _DOCKER_HUB, "index.docker.io"):
        # As Docker shortens names, by which its engines list the digests of an image.
        official = re.fullmatch("library/([^/]+)", path)
        return Reference("", official[1] if official else path, tag, digest)
    return Reference(registry, path, tag, digest)


def _wrong_name(setting: str, text: str, why: str) -> PolicyTasksError:
    return SettingsError.of(f"{text!r} cannot be used as it is", where=setting, why=why, fix="correct that name")
