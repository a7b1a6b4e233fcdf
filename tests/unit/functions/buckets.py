"""Buckets of one test, and what lies in them."""

from __future__ import annotations

import gzip
import json
import uuid
from typing import Any

from botocore.exceptions import ClientError


def make_bucket(s3: Any, name: str, **options: Any) -> str:
    """Create a bucket of a name that no other test has."""
    bucket = f"{name}-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=bucket, **options)
    return bucket


def objects(s3: Any, bucket: str) -> dict[str, bytes]:
    """Return all objects of a bucket by their keys."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def lines(s3: Any, bucket: str, prefix: str = "raw/") -> list[dict[str, Any]]:
    """Return all lines of a bucket, in the order of the keys."""
    found = [body for key, body in sorted(objects(s3, bucket).items()) if key.startswith(prefix)]
    return [json.loads(line) for body in found for line in gzip.decompress(body).splitlines()]


class RefusingS3:
    """An S3 client that refuses the keys with a certain part, a number of times."""

    def __init__(self, client: Any, part: str, times: int = 1_000_000) -> None:
        self._client = client
        self._part = part
        self._times = times

    def put_object(self, **arguments: Any) -> Any:
        if self._part in arguments["Key"] and self._times > 0:
            self._times -= 1
            raise ClientError({"Error": {"Code": "SlowDown", "Message": ""}}, "PutObject")
        return self._client.put_object(**arguments)
