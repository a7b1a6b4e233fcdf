"""Writes a batch of the stream to the lake, and says what has to come again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Optional

from pipeline.aws.objects import put_objects
from pipeline.aws.observability import count, logger
from pipeline.aws.stream import StreamRecord
from pipeline.domain.lake import RAW, line_of, quarantine_object
from pipeline.domain.lines import DataObject, Line, line_objects
from pipeline.domain.records import UNREADABLE_ROW

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class LakeWriter:
    """Writes lines to S3.

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

    def write(self, records: Sequence[StreamRecord]) -> Optional[StreamRecord]:
        """Write all; return the first record whose object S3 did not take, None if there is none.

        The stream delivers that one and all after it again. What was written of them already is then in the lake
        twice, maybe in objects of another composition, and readers take it once.
        """
        lines: list[Line] = []
        aside: list[DataObject] = []
        for record in records:
            try:
                line = _line_of(record)
            except UNREADABLE_ROW as error:
                aside.append(_put_aside(record, error))
                continue
            if line is not None:
                lines.append(line)
        unwritten = put_objects(self._client, self._bucket, line_objects(RAW, lines) + aside)
        count("LakeLines", sum(line.source not in unwritten for line in lines))
        count("LakeQuarantined", sum(one.sources[0] not in unwritten for one in aside))
        return next((record for record in records if record.sequence_number in unwritten), None)


def _line_of(record: StreamRecord) -> Optional[Line]:
    new = record.new
    if new is None:  # deleted by retention or by an operator: what the lake knows of it stands
        return None
    return line_of(record.sequence_number, new, record.old)


def _put_aside(record: StreamRecord, error: Exception) -> DataObject:
    number = record.sequence_number
    logger.error("a record of the stream is put aside", sequence_number=number, cause=type(error).__name__)
    return quarantine_object(number, record.raw, f"{type(error).__name__}: {error}")
