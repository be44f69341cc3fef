"""
Why an answer is not what a registry answers to what it was asked, and what to do then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy_tasks.names import Reference
from policy_tasks.printable import printable
from policy_tasks.toolchain.registry_retries import MOMENTARY

if TYPE_CHECKING:
    import requests


def refused(response: requests.Response, expected: tuple[int, ...]) -> bool:
    """
    Whether this is none of the answers expected. One to another method than was sent is none: a redirect, such as the one to
    a login page, makes a GET of what was to be stored, and the page's 200 says nothing of that.
    """
    return response.status_code not in expected or _sent(response) != response.request.method


def reason(response: requests.Response, expected: tuple[int, ...]) -> str:
    """
    What was answered, with the registry's own words where it has some.
    """
    answer = f"{response.status_code} {response.reason}"
    if response.status_code >= 400:
        return printable(f"{answer}: {_errors(response)}".rstrip(": "))
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    answer += f" ({kind})" if kind else ""
    led = f" led to {response.url}, which" if response.history else " was"
    wanted = " or ".join(str(each) for each in expected if each not in MOMENTARY)
    return printable(f"{_sent(response)}{led} answered with {answer}, where a registry answers {wanted}")


def fix(response: requests.Response, reference: Reference, host: str) -> str:
    """
    What to do about it; nothing where the answer does not tell.
    """
    if response.status_code in (401, 403):
        return f"log in with: {reference.login}; and see that the name is one you may use"
    if response.status_code < 400:
        return f"see what stands between here and {host}, such as a login page or a proxy that answers in its place"
    if response.status_code == 429:
        return f"try again {_when(response)}, or log in, which may raise the limit: {reference.login}"
    if response.status_code >= 500:
        return f"try again {_when(response)}; if it stays so, ask whoever runs {host}"
    return ""


def _when(response: requests.Response) -> str:
    after = printable(response.headers.get("Retry-After", ""))[:40]
    if not after:
        return "later"
    return f"{f'in {after} s' if after.isdecimal() else f'after {after}'}, as it asks (Retry-After)"


def _sent(response: requests.Response) -> str | None:
    return (response.history or [response])[0].request.method


def _errors(response: requests.Response) -> str:
    try:
        errors = response.json()["errors"]
        return "; ".join(f"{each.get('code', '')}: {each.get('message', '')}" for each in errors)
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        return response.text[:500]
