"""
What a base image from a registry may be.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tracemalloc

import pytest

from policy_tasks.toolchain import base_image
from policy_tasks.toolchain.oci_image import Layer, digest_of


def _bomb(size: int) -> Layer:
    packed, hashed, part = io.BytesIO(), hashlib.sha256(), bytes(1 << 20)
    with gzip.GzipFile(fileobj=packed, mode="wb") as file:
        for _ in range(size >> 20):
            file.write(part)
            hashed.update(part)
    return Layer(data=packed.getvalue(), diff_id=f"sha256:{hashed.hexdigest()}")


def test_a_layer_is_checked_without_being_in_memory() -> None:
    """However much a layer is when it is unpacked, a small part of it is there at once."""
    layer = _bomb(256 << 20)
    tracemalloc.start()
    base_image.check_layers([layer])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32 << 20


def test_layers_that_unpack_without_an_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them together have one limit, which the error says; what just fits is taken, and read once."""
    layer = _bomb(4 << 20)
    monkeypatch.setattr(base_image, "_MAX_UNPACKED", 8 << 20)
    base_image.check_layers([layer, layer])
    plain = Layer(data=b"x", diff_id=digest_of(b"x"), media_type="application/vnd.oci.image.layer.v1.tar")
    with pytest.raises(ValueError, match=f"more than the {8 << 20} bytes"):
        base_image.check_layers([layer, plain, layer])
