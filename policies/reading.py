"""Read what checkov hands to a check: the same attributes, from source or from a plan, wrapped in lists.

What is not there is None. What only an apply tells is text: checkov's word for it, or the expression in the source.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

AFTER_APPLY = "true_after_unknown"  # checkov's word, where EVAL_TF_PLAN_AFTER_UNKNOWN is set


def only(block: Mapping[str, Any], name: str) -> Any:
    """Return an attribute or nested block of which there is at most one."""
    value = block.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    return None if value in (AFTER_APPLY, []) else value


def every(block: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the nested blocks of one name, those from `dynamic` too; maybe none."""
    value = block.get(name) or []
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def document(value: Any) -> Any:
    """Return what a JSON text holds, whether or not checkov has read it already; None when it cannot be known."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:  # an expression of Terraform
        return None


def texts(value: Any) -> Iterator[str]:
    """Yield the texts of a value, however deep checkov has nested them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
