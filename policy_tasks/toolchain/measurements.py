"""
What a run measures of itself: the time of each stage, and what the stages made.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from policy_tasks.errors import PolicyTasksError
from policy_tasks.settings import Settings
from policy_tasks.toolchain.build_directory import BuildDirectory
from policy_tasks.toolchain.outside import check_outside
from policy_tasks.toolchain.target_check import check_targets

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger(__name__)


class Measurements:
    """
    A run that was asked for one stage. `seconds` has the time that it spent on each stage and, at its end, in all.

    Stages overlap, since Go compiles while policies are looked for: a stage's time is that for which the run did nothing
    but wait for it, and all of them add up to no more than the total.
    """

    def __init__(self, asked: str, settings: Settings) -> None:
        self.asked = asked
        self.settings = settings
        self.started = time.time()
        self.stage = ""
        self.seconds: dict[str, float] = {}
        self.values: dict[str, Any] = {}
        self.directory: BuildDirectory | None = None
        self.error: BaseException | None = None
        self._began = time.perf_counter()

    def time(self, stage: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """
        Do a part of the stage's work, with these arguments, and keep what it made under the name of its class.
        """
        self.stage = stage
        began = time.perf_counter()
        try:
            made = work(*args, **kwargs)
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - began
        self.values[type(made).__name__] = made
        return made

    def end(self, error: BaseException | None) -> None:
        """
        The run has ended, well or with this error: write the reports that the settings ask for.
        """
        self.error = error
        self.seconds["total"] = time.perf_counter() - self._began
        wanted = self.settings.metrics
        if wanted.report or wanted.textfile:
            from policy_tasks.toolchain.report import write_reports

            write_reports(self)


@contextmanager
def measured(asked: str, settings: Settings) -> Iterator[Measurements]:
    """
    Measure a run to its end, whichever that is.

    Raises `SettingsError` for a report in the build directory, and for what would replace another file, and `OutputError`
    where a report cannot be written, unless the run itself has failed: then that is what is told.
    """
    _check(settings)
    measurements = Measurements(asked, settings)
    try:
        yield measurements
    except BaseException as error:
        try:
            measurements.end(error)
        except PolicyTasksError as unwritten:
            log.warning("%s", unwritten)
        raise
    measurements.end(None)


def _check(settings: Settings) -> None:
    """
    A report is written also where the build directory was not even made, which would then not be ours to make, and where a
    run fails: so this comes before all else.
    """
    check_outside(settings, settings.metrics.report, "a report", "metrics.report (--report)")
    check_outside(settings, settings.metrics.textfile, "a report", "metrics.textfile (--textfile)")
    check_targets(settings)
