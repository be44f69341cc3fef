"""
Names of the world outside that are parsed once, so that what holds one cannot be wrong: platforms, images, modules.
"""

from __future__ import annotations

from policy_tasks.names.module import (
    RemoteModule,
    fits_path,
    is_downloadable,
    is_exact,
    is_module_path,
    major_of,
    parse_module,
)
from policy_tasks.names.platform import Platform, host_platform, parse_platform, unsupported
from policy_tasks.names.reference import DOCKER_SOCKET, Reference, is_digest, parse_image, parse_reference

__all__ = [
    "DOCKER_SOCKET",
    "Platform",
    "Reference",
    "RemoteModule",
    "fits_path",
    "host_platform",
    "is_digest",
    "is_downloadable",
    "is_exact",
    "is_module_path",
    "major_of",
    "parse_image",
    "parse_module",
    "parse_platform",
    "parse_reference",
    "unsupported",
]
