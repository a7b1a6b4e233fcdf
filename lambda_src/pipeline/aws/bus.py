"""The event bus: announcements go out in tens, and what the bus does not take is sent again."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Callable

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.aws.backoff import full_jitter
from pipeline.aws.observability import logger
from pipeline.domain.announcement import SOURCE, Announcement

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

ENTRIES_A_CALL = 10
MAX_ATTEMPTS = 4


class EventBus:
    """Sends announcements.

    Parameters
    ----------
    client
        An EventBridge client.
    name
        Name of the bus.
    sleep
        Waits the given seconds before a retry.
    """

    def __init__(self, client: EventBridgeClient, name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._name = name
        self._sleep = sleep

    def announce(self, announcements: Sequence[Announcement]) -> set[int]:
        """Send all; return the indices of those that the bus did not take, also after retries."""
        unsent: set[int] = set()
        for start in range(0, len(announcements), ENTRIES_A_CALL):
            indices = list(range(start, min(start + ENTRIES_A_CALL, len(announcements))))
            unsent.update(self._send(announcements, indices))
        return unsent

    def _send(self, announcements: Sequence[Announcement], pending: list[int]) -> list[int]:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            entries: Any = [self._entry(announcements[i]) for i in pending]
            try:
                answer = self._client.put_events(Entries=entries)
            except (BotoCoreError, ClientError):
                logger.exception("the bus is out of reach")  # the SDK has retried already
                return pending
            pending = [i for i, entry in zip(pending, answer["Entries"]) if entry.get("ErrorCode")]
            if not pending or attempt == MAX_ATTEMPTS:
                break
            self._sleep(full_jitter(attempt, base_seconds=0.1, cap_seconds=2.0))
        return pending

    def _entry(self, announcement: Announcement) -> dict[str, Any]:
        return {
            "EventBusName": self._name,
            "Source": SOURCE,
            "DetailType": announcement.detail_type,
            "Detail": json.dumps(announcement.detail, separators=(",", ":")),
        }
