"""Writes a batch of events to S3, and says what has to come again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archive.objects import UnreadableEventError, archive_objects, quarantine_object, read_event
from pipeline.aws.objects import put_objects
from pipeline.aws.observability import count, logger
from pipeline.aws.queue import Message
from pipeline.domain.lines import DataObject, Line

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Archiver:
    """Writes events to S3.

    Parameters
    ----------
    client
        An S3 client.
    bucket
        Name of the archive bucket.
    """

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def archive(self, messages: Sequence[Message]) -> list[Message]:
        """Write all; return the messages whose object S3 did not take, to be delivered again."""
        unwritten = put_objects(self._client, self._bucket, _objects(messages))
        count("Archived", len(messages) - len(unwritten))
        return [message for message in messages if message.message_id in unwritten]


def _objects(messages: Sequence[Message]) -> list[DataObject]:
    events: list[Line] = []
    aside: list[DataObject] = []
    for message in messages:
        try:
            events.append(read_event(message.message_id, message.body))
        except UnreadableEventError as error:
            logger.error("not an event", message_id=message.message_id, reason=str(error))
            count("Quarantined")
            aside.append(quarantine_object(message.message_id, message.body, str(error)))
    return archive_objects(events) + aside
