"""
Reproducible tar files: owner, mode and time are fixed.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from policy_tasks.toolchain.oci_image import digest_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    A file with its contents, or a folder, which has none. The name is relative to the root of the image.
    """

    name: str
    data: bytes | None = None
    mode: int = 0o444


def make_tar(entries: Iterable[Entry]) -> bytes:
    """
    The entries as an uncompressed tar.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for entry in entries:
            info = tarfile.TarInfo(entry.name)
            info.mode = entry.mode
            info.type = tarfile.DIRTYPE if entry.data is None else tarfile.REGTYPE
            info.size = len(entry.data or b"")
            tar.addfile(info, io.BytesIO(entry.data or b""))
    return buffer.getvalue()


def binary_entry(name: str, path: Path) -> Entry:
    """
    The compiled engine: to be run by anyone, to be changed by nobody.
    """
    return Entry(name=name, data=path.read_bytes(), mode=0o555)


def rootfs() -> tuple[Entry, ...]:
    """
    The built-in base: what a static binary needs of a system to serve, call out over TLS, and have a user's name.
    """
    import certifi  # Mozilla's certificates, as Python programs have them

    return (
        Entry(name="etc", mode=0o755),
        Entry(name="etc/passwd", data=b"root:x:0:0:root:/root:/sbin/nologin\npolicy:x:65532:65532::/:/sbin/nologin\n"),
        Entry(name="etc/group", data=b"root:x:0:\npolicy:x:65532:\n"),
        Entry(name="etc/ssl", mode=0o755),
        Entry(name="etc/ssl/certs", mode=0o755),
        Entry(name="etc/ssl/certs/ca-certificates.crt", data=Path(certifi.where()).read_bytes()),
        Entry(name="tmp", mode=0o1777),
    )


def rootfs_digest() -> str:
    """
    The digest of the built-in base as it is now: its certificates are those of the installed certifi.
    """
    return digest_of(make_tar(rootfs()))
