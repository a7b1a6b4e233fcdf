"""Lambda entry point of `lake`: a batch of the transactions table's stream becomes objects in S3."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lake.writer import LakeWriter
from pipeline.aws.clients import client
from pipeline.aws.observability import metrics
from pipeline.aws.settings import load_settings
from pipeline.aws.stream import again_from, read_records

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True)
class Settings:
    """What `lake` needs to know; see `pipeline.aws.settings`."""

    lake_bucket: str


WRITER = LakeWriter(client("s3"), load_settings(Settings, os.environ).lake_bucket)


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Write the batch; the stream delivers what S3 did not take again, with all that follows it."""
    first = WRITER.write(read_records(event))
    return again_from(event, first.sequence_number if first else None)
