"""
Platforms, with Go's names for them.
"""

from __future__ import annotations

import platform as host
import re
import sys
from collections.abc import Callable
from typing import NamedTuple

from policy_tasks.errors import PolicyTasksError, SettingsError

# Go's name for the machine, by what Python calls it.
_ARCHITECTURES = {
    "x86_64": "amd64",
    "amd64": "amd64",
    "aarch64": "arm64",
    "arm64": "arm64",
    "i686": "386",
    "i386": "386",
    "loongarch64": "loong64",
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


def host_platform() -> Platform:
    """
    The platform that this Python runs on.
    """
    system = {"linux": "linux", "darwin": "darwin", "win32": "windows"}.get(sys.platform, sys.platform)
    machine = host.machine().lower()
    if arm := re.match("armv([5-8])", machine):  # armv8l is a 64-bit processor under a 32-bit system
        return Platform(system, "arm", f"v{min(int(arm[1]), 7)}")
    return Platform(system, _ARCHITECTURES.get(machine, machine))


def parse_platform(text: str) -> Platform:
    """
    Read `OS/ARCH[/VARIANT]`; an empty text is this machine's platform. Raises `SettingsError`.
    """
    if not text:
        return host_platform()
    if "," in text:
        raise _several_platforms(text)
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


def _several_platforms(text: str) -> PolicyTasksError:
    return SettingsError.of(
        f"{text!r} is more than one platform",
        where="compile.platform (--platform)",
        why="a run is for one",
        fix="run once for each, with a --tag for each; docker buildx imagetools create -t REPO:TAG REPO:TAG-amd64 REPO:TAG-arm64 "
        "then makes of what was published one image for all",
    )


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
