"""
This repository's own tasks, and the shortest example of using the package: the engine with the example policies.
"""

from policy_tasks import collection

namespace = collection(policies=["examples/policies"])
