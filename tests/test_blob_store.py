"""
What is kept of a registry's base image between runs.
"""

from __future__ import annotations

from pathlib import Path

from policy_tasks.toolchain.blob_store import BlobStore
from policy_tasks.toolchain.oci_image import digest_of


def test_a_blob_is_kept_until_the_base_is_another(tmp_path: Path) -> None:
    """What was put is there by its digest; what the base has no more, and half a file of a run that was cut off, goes."""
    store, (first, second) = BlobStore(tmp_path / "base"), (b"one", b"two")
    assert store.get(digest_of(first)) is None
    store.keep_only([])
    for data in (first, second):
        store.put(digest_of(data), data)
        assert store.get(digest_of(data)) == data
    (tmp_path / "base" / ".partial").write_bytes(b"half")
    store.keep_only([digest_of(second)])
    assert store.get(digest_of(first)) is None
    assert [path.read_bytes() for path in (tmp_path / "base").iterdir()] == [second]


def test_a_blob_that_was_changed_is_not_believed(tmp_path: Path) -> None:
    """A file whose contents do not fit its name is as good as none."""
    store = BlobStore(tmp_path)
    store.put(digest_of(b"one"), b"one")
    next(tmp_path.iterdir()).write_bytes(b"other")
    assert store.get(digest_of(b"one")) is None
