"""Lambda entry point of `archive`: a batch of events from the standard queue becomes objects in S3."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.archiver import Archiver
from pipeline.aws.clients import client
from pipeline.aws.observability import metrics
from pipeline.aws.queue import batch_item_failures, read_messages
from pipeline.aws.settings import load_settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True)
class Settings:
    """What `archive` needs to know; see `pipeline.aws.settings`."""

    archive_bucket: str


ARCHIVER = Archiver(client("s3"), load_settings(Settings, os.environ).archive_bucket)


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Archive the batch; what S3 does not take is delivered again, and nothing else."""
    return batch_item_failures(ARCHIVER.archive(read_messages(event)))
