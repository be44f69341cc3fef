"""
Two engines in one project: `invoke edge.image core.image` builds both and prints the name of each.
"""

from pathlib import Path

from invoke import Collection, Context, task

import policy_tasks
from policy_tasks import collection, load_settings

EDGE = {"policies": ["policies/edge"], "build_dir": "build/edge", "repo": "example-edge"}
CORE = {"policies": ["policies/core"], "build_dir": "build/core", "repo": "example-core"}


@task
def release(_context: Context, tag: str) -> None:
    """
    Build both images with this tag, by the Python API: all it needs to know is in the values that come back.
    """
    for engine in (EDGE, CORE):
        image = policy_tasks.image(load_settings(Path(__file__).parent, **engine, tag=tag))
        print(image.reference, image.digest)


namespace = Collection(release, edge=collection(**EDGE), core=collection(**CORE))
