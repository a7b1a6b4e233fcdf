"""Objects of JSON lines in a bucket, as the archive and the lake keep them: each is read once."""

from __future__ import annotations

import contextlib
import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from scripts.demo.model import DemoError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Objects:
    """The objects below a prefix; one that was read before is not read again.

    Parameters
    ----------
    s3
        An S3 client.
    bucket, prefix
        Where they lie.

    """

    def __init__(self, s3: S3Client, bucket: str, prefix: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._prefix = prefix
        self._read: set[str] = set()

    @property
    def count(self) -> int:
        """How many were read so far."""
        return len(self._read)

    def listed(self) -> Iterator[str]:
        """Yield the keys of all that lie there now."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        for page in pages:
            for entry in page.get("Contents", []):
                yield entry["Key"]

    def new_lines(self) -> Iterator[Mapping[str, Any]]:
        """Yield the lines of the objects that are new; numbers with a point are decimals.

        Raises
        ------
        DemoError
            If an object is no file of JSON lines.

        """
        for key in self.listed():
            if key not in self._read:
                body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
                yield from _lines(self._bucket, key, body)
                self._read.add(key)


def _lines(bucket: str, key: str, body: bytes) -> Iterator[Mapping[str, Any]]:
    """Yield the lines of an object, gzip or, where S3 unpacked it, plain."""
    with contextlib.suppress(gzip.BadGzipFile):
        body = gzip.decompress(body)
    try:
        for line in body.decode("utf-8").splitlines():
            if line.strip():
                yield json.loads(line, parse_float=Decimal)
    except (ValueError, EOFError, zlib.error) as error:
        raise DemoError(f"{bucket} holds an object that is no JSON lines file: {key} ({error}).") from error
