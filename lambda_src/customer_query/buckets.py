"""The table of fraud counters: for each day eight rows, each counted by some of the stream's shards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Callable

from pipeline.aws.reads import batch_get

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SLOTS = 8
KEYS_A_CALL = 100
"""What BatchGetItem takes at most."""


class FraudBuckets:
    """Reads the counters of days.

    Parameters
    ----------
    client
        A DynamoDB client.
    table
        Name of the table.
    sleep
        Waits between attempts.
    """

    def __init__(self, client: DynamoDBClient, table: str, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep

    def of_days(self, days: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield each row of these days with its day, as committed by now; a slot without a transaction has none.

        Raises
        ------
        UndeliveredError
            If the table stays throttled over all attempts.
        """
        buckets = [f"{day}#{slot}" for day in days for slot in range(SLOTS)]
        for first in range(0, len(buckets), KEYS_A_CALL):
            rows = batch_get(self._client, self._table, "bucket", buckets[first : first + KEYS_A_CALL], self._sleep)
            for bucket, row in rows.items():
                yield bucket.partition("#")[0], row
