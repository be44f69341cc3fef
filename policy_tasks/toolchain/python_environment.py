"""
Virtual environments of Python among the sources, as the README makes one: thousands of files that are no part of a policy.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from policy_tasks.toolchain.go_mod import GO_MOD

# https://docs.python.org/3/library/venv.html; the second is that of Windows.
_MARK = "pyvenv.cfg"
_PROGRAMS = ("bin", "Scripts")


def is_environment(entries: Mapping[str, os.DirEntry[str]]) -> bool:
    """
    Whether a folder with these entries is one, and no more than that: an environment may be made in a module's own folder, and
    a module may embed a template of the mark alone.
    """
    has_programs = any(name in entries and entries[name].is_dir(follow_symlinks=False) for name in _PROGRAMS)
    return _MARK in entries and has_programs and GO_MOD not in entries
