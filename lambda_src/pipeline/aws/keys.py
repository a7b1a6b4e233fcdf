"""The keys of rows: the transaction's id, and in some systems its event time as a number beside it."""

from __future__ import annotations

from typing import Any

from pipeline.aws.dynamo import to_item
from pipeline.domain.queued import Acceptance
from pipeline.domain.times import to_unix

SORT_KEY = "timestamp"
"""The attribute of the sort key, where the table has one: exact seconds since 1970."""


def row_key(acceptance: Acceptance, sort_key: bool = False) -> dict[str, Any]:
    """Return the key of the transaction's row in wire format.

    Parameters
    ----------
    acceptance
        The transaction.
    sort_key
        Whether the table has one.
    """
    key: dict[str, Any] = {"transaction_id": acceptance.transaction.transaction_id}
    if sort_key:
        key[SORT_KEY] = to_unix(acceptance.event_time)
    return to_item(key)
