"""
Checks of a base image from a registry: https://github.com/opencontainers/image-spec/blob/main/config.md.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterable
from typing import IO, Any

from policy_tasks.names import is_digest
from policy_tasks.toolchain.oci_image import Layer

# In bytes, of a base's layers: as they are fetched, which is into memory, and as they are unpacked, which is not. The largest
# bases that a static program could want are a tenth of that.
_MAX_FETCHED = 1 << 30
_MAX_UNPACKED = 4 << 30

# The types of the values that an image inherits from its base.
_TYPES: dict[str, type | tuple[type, ...]] = {
    "Env": list,
    "Labels": dict,
    "Volumes": dict,
    "ExposedPorts": dict,
    "WorkingDir": str,
    "StopSignal": str,
}


def checked_config(config: Any) -> dict[str, Any]:
    """
    The configuration of an image, with a `config` that is always a table. Raises ValueError for what is no configuration.
    """
    _require(isinstance(config, dict), "its configuration is no table")
    run = config.get("config") or {}
    _require(isinstance(run, dict), "its configuration is no table")
    for key, kind in _TYPES.items():
        _require(run.get(key) is None or isinstance(run[key], kind), f"its {key} is {run.get(key)!r}")
    texts = (*(run.get("Env") or ()), *(run.get("Labels") or {}).values(), *config["rootfs"]["diff_ids"])
    _require(all(isinstance(each, str) for each in texts), "its environment, labels or layers are no texts")
    history = config.get("history") or []
    _require(isinstance(history, list) and all(isinstance(each, dict) for each in history), "its history is none")
    return {**config, "config": run}


def checked_digest(digest: Any) -> str:
    """
    What a registry calls a digest, which is to be asked for and to name a file. Raises ValueError for anything else.
    """
    _require(is_digest(str(digest)), f"{digest!r} is no digest")
    return str(digest)


def check_manifest(manifest: Any) -> None:
    """
    Raise ValueError for a manifest with a digest that is none, or with more in its layers than is kept in memory.
    """
    size = 0
    for each in (manifest["config"], *manifest["layers"]):
        checked_digest(each["digest"])
        size += max(int(each["size"]), 0)
    _require(size <= _MAX_FETCHED, f"its layers have {size} bytes, more than the {_MAX_FETCHED} that a base may have")


def check_layers(layers: Iterable[Layer]) -> None:
    """
    Raise ValueError for a layer that is not, uncompressed, what the configuration says: an engine would refuse it, but only
    when the image is loaded. Layers in Zstandard are not checked: Python's library does not read it.
    """
    left = _MAX_UNPACKED
    for layer in layers:
        _require(isinstance(layer.media_type, str), "a layer has no kind")
        if layer.media_type.endswith("zstd"):
            continue
        try:
            digest, size = _unpacked(layer, left)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"a layer does not decompress: {error}") from None
        left -= size
        _require(left >= 0, f"its layers decompress to more than the {_MAX_UNPACKED} bytes that a base may have")
        _require(digest == layer.diff_id, f"a layer is not {layer.diff_id} when it is decompressed")


def _unpacked(layer: Layer, limit: int) -> tuple[str, int]:
    """
    The digest and the size of what the layer is uncompressed, read no further than just beyond the limit.
    """
    hashed, size = hashlib.sha256(), 0
    packed: IO[bytes] = io.BytesIO(layer.data)
    file = gzip.GzipFile(fileobj=packed) if layer.media_type.endswith("gzip") else packed
    while size <= limit and (chunk := file.read(1 << 20)):
        hashed.update(chunk)
        size += len(chunk)
    return f"sha256:{hashed.hexdigest()}", size


def _require(condition: bool, message: str) -> None:  # noqa: FBT001
    if not condition:
        raise ValueError(message)
