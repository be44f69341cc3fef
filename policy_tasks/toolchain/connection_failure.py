"""
Why a connection failed, without the wrappings of requests and urllib3.
"""

from __future__ import annotations

import re

from policy_tasks.printable import printable

# How urllib3 begins what it says, with the connection as Python shows it, and the number that the system has for a reason.
_NOISE = re.compile(r"^(?:<[^>]*>|HTTPS?Connection(?:Pool)?\([^)]*\)): |\[Errno -?\d+\] ")


def failure(error: BaseException) -> str:
    """
    What the cause behind all that wraps it says.
    """
    inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
    if not isinstance(inner, BaseException) and type(error.__cause__).__module__.startswith("requests."):
        inner = error.__cause__  # of what Docker's SDK raises
    if isinstance(inner, BaseException) and inner is not error:
        return failure(inner)
    return printable(_NOISE.sub("", str(error)))
