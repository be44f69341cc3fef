"""
Platforms and image references.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_tasks.errors import SettingsError
from policy_tasks.names import host_platform, parse_image, parse_platform, parse_reference
from policy_tasks.toolchain.alpine import newest


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("linux/amd64", {"GOOS": "linux", "GOARCH": "amd64"}),
        ("linux/amd64/v3", {"GOOS": "linux", "GOARCH": "amd64", "GOAMD64": "v3"}),
        ("linux/arm/v6", {"GOOS": "linux", "GOARCH": "arm", "GOARM": "6"}),
        ("linux/arm64/v8", {"GOOS": "linux", "GOARCH": "arm64", "GOARM64": "v8.0"}),
        ("linux/386/softfloat", {"GOOS": "linux", "GOARCH": "386", "GO386": "softfloat"}),
    ],
)
def test_platform_becomes_the_variables_of_go(text: str, variables: dict[str, str]) -> None:
    """A platform with its variant is written as the go command wants it."""
    platform = parse_platform(text)
    assert str(platform) == text
    assert platform.variables() == variables


@pytest.mark.parametrize(
    ("text", "container", "variant"),
    [
        ("linux/amd64/v3", "linux/amd64", ""),
        ("linux/386/softfloat", "linux/386", ""),
        ("linux/arm/7", "linux/arm/v7", "v7"),
        ("linux/arm", "linux/arm", "v7"),
        ("linux/arm64", "linux/arm64", "v8"),
        ("linux/arm64/v9.0", "linux/arm64/v9", "v9"),
    ],
)
def test_platform_as_container_tools_spell_it(text: str, container: str, variant: str) -> None:
    """Go's variants are finer than those of images, which have one for ARM alone."""
    platform = parse_platform(text)
    assert (platform.container, platform.container_variant) == (container, variant)


def test_the_newest_release_of_alpine_is_taken() -> None:
    """Not a snapshot of edge, whose name is a day; without a release, whatever there is."""
    assert newest(["alpine:3.9", "alpine:3.22", "alpine:20250108", "alpine:latest"]) == "alpine:3.22"
    assert newest(["alpine:3.22", "alpine:3.23"]) == "alpine:3.23"
    assert newest(["alpine:edge", "busybox:1"]) == "alpine:edge"
    assert newest([]) is None


def test_no_platform_means_this_machine() -> None:
    """An empty text is the platform that we run on."""
    assert parse_platform("") == host_platform()


@pytest.mark.parametrize(
    "text", ["linux", "linux/", "/amd64", "linux/amd64/v9", "linux/arm64/v7", "a/b/c/d", "Linux/AMD64", "../x/y"]
)
def test_what_is_no_platform_is_a_settings_error(text: str) -> None:
    """Anything else than OS/ARCH[/VARIANT] is refused with the setting's name."""
    with pytest.raises(SettingsError) as caught:
        parse_platform(text)
    assert "compile.platform" in caught.value.where


def test_several_platforms_are_one_run_each() -> None:
    """A list, as buildx takes one, is refused with the way to an image for several platforms."""
    with pytest.raises(SettingsError) as caught:
        parse_platform("linux/amd64,linux/arm64")
    assert "more than one platform" in caught.value.what
    assert "--tag" in caught.value.fix
    assert "imagetools create" in caught.value.fix


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        ("loongarch64", "linux/loong64"),
        ("riscv64", "linux/riscv64"),
        ("armv6l", "linux/arm/v6"),
        ("armv8l", "linux/arm/v7"),  # a 64-bit processor under a 32-bit system
    ],
)
def test_machines_have_go_s_names(machine: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the kernel calls a machine is not always what Go calls it."""
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr("sys.platform", "linux")
    assert str(host_platform()) == name


@pytest.mark.parametrize(
    ("repository", "canonical"),
    [
        ("policy-engine", "docker.io/library/policy-engine:v1"),
        ("team/engine", "docker.io/team/engine:v1"),
        ("127.0.0.1:5000/engine", "127.0.0.1:5000/engine:v1"),
        ("localhost/engine", "localhost/engine:v1"),
        ("registry.example/team/engine", "registry.example/team/engine:v1"),
        ("[::1]:5000/engine", "[::1]:5000/engine:v1"),
    ],
)
def test_references_have_a_canonical_name(repository: str, canonical: str) -> None:
    """The name in full has a registry and, on Docker Hub, a namespace, as containerd wants it."""
    reference = parse_reference(repository, "v1")
    assert reference.canonical == canonical
    assert str(reference) == f"{repository}:v1"


@pytest.mark.parametrize(
    ("repository", "tag"),
    [
        ("Engine", "v1"),
        ("Team/engine", "v1"),
        ("engine:v1", "v1"),
        ("", "v1"),
        ("a//b", "v1"),
        ("engine", ""),
        ("engine", "-x"),
        ("engine", "a b"),
        ("a" * 300, "v1"),
        ("engine\n", "v1"),
    ],
)
def test_what_is_no_reference_is_a_settings_error(repository: str, tag: str) -> None:
    """A repository or tag that no registry takes is refused before anything is compiled."""
    with pytest.raises(SettingsError):
        parse_reference(repository, tag)


def test_an_image_is_named_with_tag_digest_both_or_neither() -> None:
    """The name of a base image is taken apart as Docker does."""
    digest = "sha256:" + "a" * 64
    assert str(parse_image("alpine", "base")) == "alpine:latest"
    assert str(parse_image("alpine:3.23", "base")) == "alpine:3.23"
    assert str(parse_image(f"127.0.0.1:5000/alpine:3.23@{digest}", "base")) == f"127.0.0.1:5000/alpine@{digest}"
    with pytest.raises(SettingsError):
        parse_image("alpine@sha256:1", "base")
    with pytest.raises(SettingsError, match="static"):
        parse_image("scratch", "base")


@pytest.mark.parametrize("name", ["alpine", "library/alpine", "docker.io/alpine", "index.docker.io/library/alpine"])
def test_a_name_on_docker_hub_is_one_name(name: str) -> None:
    """However much of it is written out, the image is the one that an engine lists by its short name."""
    assert str(parse_image(name, "base")) == "alpine:latest"
    assert str(parse_image("docker.io/library/a/b", "base")) == "library/a/b:latest"
    assert str(parse_image("registry.example/library/alpine", "base")) == "registry.example/library/alpine:latest"


@given(st.text(), st.text())
def test_any_text_is_a_reference_or_a_settings_error(repository: str, tag: str) -> None:
    """Whatever is typed, there is no other error, and what is taken comes out as it was."""
    try:
        reference = parse_reference(repository, tag)
    except SettingsError:
        return
    assert str(reference).endswith(f":{tag}")


@given(st.text())
def test_any_text_is_a_platform_or_a_settings_error(text: str) -> None:
    """Whatever is typed, there is no other error."""
    try:
        assert str(parse_platform(text)) == (text or str(host_platform()))
    except SettingsError:
        pass
