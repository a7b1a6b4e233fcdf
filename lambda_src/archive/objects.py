"""Which archive object an event goes to, and what that object holds; pure.

One object takes the events of one hour in a batch: `events/year=YYYY/month=MM/day=DD/hour=HH/<name>.jsonl.gz`,
one event a line. Name and bytes follow from the events alone, so a batch that is delivered again
overwrites its objects with the same; if it comes in another composition, an event may lie in two
objects, and `detail.event_id` tells that it is one.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipeline.domain.times import from_text

COMPRESSION_LEVEL = 6
NAME_LENGTH = 32
_LINE_BREAKS = re.compile(r"[\r\n]+")


class UnreadableEventError(Exception):
    """A message's body is no event of the bus; it is kept aside with the reason."""


@dataclass(frozen=True)
class ArchivedEvent:
    """One event as it came.

    Parameters
    ----------
    message_id
        The message that brought it.
    event_id
        What repeats of it share: the sender's `detail.event_id`, else the bus's own id.
    partition
        Its hour, UTC, as a path: year=2026/month=11/day=20/hour=09.
    line
        Its text, unchanged but for line breaks between JSON tokens: numbers keep all their digits.
    """

    message_id: str
    event_id: str
    partition: str
    line: str


@dataclass(frozen=True)
class ArchiveObject:
    """One object to be written, and the messages that are settled by it."""

    key: str
    body: bytes
    message_ids: tuple[str, ...]


def read_event(message_id: str, body: str) -> ArchivedEvent:
    """Read an EventBridge event from a message's body.

    Raises
    ------
    UnreadableEventError
        If it is no JSON object with an id, a detail and a time.
    """
    try:
        event: Any = json.loads(body, parse_constant=_refuse_constant)
    except (RecursionError, ValueError) as error:
        raise UnreadableEventError(f"no JSON: {type(error).__name__}") from error
    if not isinstance(event, dict) or not isinstance(event.get("detail"), dict):
        raise UnreadableEventError("no event: not an object with a detail")
    event_id = event["detail"].get("event_id") or event.get("id")
    if not isinstance(event_id, str):
        raise UnreadableEventError("no event: without an id")
    try:
        at = from_text(event["time"])
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableEventError("no event: without a time") from error
    partition = at.strftime("year=%Y/month=%m/day=%d/hour=%H")
    return ArchivedEvent(message_id, event_id, partition, _LINE_BREAKS.sub(" ", body))


def archive_objects(events: Iterable[ArchivedEvent]) -> list[ArchiveObject]:
    """Return the objects that hold `events`: one an hour, repeats within it once."""
    hours: dict[str, list[ArchivedEvent]] = defaultdict(list)
    for event in events:
        hours[event.partition].append(event)
    return [_object(partition, members) for partition, members in sorted(hours.items())]


def quarantine_object(message_id: str, body: str, reason: str) -> ArchiveObject:
    """Return the object that keeps a message which is no event, with the reason."""
    document = json.dumps({"message_id": message_id, "reason": reason, "body": body})
    return ArchiveObject(f"quarantine/{message_id}.json", document.encode(), (message_id,))


def _object(partition: str, events: list[ArchivedEvent]) -> ArchiveObject:
    once: dict[str, ArchivedEvent] = {}
    for event in sorted(events, key=lambda event: (event.event_id, event.line)):
        once.setdefault(event.event_id, event)
    name = hashlib.sha256("\n".join(once).encode()).hexdigest()[:NAME_LENGTH]
    lines = "".join(f"{event.line}\n" for event in once.values())
    return ArchiveObject(
        key=f"events/{partition}/{name}.jsonl.gz",
        body=gzip.compress(lines.encode(), COMPRESSION_LEVEL, mtime=0),
        message_ids=tuple(event.message_id for event in events),
    )


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
