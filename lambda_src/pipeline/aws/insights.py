"""The table of counters by day: what decisions add to it, written together with them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Union
from zlib import crc32

from pipeline.aws.dynamo import to_item
from pipeline.domain.insights import SLOTS, Counters, counters_by_day

if TYPE_CHECKING:
    from pipeline.aws.writes import Writes
    from pipeline.domain.settlement import Change

_NUMBER = re.compile(r"\d+$")


def slot_of(message_id: str) -> int:
    """Return the slot of the shard that a record's id begins with: shards one after the other have different ones."""
    shard_id = message_id.partition(":")[0]
    number = _NUMBER.search(shard_id)
    return (int(number.group()) if number else crc32(shard_id.encode())) % SLOTS


class Insights:
    """Says what decisions add to the counters.

    Parameters
    ----------
    table
        Name of the table; its key `bucket` is a day and the slot of the shard that brought the transactions.
    """

    def __init__(self, table: str) -> None:
        self._table = table

    def commit_writes(self, changes: Sequence[Change]) -> Writes:
        """Return the writes that count the decisions among `changes`, which are committed with them: one a day."""
        return self._writes(counters_by_day(changes), changes)

    def coarse_writes(self, changes: Sequence[Change]) -> Writes:
        """Return the same where a day has no room left: categories, the clients' own words, share one counter."""
        return self._writes(counters_by_day(changes, by_category=False), changes)

    def _writes(self, days: Mapping[str, Counters], changes: Sequence[Change]) -> Writes:
        slot = slot_of(changes[0].queued.message_id) if changes else 0
        return [
            {
                "Update": {
                    "TableName": self._table,
                    "Key": {"bucket": {"S": f"{day}#{slot}"}},
                    "UpdateExpression": "ADD " + ", ".join(f"#{place} :{place}" for place in range(len(counters))),
                    "ExpressionAttributeNames": {f"#{place}": name for place, name in enumerate(counters)},
                    "ExpressionAttributeValues": to_item(
                        {f":{place}": value for place, value in enumerate(counters.values())}
                    ),
                }
            }
            for day, counters in days.items()
        ]


class NoInsights:
    """Stands for the table where a system counts nothing by day."""

    def commit_writes(self, _changes: Sequence[Change]) -> Writes:
        """Return nothing."""
        return []

    def coarse_writes(self, _changes: Sequence[Change]) -> Writes:
        """Return nothing."""
        return []


Counting = Union[Insights, NoInsights]

NO_INSIGHTS = NoInsights()
