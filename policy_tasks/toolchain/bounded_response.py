"""
Answers of servers that may say anything, for as long as they like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import requests

# The size of any response but a layer: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests
MAX_BYTES = 4 << 20


def read(response: requests.Response, max_bytes: int = MAX_BYTES) -> None:
    """
    Read the body of a response that is a stream. Raises ValueError where it is longer than announced, and than anything small,
    before it fills the memory.
    """
    body = bytearray()
    for chunk in response.iter_content(1 << 16):
        body += chunk
        if len(body) > max(max_bytes, MAX_BYTES):
            response.close()
            raise ValueError(f"it goes on after {len(body)} bytes")
    response._content = bytes(body)  # noqa: SLF001 - requests has no limit of its own
