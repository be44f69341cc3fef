"""
Requests that are sent again, since what a registry answers may be over in a moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import requests

# What a registry, or what stands before it, may answer for no more than a moment, and seconds before it is asked again. As
# https://pkg.go.dev/github.com/google/go-containerregistry/pkg/v1/remote has it, and with it ko; 499 is nginx's and 522
# Cloudflare's.
MOMENTARY = (408, 429, 499, 500, 502, 503, 504, 522)
PAUSES = (0.3, 1, 2)


def asked_again(ask: Callable[[], requests.Response], pauses: Sequence[float] = PAUSES) -> requests.Response:
    """
    What is answered, or answered after these pauses, in seconds, where it may be over in a moment. Not by urllib3's Retry: that
    reads what it passes over into memory, and it may have no end.
    """
    for pause in pauses:
        response = ask()
        if response.status_code not in MOMENTARY:
            return response
        response.close()
        time.sleep(pause)
    return ask()
