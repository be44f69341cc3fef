"""
The platform tag of a wheel that carries a static Go binary.

PyPI's allow list, auditwheel's policies and packaging's parser agree on these; a static binary runs on glibc and musl alike,
so one wheel claims both, as maturin's and Zig's do. macOS floors are those of the Go release: https://go.dev/wiki/MinimumRequirements
"""

from __future__ import annotations

from policy_tasks.errors import PolicyTasksError, SettingsError
from policy_tasks.names import Platform

_LINUX = {"amd64": "x86_64", "arm64": "aarch64", "386": "i686", "ppc64le": "ppc64le", "s390x": "s390x"}
_WINDOWS = {"amd64": "win_amd64", "arm64": "win_arm64", "386": "win32"}
_DARWIN = {"amd64": "x86_64", "arm64": "arm64"}
# The oldest macOS that the Go release runs on; a release that is not listed asks for what the newest listed one does.
_MACOS = {"1.26": 12, "1.27": 13}


def wheel_tag(platform: Platform, go: str) -> str:
    """
    The tag, for Python 3 of any kind, of a wheel with a static binary that this Go release made for this platform.

    Raises `SettingsError` for a platform that no wheel can name.
    """
    tag = {"linux": _linux, "windows": _windows, "darwin": _darwin}.get(platform.os, _none)(platform, go)
    if tag:
        return f"py3-none-{tag}"
    raise _unknown(platform)


def _linux(platform: Platform, _go: str) -> str:
    if platform.arch == "arm":
        level = (platform.variant or "v7").removeprefix("v")
        return _both_libcs("armv7l") if level == "7" else "linux_armv6l"
    if platform.arch == "riscv64":
        return "manylinux_2_31_riscv64.musllinux_1_1_riscv64"
    return _both_libcs(_LINUX[platform.arch]) if platform.arch in _LINUX else ""


def _both_libcs(machine: str) -> str:
    return f"manylinux_2_17_{machine}.manylinux2014_{machine}.musllinux_1_1_{machine}"


def _windows(platform: Platform, _go: str) -> str:
    return _WINDOWS.get(platform.arch, "")


def _darwin(platform: Platform, go: str) -> str:
    release = ".".join(go.split(".")[:2])
    floor = _MACOS.get(release, max(_MACOS.values()))
    return f"macosx_{floor}_0_{_DARWIN[platform.arch]}" if platform.arch in _DARWIN else ""


def _none(_platform: Platform, _go: str) -> str:
    return ""


def _unknown(platform: Platform) -> PolicyTasksError:
    return SettingsError.of(
        f"there is no wheel for {platform}",
        where="compile.platform",
        why="no tag of Python's packaging means that platform",
        fix="name another platform, such as linux/amd64",
    )
