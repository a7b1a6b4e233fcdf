"""Lambda entry point of `relay`, the transactional outbox: stream records in, events out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.aws.bus import EventBus
from pipeline.aws.clients import client
from pipeline.aws.observability import count, logger, metrics
from pipeline.aws.settings import load_settings
from pipeline.aws.stream import StreamRecord, again_from, read_records
from pipeline.domain.announcement import Announcement, announcements_of

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True)
class Settings:
    """What `relay` needs to know; see `pipeline.aws.settings`."""

    event_bus_name: str


BUS = EventBus(client("events"), load_settings(Settings, os.environ).event_bus_name)


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Announce the batch; report the first record whose event the bus did not take.

    The stream delivers that record and all after it again. Events that went out twice by this carry
    the same event id.
    """
    announced: list[tuple[str, Announcement]] = []
    for record in read_records(event):
        announced += [(record.sequence_number, announcement) for announcement in _announcements(record)]
    unsent = BUS.announce([announcement for _, announcement in announced])
    count("Announced", len(announced) - len(unsent))
    if not unsent:
        return again_from(event, None)
    first = announced[min(unsent)][0]
    logger.error("the bus did not take all events", unsent=len(unsent), first_sequence_number=first)
    return again_from(event, first)


def _announcements(record: StreamRecord) -> list[Announcement]:
    new = record.new
    if new is None:  # deleted by retention or by an operator: nothing was decided
        return []
    return announcements_of(new, record.old)
