"""Lambda entry point of `reshard`, called by the stream's alarms, and every minute by a schedule."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pipeline.aws.clients import client
from pipeline.aws.observability import metrics
from pipeline.aws.settings import load_settings
from reshard.resharder import Resharder
from reshard.scaling import Bounds

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True)
class Settings:
    """What `reshard` needs to know; see `pipeline.aws.settings`."""

    stream_name: str
    minimum_shards: int
    maximum_shards: int
    grow_cooldown_seconds: int
    shrink_cooldown_seconds: int
    high_alarm_name: str
    low_alarm_name: str


def build(settings: Settings) -> Resharder:
    """Wire the resharder to AWS."""
    return Resharder(
        kinesis=client("kinesis"),
        cloudwatch=client("cloudwatch"),
        stream=settings.stream_name,
        high_alarm=settings.high_alarm_name,
        low_alarm=settings.low_alarm_name,
        bounds=Bounds(
            minimum=settings.minimum_shards,
            maximum=settings.maximum_shards,
            grow_cooldown=timedelta(seconds=settings.grow_cooldown_seconds),
            shrink_cooldown=timedelta(seconds=settings.shrink_cooldown_seconds),
        ),
    )


RESHARDER = build(load_settings(Settings, os.environ))


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Scale the stream if that is due; the event only says that it is time to look."""
    outcome = RESHARDER.reshard()
    return {"shards": outcome.shards, "target": outcome.target, "reason": outcome.reason, "refused": outcome.refused}
