"""
The values that travel down the pipeline, in order. Each is made from the one before.

All are frozen, hold absolute paths, and convert to the JSON documents of `--format json` with `document`;
`str(value)` is the answer that a task prints.
"""

from __future__ import annotations

from policy_tasks.model.documents import document, summary
from policy_tasks.model.modules import (
    Exclude,
    FetchedModules,
    Module,
    Replace,
    Requirement,
    Resolved,
    StagedModule,
    staged,
)
from policy_tasks.model.policies import (
    Constructor,
    GeneratedSources,
    Ignored,
    NearMiss,
    NewPolicy,
    Policy,
    PolicySet,
    PolicyTest,
    Tested,
)
from policy_tasks.model.products import Binary, Image, Published

__all__ = [
    "Binary",
    "Constructor",
    "Exclude",
    "FetchedModules",
    "GeneratedSources",
    "Ignored",
    "Image",
    "Module",
    "NearMiss",
    "NewPolicy",
    "Policy",
    "PolicySet",
    "PolicyTest",
    "Published",
    "Replace",
    "Requirement",
    "Resolved",
    "StagedModule",
    "Tested",
    "document",
    "staged",
    "summary",
]
