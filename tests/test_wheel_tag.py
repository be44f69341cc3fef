"""
The tags of wheels with a static binary, against packaging's own parser.
"""

from __future__ import annotations

import pytest
from packaging.tags import parse_tag, platform_tags

from policy_tasks.errors import SettingsError
from policy_tasks.names import host_platform, parse_platform
from policy_tasks.wheel_tag import wheel_tag

TAGS = {
    "linux/amd64": "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
    "linux/arm64": "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
    "linux/386": "manylinux_2_17_i686.manylinux2014_i686.musllinux_1_1_i686",
    "linux/arm": "manylinux_2_17_armv7l.manylinux2014_armv7l.musllinux_1_1_armv7l",
    "linux/arm/v7": "manylinux_2_17_armv7l.manylinux2014_armv7l.musllinux_1_1_armv7l",
    "linux/arm/v6": "linux_armv6l",
    "linux/ppc64le": "manylinux_2_17_ppc64le.manylinux2014_ppc64le.musllinux_1_1_ppc64le",
    "linux/s390x": "manylinux_2_17_s390x.manylinux2014_s390x.musllinux_1_1_s390x",
    "linux/riscv64": "manylinux_2_31_riscv64.musllinux_1_1_riscv64",
    "windows/amd64": "win_amd64",
    "windows/arm64": "win_arm64",
    "windows/386": "win32",
    "darwin/amd64": "macosx_12_0_x86_64",
    "darwin/arm64": "macosx_12_0_arm64",
}


@pytest.mark.parametrize("platform", TAGS)
def test_a_platform_has_its_tag(platform: str) -> None:
    """Each platform that PyPI takes has the tags under which installers look for a static binary."""
    assert wheel_tag(parse_platform(platform), "1.26.3") == f"py3-none-{TAGS[platform]}"


@pytest.mark.parametrize(("go", "floor"), [("1.26", 12), ("1.26.8", 12), ("1.27.3", 13), ("1.99.0", 13)])
def test_the_macos_floor_is_that_of_the_go_release(go: str, floor: int) -> None:
    """A binary for macOS asks for the oldest macOS that its Go release runs on."""
    assert wheel_tag(parse_platform("darwin/arm64"), go) == f"py3-none-macosx_{floor}_0_arm64"


def test_this_machine_takes_its_own_tag() -> None:
    """A wheel for this machine's platform can be installed on this machine."""
    tags = parse_tag(wheel_tag(host_platform(), "1.26.3"))
    assert {tag.platform for tag in tags} & set(platform_tags())


@pytest.mark.parametrize(
    "platform", ["freebsd/amd64", "linux/mips", "linux/loong64", "windows/arm", "darwin/386", "js/wasm"]
)
def test_a_platform_without_a_tag_is_refused(platform: str) -> None:
    """A platform that no wheel can name is a settings error that names it."""
    with pytest.raises(SettingsError) as raised:
        wheel_tag(parse_platform(platform), "1.26.3")
    assert platform in raised.value.what
