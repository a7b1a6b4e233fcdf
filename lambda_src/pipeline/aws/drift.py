"""The table of drift: counters of decisions by the hour, and the breaker that holds promotion."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Callable

from pipeline.aws.dynamo import to_item
from pipeline.aws.reads import batch_get
from pipeline.domain.times import from_text
from pipeline.scoring.drift import Breaker

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BREAKER = "breaker"
"""The key of the breaker; all others are hours."""

HOURS = 24
KEPT = timedelta(days=40)
"""How long an hour is kept for people to look at."""

COUNTERS_A_CALL = 100
"""An update expression holds 4 KB."""


def window_of(instant: datetime) -> str:
    """Return the hour that an instant lies in, UTC, e.g. 2026-11-20T12."""
    return instant.astimezone(timezone.utc).strftime("%Y-%m-%dT%H")


class DriftTable:
    """Counts decisions and keeps the breaker.

    Parameters
    ----------
    client
        A DynamoDB client.
    table
        Name of the table.
    sleep
        Waits the given seconds before a read is tried again.
    """

    def __init__(self, client: DynamoDBClient, table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep

    def add(self, window: str, counters: Mapping[str, int]) -> None:
        """Add to the counters of an hour."""
        names = sorted(name for name, number in counters.items() if number)
        ends = int((from_text(f"{window}:00:00Z") + KEPT).timestamp())
        for start in range(0, len(names), COUNTERS_A_CALL):
            part = names[start : start + COUNTERS_A_CALL]
            added = ", ".join(f"#n{place} :n{place}" for place in range(len(part)))
            self._client.update_item(
                TableName=self._table,
                Key={"window": {"S": window}},
                UpdateExpression=f"SET expires_at = :ends ADD {added}",
                ExpressionAttributeNames={f"#n{place}": name for place, name in enumerate(part)},
                ExpressionAttributeValues=to_item(
                    {":ends": ends, **{f":n{place}": counters[name] for place, name in enumerate(part)}}
                ),
            )

    def last_day(self, now: datetime) -> tuple[Counter[str], Breaker]:
        """Return the counters of the last 24 hours, the one that has just begun among them, and the breaker."""
        hours = [window_of(now - timedelta(hours=back)) for back in range(HOURS)]
        rows = batch_get(self._client, self._table, "window", [*hours, BREAKER], self._sleep)
        row = rows.pop(BREAKER, {})
        total: Counter[str] = Counter()
        for window in rows.values():
            total.update({name: int(value) for name, value in window.items() if name not in ("window", "expires_at")})
        return total, Breaker(bool(row.get("open")), row.get("since"), tuple(row.get("reasons", ())))

    def set_breaker(self, breaker: Breaker, looked_at: str, decided: int, *, judged: bool) -> None:
        """Write the breaker, and what the last look rested on: too few decisions are not judged."""
        values = {
            "open": breaker.open,
            "since": breaker.since,
            "reasons": list(breaker.reasons),
            "looked_at": looked_at,
            "decided": decided,
            "judged": judged,
        }
        assigned = to_item(values)
        removed = "".join(f" REMOVE #{name}" for name in values if name not in assigned)
        self._client.update_item(
            TableName=self._table,
            Key={"window": {"S": BREAKER}},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in assigned) + removed,
            ExpressionAttributeNames={f"#{name}": name for name in values},
            ExpressionAttributeValues={f":{name}": value for name, value in assigned.items()},
        )
