"""
`policy-tasks` and `python -m policy_tasks`.
"""

from __future__ import annotations

import sys

# As policy_tasks.door has it: 128 and SIGINT's number.
_INTERRUPTED = 130


def main() -> None:
    """
    Run the tasks that the command line names. All else is imported in here: it takes a while, and a signal may come.
    """
    try:
        from policy_tasks.signals import exit_on_signals

        with exit_on_signals():
            from policy_tasks.console import run

            run()
    except KeyboardInterrupt:
        if sys.stderr:  # None where it is closed
            sys.stderr.write("interrupted\n")
        sys.exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
