"""
Answers of servers that may say anything, for as long as they like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import requests

# The size of any response but a layer: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests
MAX_BYTES = 4 << 20
# As much of an error's text as may say anything.
_MAX_ERROR_BYTES = 1 << 16


def read(response: requests.Response, max_bytes: int = MAX_BYTES) -> None:
    """
    Read the body of a response that is a stream. Raises ValueError where it is longer than announced, and than anything small,
    before it fills the memory. Of an error what there is of its text is enough.
    """
    import requests

    error = response.status_code >= 400
    body, most = bytearray(), _MAX_ERROR_BYTES if error else max(max_bytes, MAX_BYTES)
    try:
        for chunk in response.iter_content(1 << 16):
            body += chunk
            if len(body) > most:
                raise ValueError(f"it goes on after {len(body)} bytes")
    except (requests.RequestException, ValueError):
        response.close()
        if not error:
            raise
    response._content = bytes(body)  # noqa: SLF001 - requests has no limit of its own
