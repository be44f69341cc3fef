"""
What is made of the policies: the binary and the image.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from policy_tasks.model.modules import Resolved


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary(Resolved):
    """
    The compiled engine: static, for `platform` (`OS/ARCH[/VARIANT]`), `size` in bytes.

    `manifest` says in JSON what it is made of, `sbom` the same as a CycloneDX bill of materials; both are files beside it,
    and not there before it is checked.
    """

    path: Path
    sha256: str
    platform: str
    size: int
    go: str
    manifest: Path | None = None
    sbom: Path | None = None

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image(Resolved):
    """
    The container image.

    `digest` is the image's ID where the Docker engine built it, and its manifest's digest where it is an OCI archive.
    `base` is the base image's name, or `static`, `base_digest` what its registry knows it by, else its ID; `archive` is the
    file that holds the image, where there is one.
    """

    reference: str
    digest: str
    engine: str
    base: str
    base_digest: str
    platform: str
    archive: Path | None

    def __str__(self) -> str:
        return self.reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Published(Resolved):
    """
    What a registry holds now: `reference` is always `repository@sha256:…`.
    """

    reference: str
    tag: str

    def __str__(self) -> str:
        return self.reference
