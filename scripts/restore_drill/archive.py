"""Reads from an archive what changed since a time, and brings a restored table up to date with it."""

from __future__ import annotations

import contextlib
import gzip
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from scripts.errors import CommandError
from scripts.restore_drill.changes import Change, Row, UnreadableLineError, after, with_fingerprint
from scripts.restore_drill.systems import Archive

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SLACK = timedelta(hours=1)
"""How much earlier than the restored time an object may be filed and still hold something newer."""

Key = tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """What an archive held.

    Parameters
    ----------
    changes
        The changes of each row, each once, in their order.
    unreadable
        Lines that told of none.
    """

    changes: Mapping[Key, list[Change]]
    unreadable: int


def changes_since(client: S3Client, bucket: str, archive: Archive, since: datetime) -> Found:
    """Return the changes in all objects that were written since a time; those of before do no harm."""
    found: dict[Key, dict[str, Change]] = defaultdict(dict)
    unreadable = 0
    for line in _lines(client, bucket, archive, since):
        try:
            change = archive.read(line)
        except UnreadableLineError:
            unreadable += 1
            continue
        if change is not None:
            found[change.key].setdefault(change.change_id, change)
    ordered = {key: sorted(changes.values(), key=lambda change: change.order) for key, changes in found.items()}
    return Found(ordered, unreadable)


def replayed(rows: Mapping[Key, Row], changes: Mapping[Key, list[Change]]) -> tuple[dict[Key, dict[str, Any]], int]:
    """Return the rows that have to be written to bring a table up to date, and how many changes that takes."""
    written: dict[Key, dict[str, Any]] = {}
    count = 0
    for key, of_row in changes.items():
        row = rows.get(key)
        for change in of_row:
            newer = after(row, change)
            if newer is not None:
                row, count = newer, count + 1
                written[key] = newer
    return {key: with_fingerprint(row) for key, row in written.items()}, count


def _lines(client: S3Client, bucket: str, archive: Archive, since: datetime) -> Iterator[str]:
    begin = since - SLACK
    # Keys come sorted: where they tell the time, listing begins there instead of with the archive's first year.
    start = archive.prefix + archive.hour(begin) if archive.hour else archive.prefix
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=archive.prefix, StartAfter=start)
    for page in pages:
        for entry in page.get("Contents", []):
            if entry["LastModified"] >= begin:
                body = client.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
                yield from _unpacked(entry["Key"], body)


def _unpacked(key: str, body: bytes) -> Iterator[str]:
    """Yield the lines of an object: gzip or, where S3 unpacked it, plain."""
    try:
        with contextlib.suppress(gzip.BadGzipFile):
            body = gzip.decompress(body)
        text = body.decode("utf-8")
    except (EOFError, zlib.error, UnicodeDecodeError) as error:
        raise CommandError(f"the archive holds an object that is no file of lines: {key} ({error}).") from error
    yield from (line for line in text.split("\n") if line.strip())
