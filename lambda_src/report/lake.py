"""Reading a day from the lake: every line of its partition, and of each transaction the last state."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Callable, Optional

from pipeline.domain.lake import quarantine_prefix, raw_prefix
from pipeline.domain.records import UNREADABLE_ROW
from pipeline.domain.status import Status
from report.books import Difference, Differences, Kind, Tally
from report.limits import OutOfTimeError, fetched_ahead
from report.states import State, unpacked

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_BROKEN = (OSError, EOFError, zlib.error)
"""How gzip ends where an object is none, or half of one."""


@dataclass
class LakeSide:
    """What the lake holds of a day.

    Parameters
    ----------
    states
        Each transaction's last state, packed (see `report.states`).
    objects, lines
        How many there are; a line that lies in two objects counts twice.
    quarantined
        Records of the stream that were put aside on that day.
    """

    states: dict[str, str] = field(default_factory=dict)
    objects: int = 0
    lines: int = 0
    quarantined: int = 0

    def tally(self) -> Tally:
        """Return the counts and sums of the transactions."""
        found = Tally()
        for text in self.states.values():
            found.add(unpacked(text))
        return found

    def take(self, transaction_id: str, state: State) -> None:
        """Keep a line's state unless a later one of the transaction is known."""
        known = self.states.get(transaction_id)
        if known is None or _version(unpacked(known)) < _version(state):
            self.states[transaction_id] = state.packed()


class LakeDay:
    """Reads days of the lake.

    Parameters
    ----------
    client
        An S3 client.
    bucket
        Name of the lake's bucket.
    """

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read(self, day: date, differences: Differences, in_time: Callable[[], bool]) -> LakeSide:
        """Read a day; what cannot be read is noted in `differences`.

        Raises
        ------
        OutOfTimeError
            If the time does not suffice for the whole day.
        """
        side = LakeSide(quarantined=sum(1 for _ in keys(self._client, self._bucket, quarantine_prefix(day))))
        for key, body in fetched_ahead(self._fetch, keys(self._client, self._bucket, raw_prefix(day))):
            if not in_time():
                raise OutOfTimeError("the lake's day is too large to be read in the time that the function has")
            side.objects += 1
            try:
                self._read(key, body, side, differences)
            except _BROKEN as error:
                differences.add(Difference(Kind.UNREADABLE, f"lake: {key}", in_lake=type(error).__name__))
        return side

    def _fetch(self, key: str) -> bytes:
        return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()

    def _read(self, key: str, body: bytes, side: LakeSide, differences: Differences) -> None:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as lines:
            for number, line in enumerate(lines, start=1):
                side.lines += 1
                try:
                    transaction_id, state = _state_of(line)
                except (*UNREADABLE_ROW, RecursionError) as error:
                    name = f"lake: {key}:{number}"
                    differences.add(Difference(Kind.UNREADABLE, name, in_lake=type(error).__name__))
                    continue
                side.take(transaction_id, state)


def keys(client: S3Client, bucket: str, prefix: str, after: Optional[str] = None) -> Iterator[str]:
    """Yield the keys that begin with `prefix`, in their order, those after `after` only if it is given."""
    start: Any = {} if after is None else {"StartAfter": after}
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, **start):
        for one in page.get("Contents", []):
            yield one["Key"]


def _version(state: State) -> tuple[int, int]:
    return state.revision, state.label_revision


def _state_of(line: bytes) -> tuple[str, State]:
    document = json.loads(line, parse_float=Decimal)
    transaction_id, amount, currency = document["transaction_id"], document["amount"], document["currency"]
    if not isinstance(transaction_id, str):
        raise TypeError("transaction_id must be a text")
    if currency is not None and (not isinstance(currency, str) or not currency.isalpha()):
        raise TypeError("currency must be a code")
    if amount is not None and not isinstance(amount, (int, Decimal)):
        raise TypeError("amount must be a number")
    state = State(
        revision=int(document["revision"]),
        label_revision=int(document["label_revision"]),
        status=Status(document["status"]).value,
        amount=None if amount is None else Decimal(amount),
        currency=currency,
    )
    return transaction_id, state
