"""
The door for the shell: `policy-tasks discover|generate|compile|image|publish|test|new`, where there is no tasks.py.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from invoke.exceptions import Exit, ParseError
from invoke.program import Program

from policy_tasks import __version__
from policy_tasks.door import INTERRUPTED, tell_error, tell_story
from policy_tasks.errors import PolicyTasksError, SettingsError, output_error
from policy_tasks.project import current_folder, find_root
from policy_tasks.tasks import namespace

log = logging.getLogger("policy_tasks.__main__")  # also where Python runs this file itself

# Invoke shows its own value where it means the flag.
_NO_VALUE = re.compile(r"Flag <Argument: (\w+)[^>]*> needed value and was not given one!")


class Console(Program):
    """
    Invoke with our tasks for its own. Unlike a plain `Program(namespace=…)` it reads the project's Invoke configuration.
    """

    _json = False

    def create_config(self) -> None:
        """
        Read the user's Invoke configuration.
        """
        with self._told(), _configuration_read():
            super().create_config()

    def parse_core(self, argv: list[str] | None) -> None:
        """
        Begin to read the command line: what is not known in it has our exit code for settings, and our form.
        """
        self._json = "--format json" in " ".join(argv or sys.argv).replace("=", " ")
        with self._told():
            super().parse_core(argv)

    def parse_tasks(self) -> None:
        """
        Read the tasks and their flags.
        """
        with self._told():
            super().parse_tasks()

    def parse_collection(self) -> None:
        """
        Also read the project's configuration, which Invoke does only where it looks for a tasks.py.
        """
        super().parse_collection()
        with self._told(), _configuration_read():
            self.config.set_project_location(str(find_root(current_folder())))
            self.config.load_project()

    def execute(self) -> None:
        """
        Run the tasks. Whoever has a tasks.py may expect what it says to hold here as well.
        """
        tasks = find_root(current_folder()) / "tasks.py"
        if tasks.is_file():
            tell_story()
            log.info("%s is for invoke, and not read here", tasks)
        super().execute()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except ParseError as error:
            said = SettingsError.of(
                "the command line is not understood",
                where="policy-tasks",
                why=_NO_VALUE.sub(lambda found: f"--{found[1].replace('_', '-')} needs a value", str(error)),
                fix="see: policy-tasks --list, and: policy-tasks --help TASK",
            )
            raise Exit(code=tell_error(said, as_json=self._json)) from None
        except OSError as error:
            said = output_error(error, "Invoke's configuration files")
            raise Exit(code=tell_error(said, as_json=self._json)) from None
        except PolicyTasksError as error:
            raise Exit(code=tell_error(error, as_json=self._json)) from None


@contextmanager
def _configuration_read() -> Iterator[None]:
    """
    Whatever Invoke says of a configuration file, in YAML, JSON or Python, is for whoever wrote it.
    """
    try:
        yield
    except (OSError, PolicyTasksError):
        raise
    except Exception as error:  # noqa: BLE001 - each of the three has errors of its own, and Python has all
        raise SettingsError.of(
            "Invoke's configuration cannot be read",
            where="invoke.yaml, invoke.json or invoke.py of the project or the user",
            why=f"{type(error).__name__}: {error}",
            fix="correct that file; see https://docs.pyinvoke.org/en/stable/concepts/configuration.html",
        ) from None


def main() -> None:
    """
    Run the tasks that the command line names.
    """
    try:
        Console(name="policy-tasks", binary="policy-tasks", namespace=namespace, version=__version__).run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
