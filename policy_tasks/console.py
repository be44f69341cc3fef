"""
The door for the shell: `policy-tasks TASK`, where there is no tasks.py.
"""

from __future__ import annotations

import inspect
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from invoke.exceptions import Exit, ParseError
from invoke.program import Program

from policy_tasks import __version__
from policy_tasks.command_line import not_understood
from policy_tasks.door import log_to_stderr, print_error, print_text, written_to_stdout
from policy_tasks.errors import PolicyTasksError, SettingsError, output_error
from policy_tasks.project import current_folder, find_root
from policy_tasks.regular_file import open_regular
from policy_tasks.tasks import namespace

log = logging.getLogger(__name__)

# As invoke.config.Config has them.
_SUFFIXES = ("yaml", "yml", "json", "py")


class Console(Program):
    """
    Invoke with our tasks for its own. Unlike a plain `Program(namespace=…)` it reads the project's Invoke configuration.
    """

    _json = False

    def create_config(self) -> None:
        """
        Read the user's Invoke configuration.
        """
        with self._errors_printed(), _configuration_errors():
            super().create_config()

    def parse_core(self, argv: list[str] | None) -> None:
        """
        Read Invoke's own flags. An unknown one is reported as an error of ours, with its exit code, in the format asked for.
        """
        given = list(argv or sys.argv)
        self._json = "--format json" in " ".join(given).replace("=", " ")
        if given[2:] in (["--help"], ["-h"]):  # which Invoke takes for the task's argument, if it has one
            given[1:] = ["--help", given[1]]
        with self._errors_printed():
            super().parse_core(given)

    def parse_tasks(self) -> None:
        """
        Read the tasks and their flags.
        """
        with self._errors_printed():
            super().parse_tasks()

    def parse_collection(self) -> None:
        """
        Also read the project's configuration, which Invoke does only where it looks for a tasks.py.
        """
        super().parse_collection()
        with self._errors_printed(), _configuration_errors():
            root = find_root(current_folder())
            _check_configuration(root)
            self.config.set_project_location(str(root))
            self.config.load_project()

    def update_config(self, *arguments: bool) -> None:
        """
        Read the configuration that a flag or a variable names, and see that Invoke can set with variables what all of it has.
        """
        with self._errors_printed(), _configuration_errors():
            if named := self.args.config.value or os.environ.get("INVOKE_RUNTIME_CONFIG"):
                _check_named(named)
            super().update_config(*arguments)
            self.config.clone().load_shell_env()

    def execute(self) -> None:
        """
        Run the tasks. Say that a tasks.py is not read, since it may hold settings that the user expects to count.
        """
        tasks = find_root(current_folder()) / "tasks.py"
        if tasks.is_file():
            log_to_stderr()
            log.info("%s is for invoke, and not read here", tasks)
        super().execute()

    def parse_cleanup(self) -> None:
        """
        Print what is asked for in place of a run: the help, or the list of tasks.
        """
        with self._errors_printed():
            super().parse_cleanup()

    def print_version(self) -> None:
        """
        The version, written or an error.
        """
        with written_to_stdout():
            super().print_version()

    def list_tasks(self) -> None:
        """
        The tasks, written or an error.
        """
        with written_to_stdout():
            super().list_tasks()

    def print_help(self) -> None:
        """
        The tasks. Invoke's own flags are left out: most are for its runner of commands, which is not used here.
        """
        print_text(f"Usage: {self.binary} TASK [--FLAGS] [TASK [--FLAGS] ...]\n")
        self.list_tasks()
        print_text(f"The flags of a task: {self.binary} --help TASK. The settings: docs/settings.md.")

    def print_task_help(self, name: str) -> None:
        """
        A task's flags, also without Invoke's own.
        """
        task = self.parser.contexts[name]
        operands = [argument.name.upper() for argument in task.positional_args]
        usage = " ".join((self.binary, name, *operands, "[--FLAGS]"))
        print_text(f"Usage: {usage}\n\n{inspect.getdoc(self.collection[name])}\n")
        with written_to_stdout():
            self.print_columns(task.help_tuples())

    @contextmanager
    def _errors_printed(self) -> Iterator[None]:
        try:
            yield
        except ParseError as error:
            raise Exit(code=print_error(not_understood(error), as_json=self._json)) from None
        except OSError as error:
            said = output_error(error, "Invoke's configuration files")
            raise Exit(code=print_error(said, as_json=self._json)) from None
        except PolicyTasksError as error:
            raise Exit(code=print_error(error, as_json=self._json)) from None


def _check_configuration(root: Path) -> None:
    """
    See that Invoke, which opens the first of these that is there, waits for nobody to write to it.
    """
    for suffix in _SUFFIXES:
        with suppress(FileNotFoundError):
            open_regular(root / f"invoke.{suffix}").close()
            return


def _check_named(path: str) -> None:
    """
    See that a configuration is there that was asked for, which Invoke passes over in silence if not, or would wait for.
    """
    try:
        open_regular(os.path.expanduser(path)).close()
    except OSError as error:
        raise SettingsError.of(
            "Invoke's configuration cannot be read",
            where=path,
            why=error.strerror or str(error),
            fix="name a file that is there, with -f or INVOKE_RUNTIME_CONFIG",
        ) from None


@contextmanager
def _configuration_errors() -> Iterator[None]:
    """
    Turn whatever Invoke raises for a configuration file, in YAML, JSON or Python, into a `SettingsError`.
    """
    try:
        yield
    except (OSError, PolicyTasksError):
        raise
    except Exception as error:  # noqa: BLE001 - a configuration in Python can raise anything
        raise SettingsError.of(
            "Invoke's configuration cannot be read",
            where="invoke.yaml, invoke.json or invoke.py of the project or the user, the file of -f, or INVOKE_ variables",
            why=f"{type(error).__name__}: {error}",
            fix="correct that; see https://docs.pyinvoke.org/en/stable/concepts/configuration.html",
        ) from None


def run() -> None:
    """
    Run the tasks that the command line names.
    """
    try:
        Console(name="policy-tasks", binary="policy-tasks", namespace=namespace, version=__version__).run()
    except SystemExit as error:
        if error.code == 1 and isinstance(
            error.__context__, KeyboardInterrupt
        ):  # what Invoke makes of it, before a task begins
            raise KeyboardInterrupt from None
        raise
