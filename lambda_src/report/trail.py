"""Who read or wrote the data on a day, as the trail in S3 tells: by principal, event and resource."""

from __future__ import annotations

import codecs
import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, Callable, cast

from report.lake import keys

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MOST_GROUPS = 5_000
"""Combinations of principal, event and resource that are told apart; the rest is counted together."""

LATE_HOURS = 2
"""How far into the next day files are read: one holds events from any time before its delivery."""

CHUNK = 1 << 18
MOST_OF_A_RECORD = 1 << 23
"""Characters after which what is no whole record never will be one: events are far smaller."""

OTHERS = "(others)"
_BETWEEN = frozenset(" \t\r\n,")
_BROKEN = (OSError, EOFError, RecursionError, ValueError, zlib.error)


@dataclass(frozen=True)
class Access:
    """What one principal did to one resource; `errors` of the `count` were refused or failed."""

    principal: str
    event: str
    resource: str
    count: int
    errors: int


@dataclass
class Accesses:
    """The data events of a day.

    Parameters
    ----------
    files, unreadable
        Files that were read, and those of them that could not be read to their end.
    whole
        False if the time did not suffice for all files.
    """

    files: int = 0
    unreadable: int = 0
    whole: bool = True
    _counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _errors: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """All events."""
        return sum(self._counts.values())

    def add(self, event: Mapping[str, Any]) -> None:
        """Count an event."""
        key = (_principal(event), _name(event), _resource(event))
        if key not in self._counts and len(self._counts) >= MOST_GROUPS:
            key = (OTHERS, OTHERS, OTHERS)
        self._counts[key] += 1
        self._errors[key] += "errorCode" in event

    def groups(self) -> list[Access]:
        """Return the groups by name."""
        return [Access(*key, self._counts[key], self._errors[key]) for key in sorted(self._counts)]


class Trail:
    """Reads a trail's files.

    Parameters
    ----------
    client
        An S3 client.
    bucket
        Name of the trail's bucket.
    prefix
        What the keys of its files begin with, up to the region: "AWSLogs/111122223333/CloudTrail/".
    """

    def __init__(self, client: S3Client, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix if prefix.endswith("/") else f"{prefix}/"

    def read(self, day: date, in_time: Callable[[], bool]) -> Accesses:
        """Return the data events that happened on a day, in all regions of the trail."""
        found = Accesses()
        for key in self._files(day):
            if not in_time():
                found.whole = False
                break
            found.files += 1
            try:
                self._read(key, day.isoformat(), found)
            except _BROKEN:
                found.unreadable += 1
        return found

    def _files(self, day: date) -> Iterator[str]:
        """Yield the files of the day, and those of the next that were delivered soon after it."""
        after = day + timedelta(days=1)
        end = f"{after:%Y%m%d}T{LATE_HOURS:02}"
        for region in self._regions():
            yield from keys(self._client, self._bucket, f"{region}{day:%Y/%m/%d}/")
            for key in keys(self._client, self._bucket, f"{region}{after:%Y/%m/%d}/"):
                if _delivered_at(key) >= end:
                    break
                yield key

    def _regions(self) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix, Delimiter="/"
        )
        for page in pages:
            for one in page.get("CommonPrefixes", []):
                yield one["Prefix"]

    def _read(self, key: str, day: str, found: Accesses) -> None:
        body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
        with gzip.GzipFile(fileobj=cast("BinaryIO", body), mode="rb") as file:
            for event in records_of(cast("BinaryIO", file)):
                if event.get("eventCategory") == "Data" and str(event.get("eventTime", "")).startswith(day):
                    found.add(event)


def records_of(file: BinaryIO) -> Iterator[Mapping[str, Any]]:
    """Yield the records of a trail's file one by one: {"Records": [ ... ]} is not held as a whole.

    Raises
    ------
    ValueError
        If the file is no such thing, or ends early.
    """
    decode = json.JSONDecoder().raw_decode
    text = _text(file)
    buffer = next(text, "")
    place = buffer.index("[") + 1
    while True:
        while buffer[place : place + 1] in _BETWEEN:
            place += 1
        if buffer[place : place + 1] == "]":
            for _ in text:  # to its end, where gzip's checksum is held
                pass
            return
        try:
            record, place = decode(buffer, place)
        except ValueError:
            more = next(text, "")
            buffer, place = buffer[place:] + more, 0
            if not more or len(buffer) > MOST_OF_A_RECORD:
                raise
            continue
        if isinstance(record, dict):
            yield record


def _text(file: BinaryIO) -> Iterator[str]:
    """Yield a file's text, in parts."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    while part := file.read(CHUNK):
        yield decoder.decode(part)


def _delivered_at(key: str) -> str:
    """Return when a file was delivered, of its name: <account>_CloudTrail_<region>_<YYYYMMDDTHHmmZ>_<random>."""
    parts = key.rsplit("/", 1)[-1].split("_")
    return parts[3] if len(parts) > 3 else ""


def _principal(event: Mapping[str, Any]) -> str:
    identity = event.get("userIdentity") or {}
    return str(identity.get("arn") or identity.get("invokedBy") or identity.get("type") or "unknown")


def _name(event: Mapping[str, Any]) -> str:
    service = str(event.get("eventSource", "")).partition(".")[0]
    return f"{service}:{event.get('eventName', '')}"


def _resource(event: Mapping[str, Any]) -> str:
    """Return what was touched, without the object's key: the bucket's ARN, the table's."""
    for resource in event.get("resources") or []:
        arn = str(resource.get("ARN") or resource.get("ARNPrefix") or "")
        if ":s3:::" in arn:
            return arn.partition("/")[0]
        if arn:
            return arn
    return "unknown"
