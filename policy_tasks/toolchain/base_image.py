"""
Checks of a base image from a registry: https://github.com/opencontainers/image-spec/blob/main/config.md.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable
from typing import Any

from policy_tasks.toolchain.oci_image import Layer, digest_of

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


def check_layers(layers: Iterable[Layer]) -> None:
    """
    Raise ValueError for a layer that is not, uncompressed, what the configuration says: an engine would refuse it, but only
    when the image is loaded. Layers in Zstandard are not checked: Python's library does not read it.
    """
    for layer in layers:
        _require(isinstance(layer.media_type, str), "a layer has no kind")
        if layer.media_type.endswith("zstd"):
            continue
        try:
            data = gzip.decompress(layer.data) if layer.media_type.endswith("gzip") else layer.data
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"a layer does not decompress: {error}") from None
        _require(digest_of(data) == layer.diff_id, f"a layer is not {layer.diff_id} when it is decompressed")


def _require(condition: bool, message: str) -> None:  # noqa: FBT001
    if not condition:
        raise ValueError(message)
