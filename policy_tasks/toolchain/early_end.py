"""
Which policy it is that ends a process before any test begins, which leaves nothing to tell it by.
"""

from __future__ import annotations

from policy_tasks.model import Policy
from policy_tasks.toolchain import templates
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.go_test_events import Outcome
from policy_tasks.toolchain.go_testing import go_test
from policy_tasks.toolchain.test_failures import TESTS


def early_ends(
    policies: tuple[Policy, ...], *, race: bool, go: Go, directory: BuildDirectory
) -> list[tuple[Policy, Outcome]]:
    """
    A policy of each package with which alone no test begins, and how that ended: each is imported by a test of its own.
    """
    imported = {policy.package: policy for policy in reversed(policies)}
    folders = {f"{TESTS}/begin{number}": policy for number, policy in enumerate(imported.values())}
    for folder, policy in folders.items():
        directory.write(f"{folder}/begin_test.go", templates.render("begin_test.go", package=policy.package))
    outcomes = go_test([f"./{folder}" for folder in folders], race=race, go=go, directory=directory)
    found = {each.package: each for each in outcomes if each.early}
    return [
        (policy, outcome)
        for folder, policy in folders.items()
        for package, outcome in found.items()
        if package.endswith(f"/{folder}")
    ]
