"""
Binary -> Image: put the binary on its base, with the engine that was chosen.
"""

from __future__ import annotations

from policy_tasks.model import Binary, Image
from policy_tasks.names import Reference
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.image_engine import ImageEngine


def build_image(
    binary: Binary,
    reference: Reference,
    engine: ImageEngine,
    go: Go,
    directory: BuildDirectory,
) -> Image:
    """
    The image of this binary, built by this engine on its base. What is there already is not built again.
    """
    image = Image(
        reference=str(reference),
        digest=engine.build(binary, reference, go, directory),
        engine=engine.name,
        base=engine.base.name,
        base_digest=engine.base.digest,
        platform=binary.platform,
        archive=engine.archive,
    )
    return binary.into(image)
