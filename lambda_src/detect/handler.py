"""Lambda entry point of `detect`: records of the transactions table's stream in, the first to come again out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from detect.detector import Detector
from detect.outbox import Outbox
from detect.rows import StreamedRows
from pipeline.aws.clients import client
from pipeline.aws.observability import metrics
from pipeline.aws.policies import READ_TIMEOUT_SECONDS, PolicyStore
from pipeline.aws.settings import load_settings
from pipeline.aws.stream import again_from, read_records

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True)
class Settings:
    """What `detect` needs to know; see `pipeline.aws.settings`."""

    transactions_table: str
    alert_queue_url: str
    dead_letter_queue_url: str
    policy_parameter: str
    policy_refresh_seconds: int


def build(settings: Settings) -> Detector:
    """Wire the detector to AWS.

    It knows no models: they judge an account by its past, and here nothing keeps one.
    """
    return Detector(
        rows=StreamedRows(client("dynamodb"), settings.transactions_table),
        outbox=Outbox(client("sqs"), settings.alert_queue_url, settings.dead_letter_queue_url),
        policies=PolicyStore(
            client("ssm", READ_TIMEOUT_SECONDS), settings.policy_parameter, {}, settings.policy_refresh_seconds
        ),
    )


DETECTOR = build(load_settings(Settings, os.environ))


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Decide the batch; the stream delivers what could not be decided again, with all that follows it."""
    first = DETECTOR.detect(read_records(event), lambda: context.get_remaining_time_in_millis() / 1000)
    return again_from(event, first.sequence_number if first else None)
