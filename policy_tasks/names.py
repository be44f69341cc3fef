"""
Names of the world outside that are parsed once, so that what holds one cannot be wrong: platforms and image references.
"""

from __future__ import annotations

import platform as host
import re
import sys
from collections.abc import Callable
from typing import NamedTuple

from policy_tasks.errors import PolicyTasksError, SettingsError

# https://github.com/distribution/reference: the grammar of references.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(
    rf"(?:(?P<registry>(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]+)?)/)?(?P<path>{_COMPONENT}(?:/{_COMPONENT})*)"
)
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_DOCKER_HUB = "docker.io"
# Where a Docker engine listens that nobody has told otherwise.
DOCKER_SOCKET = "/var/run/docker.sock"

# Go's name for the machine, by what Python calls it.
_ARCHITECTURES = {
    "x86_64": "amd64",
    "amd64": "amd64",
    "aarch64": "arm64",
    "arm64": "arm64",
    "i686": "386",
    "i386": "386",
}
# The variable that holds the variant, and how a variant is written in it: https://go.dev/doc/install/source#environment
_VARIANTS: dict[str, tuple[str, re.Pattern[str], Callable[[str], str]]] = {
    "amd64": ("GOAMD64", re.compile("v[1-4]"), str),
    "arm64": ("GOARM64", re.compile(r"v[89](\.[0-9])?"), lambda text: text if "." in text else f"{text}.0"),
    "arm": ("GOARM", re.compile("v?[567]"), lambda text: text.removeprefix("v")),
    "386": ("GO386", re.compile("sse2|softfloat"), str),
    "mips": ("GOMIPS", re.compile("hardfloat|softfloat"), str),
    "mipsle": ("GOMIPS", re.compile("hardfloat|softfloat"), str),
    "mips64": ("GOMIPS64", re.compile("hardfloat|softfloat"), str),
    "mips64le": ("GOMIPS64", re.compile("hardfloat|softfloat"), str),
    "ppc64": ("GOPPC64", re.compile("power(8|9|10)"), str),
    "ppc64le": ("GOPPC64", re.compile("power(8|9|10)"), str),
    "riscv64": ("GORISCV64", re.compile("rva2[023]u64"), str),
}
# Where Go makes programs of their own that need nothing of the system, and the inspector can tell.
_SYSTEMS = ("linux", "darwin", "windows", "freebsd", "netbsd", "dragonfly")
# The variant that container tools expect where Go needs none.
_CONTAINER_VARIANTS = {"arm64": "v8", "arm": "v7"}


class Platform(NamedTuple):
    """
    `OS/ARCH[/VARIANT]` with Go's names for all three.
    """

    os: str
    arch: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.arch, self.variant) if part)

    @property
    def folder(self) -> str:
        """
        The platform as a folder's name.
        """
        return str(self).replace("/", "-")

    @property
    def container_variant(self) -> str:
        """
        The variant as container tools spell it, who expect one for ARM alone: https://github.com/containerd/platforms.
        """
        if self.arch not in _CONTAINER_VARIANTS:
            return ""
        return f"v{self.variant.removeprefix('v')[:1]}" if self.variant else _CONTAINER_VARIANTS[self.arch]

    @property
    def container(self) -> str:
        """
        `OS/ARCH[/VARIANT]` as container tools take it; the variant only where it was named.
        """
        variant = self.container_variant if self.variant else ""
        return "/".join(part for part in (self.os, self.arch, variant) if part)

    def variables(self) -> dict[str, str]:
        """
        The variables that make the go command compile for this platform, its variant included.
        """
        variables = {"GOOS": self.os, "GOARCH": self.arch}
        if self.variant:
            variable, _, spelling = _VARIANTS[self.arch]
            variables[variable] = spelling(self.variant)
        return variables


class RemoteModule(NamedTuple):
    """
    A module with a version, which may be any that Go understands: `v1.2.3`, `latest`, a branch, a commit.
    """

    path: str
    version: str

    def __str__(self) -> str:
        return f"{self.path}@{self.version}"


def parse_module(text: str) -> RemoteModule | None:
    """
    Read `module/path@version`; None where it is something else, such as a folder. A module that can be downloaded begins
    with a domain.
    """
    match = re.fullmatch(r"([a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?/[^\s@]*[^\s@/])@([^\s@/-][^\s@]*)", text)
    return RemoteModule(match[1], match[2]) if match else None


def is_exact(version: str) -> bool:
    """
    Whether the version always means the same, as `v1.2.3` does and `latest`, `v1` or a branch do not.
    """
    return bool(re.fullmatch(r"v\d+\.\d+\.\d+(-[\w.-]+)?(\+incompatible)?", version, re.ASCII))


def is_module_path(path: str) -> bool:
    """
    Whether a module may have this path, as far as its characters go: https://go.dev/ref/mod#go-mod-file-ident.
    """
    return bool(re.fullmatch(r"(?!-)[\w.~+-]+(/[\w.~+-]+)*", path, re.ASCII))


def is_downloadable(path: str) -> bool:
    """
    Whether the path is that of a module that Go can look for: it begins with a domain.
    """
    return is_module_path(path) and "." in path.partition("/")[0].strip(".")


def host_platform() -> Platform:
    """
    The platform that this Python runs on.
    """
    system = {"linux": "linux", "darwin": "darwin", "win32": "windows"}.get(sys.platform, sys.platform)
    machine = host.machine().lower()
    if machine.startswith(("armv6", "armv7")):
        return Platform(system, "arm", machine[3:5])
    return Platform(system, _ARCHITECTURES.get(machine, machine))


def parse_platform(text: str) -> Platform:
    """
    Read `OS/ARCH[/VARIANT]`; an empty text is this machine's platform. Raises `SettingsError`.
    """
    if not text:
        return host_platform()
    parts = text.split("/")
    if len(parts) not in (2, 3) or not all(re.fullmatch("[a-z0-9.]+", part) for part in parts):
        raise _wrong_platform(text, "want OS/ARCH or OS/ARCH/VARIANT")
    if parts[0] not in _SYSTEMS:
        raise _wrong_platform(text, f"an engine is a static program of its own, for {', '.join(_SYSTEMS)}")
    if len(parts) == 3:
        _, pattern, _ = _VARIANTS.get(parts[1], ("", re.compile(r"(?!)"), str))
        if not pattern.fullmatch(parts[2]):
            raise _wrong_platform(text, f"{parts[1]} has no variant {parts[2]}")
    return Platform(*parts)


def unsupported(platform: Platform, why: str) -> PolicyTasksError:
    """
    The error for a platform that Go refuses, in whichever of its commands it says so first.
    """
    return _wrong_platform(str(platform), why)


def _wrong_platform(text: str, why: str) -> PolicyTasksError:
    return SettingsError.of(
        f"{text!r} is not a platform",
        where="compile.platform (--platform)",
        why=why,
        fix="name one of `go tool dist list`, such as linux/amd64, linux/arm64 or linux/arm/v7",
    )


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
    match = _REPOSITORY.fullmatch(repository)
    if not match or not _TAG.fullmatch(tag) or ("@" in name and not _DIGEST.fullmatch(digest)):
        raise _wrong_name(setting, name, "want an image's name such as alpine:3.23")
    return _reference(match, tag, digest)


def _reference(match: re.Match[str], tag: str, digest: str) -> Reference:
    registry, path = match["registry"] or "", match["path"]
    if registry and not (set(".:[") & set(registry) or registry == "localhost" or registry != registry.lower()):
        registry, path = "", f"{registry}/{path}"
    return Reference("" if registry in (_DOCKER_HUB, "index.docker.io") else registry, path, tag, digest)


def _wrong_name(setting: str, text: str, why: str) -> PolicyTasksError:
    return SettingsError.of(f"{text!r} cannot be used as it is", where=setting, why=why, fix="correct that name")
