"""Objects of many lines: which one a line goes to, what it holds and what it is called; pure.

One object takes the lines of one hour in a batch: `<folder>/year=YYYY/month=MM/day=DD/hour=HH/<name>.jsonl.gz`.
Name and bytes follow from the lines alone, so a batch that is delivered again overwrites its objects
with the same; if it comes in another composition, a line may lie in two objects, and its id tells that
it is one.
"""

from __future__ import annotations

import gzip
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

COMPRESSION_LEVEL = 6
NAME_LENGTH = 32


@dataclass(frozen=True)
class Line:
    """One line of an object.

    Parameters
    ----------
    source
        What brought it: a message's id, or the number of a stream's record.
    event_id
        What repeats of it share.
    partition
        Its hour, see `hour_partition`.
    text
        What is written, without a line break.
    """

    source: str
    event_id: str
    partition: str
    text: str


@dataclass(frozen=True)
class DataObject:
    """One object to be written, and the sources that are settled by it."""

    key: str
    body: bytes
    sources: tuple[str, ...]


def day_partition(day: date) -> str:
    """Return a day, or that of a UTC instant, as a path: year=2026/month=11/day=20."""
    return f"year={day.year:04}/month={day.month:02}/day={day.day:02}"


def hour_partition(instant: datetime) -> str:
    """Return the hour of a UTC instant as a path: year=2026/month=11/day=20/hour=09."""
    return f"{day_partition(instant)}/hour={instant.hour:02}"


def line_objects(folder: str, lines: Iterable[Line]) -> list[DataObject]:
    """Return the objects below `folder` that hold `lines`: one an hour, repeats within it once."""
    hours: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        hours[line.partition].append(line)
    return [_object(f"{folder}/{partition}", members) for partition, members in sorted(hours.items())]


def name_of(text: str) -> str:
    """Return a name that follows from `text`, and from nothing else."""
    return hashlib.sha256(text.encode()).hexdigest()[:NAME_LENGTH]


def _object(folder: str, lines: list[Line]) -> DataObject:
    once: dict[str, Line] = {}
    for line in sorted(lines, key=lambda line: (line.event_id, line.text)):
        once.setdefault(line.event_id, line)
    name = name_of("\n".join(once))
    text = "".join(f"{line.text}\n" for line in once.values())
    return DataObject(
        key=f"{folder}/{name}.jsonl.gz",
        body=gzip.compress(text.encode(), COMPRESSION_LEVEL, mtime=0),
        sources=tuple(line.source for line in lines),
    )
