"""Lambda entry point of `notify`: the queue of alerts in, the messages to be delivered again out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notify.notifier import Notifier
from notify.topic import Topic
from pipeline.aws.alert_lease import AlertLeases
from pipeline.aws.clients import client
from pipeline.aws.observability import metrics
from pipeline.aws.queue import batch_item_failures, read_messages
from pipeline.aws.settings import load_settings
from pipeline.domain.errors import SettingError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True)
class Settings:
    """What `notify` needs to know; see `pipeline.aws.settings`.

    `lease_seconds` must exceed the function's timeout and stay below the queue's visibility timeout.
    """

    transactions_table: str
    alerts_topic_arn: str
    lease_seconds: float = 60.0


def build(settings: Settings) -> Notifier:
    """Wire the notifier to AWS."""
    dynamodb = client("dynamodb")
    return Notifier(
        leases=AlertLeases(dynamodb, settings.transactions_table, settings.lease_seconds),
        topic=Topic(client("sns", attempts=1), settings.alerts_topic_arn),
        table=settings.transactions_table,
        region=dynamodb.meta.region_name,
    )


SETTINGS = load_settings(Settings, os.environ)
NOTIFIER = build(SETTINGS)


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Send the alerts of the batch; what was not sent is delivered again.

    Raises
    ------
    SettingError
        If the function may outlive a lease: then two could send the same alert.
    """

    def seconds_left() -> float:
        return context.get_remaining_time_in_millis() / 1000

    if seconds_left() >= SETTINGS.lease_seconds:
        raise SettingError("LEASE_SECONDS must exceed the timeout of the function")
    return batch_item_failures(NOTIFIER.notify(read_messages(event), seconds_left))
