"""Which archive object an event goes to, and what that object holds; pure.

One event a line, many lines an object: `events/year=YYYY/month=MM/day=DD/hour=HH/<name>.jsonl.gz` (see
`pipeline.domain.lines`). An event that lies in two objects is told to be one by `detail.event_id`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from pipeline.domain.lines import DataObject, Line, hour_partition, line_objects
from pipeline.domain.times import from_text

FOLDER = "events"
_LINE_BREAKS = re.compile(r"[\r\n]+")


class UnreadableEventError(Exception):
    """A message's body is no event of the bus; it is kept aside with the reason."""


def read_event(message_id: str, body: str) -> Line:
    """Read an EventBridge event from a message's body.

    Its line is its text, unchanged but for line breaks between JSON tokens: numbers keep all their digits.
    Repeats of it share the sender's `detail.event_id`, else the bus's own id.

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
    return Line(message_id, event_id, hour_partition(at), _LINE_BREAKS.sub(" ", body))


def archive_objects(events: Iterable[Line]) -> list[DataObject]:
    """Return the objects that hold `events`: one an hour, repeats within it once."""
    return line_objects(FOLDER, events)


def quarantine_object(message_id: str, body: str, reason: str) -> DataObject:
    """Return the object that keeps a message which is no event, with the reason."""
    document = json.dumps({"message_id": message_id, "reason": reason, "body": body})
    return DataObject(f"quarantine/{message_id}.json", document.encode(), (message_id,))


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
