"""
A cache of blobs from registries, by their digests: a base image is fetched once, not by every run.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection
from pathlib import Path

from policy_tasks.toolchain.oci_image import digest_of


class BlobStore:
    """
    A folder of blobs. One whose contents do not have the digest in its name counts as missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, digest: str) -> bytes | None:
        """
        The blob with this digest, if it is here.
        """
        try:
            data = self._place(digest).read_bytes()
        except OSError:
            return None
        return data if digest_of(data) == digest else None

    def digests(self) -> set[str]:
        """
        The digests of all blobs here.
        """
        return {file.name.replace("-", ":") for file in self._folder.iterdir()} if self._folder.is_dir() else set()

    def put(self, digest: str, data: bytes) -> None:
        """
        Keep a blob, in one step.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._folder / f".{secrets.token_hex(8)}"
        partial.write_bytes(data)
        os.replace(partial, self._place(digest))

    def keep_only(self, digests: Collection[str]) -> None:
        """
        Remove all other blobs, and the partial files of runs that were interrupted.
        """
        names = {self._place(digest) for digest in digests}
        for file in self._folder.iterdir() if self._folder.is_dir() else ():
            if file not in names:
                file.unlink(missing_ok=True)

    def _place(self, digest: str) -> Path:
        return self._folder / digest.replace(":", "-")
