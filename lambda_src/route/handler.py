"""Lambda entry point of `route`, a target of the bus: one decided transaction in, one queue message out.

A rule cannot do this itself: it gives all messages of a FIFO queue one fixed message group.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.aws.clients import client
from pipeline.aws.observability import count, logger, metrics
from pipeline.aws.settings import load_settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True)
class Settings:
    """What `route` needs to know; see `pipeline.aws.settings`."""

    priority_queue_url: str


SETTINGS = load_settings(Settings, os.environ)
SQS = client("sqs")


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Queue the detail of a TransactionDecided event; the same event again within five minutes is dropped by SQS."""
    SQS.send_message(
        QueueUrl=SETTINGS.priority_queue_url,
        MessageBody=json.dumps(event, separators=(",", ":")),
        MessageGroupId=event["account_id"],
        MessageDeduplicationId=event["event_id"],
    )
    count("Prioritised")
    logger.info(
        "transaction prioritised",
        transaction_id=event["transaction_id"],
        account_id=event["account_id"],
        correlation_id=event.get("correlation_id"),
    )
