"""Writes a batch of events to S3, and says what has to come again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from archive.objects import (
    ArchivedEvent,
    ArchiveObject,
    UnreadableEventError,
    archive_objects,
    quarantine_object,
    read_event,
)
from pipeline.aws.observability import count, logger
from pipeline.aws.queue import Message

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
        unwritten: set[str] = set()
        for one in _objects(messages):
            if not self._write(one):
                unwritten.update(one.message_ids)
        count("Archived", len(messages) - len(unwritten))
        return [message for message in messages if message.message_id in unwritten]

    def _write(self, one: ArchiveObject) -> bool:
        try:
            self._client.put_object(Bucket=self._bucket, Key=one.key, Body=one.body, ContentType=_content_type(one.key))
        except (BotoCoreError, ClientError) as error:
            logger.exception("S3 did not take an object", key=one.key, error=type(error).__name__)
            return False
        return True


def _objects(messages: Sequence[Message]) -> list[ArchiveObject]:
    events: list[ArchivedEvent] = []
    aside: list[ArchiveObject] = []
    for message in messages:
        try:
            events.append(read_event(message.message_id, message.body))
        except UnreadableEventError as error:
            logger.error("not an event", message_id=message.message_id, reason=str(error))
            count("Quarantined")
            aside.append(quarantine_object(message.message_id, message.body, str(error)))
    return archive_objects(events) + aside


def _content_type(key: str) -> str:
    return "application/gzip" if key.endswith(".gz") else "application/json"
