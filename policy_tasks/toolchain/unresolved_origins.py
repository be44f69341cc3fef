"""
Who asks for what Go could not have: a pin, the lock, a go.sum file.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from policy_tasks.errors import PolicyError, PolicyTasksError, Problem
from policy_tasks.model import Module, Requirement
from policy_tasks.toolchain.go_graph import Graph
from policy_tasks.toolchain.go_sums import malformed, mismatched, places_of
from policy_tasks.toolchain.policy_folder import SourceModule

_GONE = re.compile(r"no such file or directory|404 Not Found|410 Gone|unknown revision|not found")


class Origins(NamedTuple):
    """
    What decides about versions and sums.
    """

    graph: Graph
    pins: tuple[Requirement, ...]
    held: tuple[Module, ...]

    def named(self, error: PolicyTasksError) -> PolicyTasksError:
        """
        The same error, with the place that asks for what could not be had; or what is wrong with the go.sum files.
        """
        is_malformed = any("malformed go.sum" in each.why for each in error.problems)
        if is_malformed and (found := [each for source in self._sources(remote=False) for each in malformed(source)]):
            return PolicyError(*found)
        return type(error)(*(self._with_sum(self._with_lock(self._with_pin(each))) for each in error.problems))

    def _with_pin(self, problem: Problem) -> Problem:
        if not any(_tells_of(problem, pin.module, pin.version) for pin in self.pins):
            return problem
        fix = "name a version that there is in modules.pins, or see to GOPROXY and the network"
        return replace(problem, where=f"modules.pins, for {problem.where}", fix=fix)

    def _with_lock(self, problem: Problem) -> Problem:
        modules = (self.graph.core, *self.graph.modules)
        asked = {(each.module, each.version) for module in modules for each in module.go_mod.requires}
        asked |= {(pin.module, pin.version) for pin in self.pins}
        alone = [each for each in self.held if (each.path, str(each.version)) not in asked]
        if not _GONE.search(problem.why) or not any(_tells_of(problem, each.path, str(each.version)) for each in alone):
            return problem
        fix = "run with --update, which takes what the go.mod files ask for, or see to GOPROXY and the network"
        return replace(problem, where=f"the lock, for {problem.where}", fix=fix)

    def _with_sum(self, problem: Problem) -> Problem:
        if not (found := mismatched(problem.why)):
            return problem
        files, others = (list(places_of(found, self._sources(remote=remote))) for remote in (False, True))
        lock = ["the lock"] if any((each.path, each.version, each.sum) == found for each in self.held) else []
        steps = [f"take that line out of {' and '.join(files)}"] if files else []
        steps += [f"name another version of the policies with {' and '.join(others)}"] if others else []
        steps += ["run with --update"] if lock else []
        if not steps:
            return problem
        fix = f"find out who changed what {found[0]} {found[1]} is; where that is meant, {' and '.join(steps)}"
        return replace(problem, where=" and ".join(files + others + lock), fix=fix)

    def _sources(self, *, remote: bool) -> list[SourceModule]:
        modules = (self.graph.core, *self.graph.modules)
        return [module.source for module in modules if bool(module.remote) == remote]


def _tells_of(problem: Problem, path: str, version: str) -> bool:
    return bool(re.search(rf"(?<![\w./-]){re.escape(path)}@{re.escape(version)}(?![\w.+-])", problem.why))
