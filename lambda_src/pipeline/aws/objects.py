"""Writing objects to S3, where one that fails must not stop the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.aws.observability import logger
from pipeline.domain.lines import DataObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def put_objects(client: S3Client, bucket: str, objects: Iterable[DataObject]) -> set[str]:
    """Write all objects; return the sources of those that S3 did not take."""
    unwritten: set[str] = set()
    for one in objects:
        if not _put(client, bucket, one):
            unwritten.update(one.sources)
    return unwritten


def _put(client: S3Client, bucket: str, one: DataObject) -> bool:
    try:
        client.put_object(Bucket=bucket, Key=one.key, Body=one.body, ContentType=_content_type(one.key))
    except (BotoCoreError, ClientError) as error:
        logger.exception("S3 did not take an object", key=one.key, error=type(error).__name__)
        return False
    return True


def _content_type(key: str) -> str:
    return "application/gzip" if key.endswith(".gz") else "application/json"
