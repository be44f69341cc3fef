"""
The door for the shell: `policy-tasks discover|generate|compile|image|publish`, where there is no tasks.py.
"""

from __future__ import annotations

from pathlib import Path

from invoke.program import Program

from policy_tasks import __version__
from policy_tasks.project import find_root
from policy_tasks.tasks import namespace


class Console(Program):
    """
    Invoke with our tasks for its own. Unlike a plain `Program(namespace=…)` it reads the project's Invoke configuration.
    """

    def parse_collection(self) -> None:
        """
        Also read the project's configuration, which Invoke does only where it looks for a tasks.py.
        """
        super().parse_collection()
        self.config.set_project_location(str(find_root(Path.cwd())))
        self.config.load_project()


def main() -> None:
    """
    Run the tasks that the command line names.
    """
    Console(name="policy-tasks", binary="policy-tasks", namespace=namespace, version=__version__).run()


if __name__ == "__main__":
    main()
