"""
Whether what a registry calls an image is one: https://github.com/opencontainers/image-spec/blob/main/config.md.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable
from typing import Any

from policy_tasks.toolchain.oci_image import Layer, digest_of

# The kinds of the values that an image takes over from its base.
_KINDS: dict[str, type | tuple[type, ...]] = {
    "Env": list,
    "Labels": dict,
    "Volumes": dict,
    "ExposedPorts": dict,
    "WorkingDir": str,
    "StopSignal": str,
}


def checked_config(config: Any) -> dict[str, Any]:
    """
    The configuration of an image, with a table for `config` whatever it said. Raises ValueError for what is none.
    """
    _want(isinstance(config, dict), "its configuration is no table")
    run = config.get("config") or {}
    _want(isinstance(run, dict), "its configuration is no table")
    for key, kind in _KINDS.items():
        _want(run.get(key) is None or isinstance(run[key], kind), f"its {key} is {run.get(key)!r}")
    texts = (*(run.get("Env") or ()), *(run.get("Labels") or {}).values(), *config["rootfs"]["diff_ids"])
    _want(all(isinstance(each, str) for each in texts), "its environment, labels or layers are no texts")
    history = config.get("history") or []
    _want(isinstance(history, list) and all(isinstance(each, dict) for each in history), "its history is none")
    return {**config, "config": run}


def check_layers(layers: Iterable[Layer]) -> None:
    """
    See that each layer is, uncompressed, what the configuration says: an engine refuses it otherwise, but only when it is
    loaded. Zstandard cannot be read here, and is believed. Raises ValueError.
    """
    for layer in layers:
        _want(isinstance(layer.media_type, str), "a layer has no kind")
        if layer.media_type.endswith("zstd"):
            continue
        try:
            data = gzip.decompress(layer.data) if layer.media_type.endswith("gzip") else layer.data
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"a layer does not decompress: {error}") from None
        _want(digest_of(data) == layer.diff_id, f"a layer is not {layer.diff_id} when it is decompressed")


def _want(fulfilled: bool, otherwise: str) -> None:  # noqa: FBT001
    if not fulfilled:
        raise ValueError(otherwise)
