"""Lambda entry point of `sweep`, called by a schedule."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pipeline.aws.clients import client
from pipeline.aws.observability import metrics
from pipeline.aws.queue import TransactionQueue
from pipeline.aws.settings import load_settings
from pipeline.aws.transactions import Transactions
from sweep.sweeper import Sweeper

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True)
class Settings:
    """What `sweep` needs to know; see `pipeline.aws.settings`."""

    transactions_table: str
    received_index_name: str
    transaction_queue_url: str
    sweep_after_seconds: int


def build(settings: Settings) -> Sweeper:
    """Wire the sweeper to AWS."""
    return Sweeper(
        transactions=Transactions(client("dynamodb"), settings.transactions_table),
        queue=TransactionQueue(client("sqs"), settings.transaction_queue_url),
        index=settings.received_index_name,
        sweep_after=timedelta(seconds=settings.sweep_after_seconds),
    )


SWEEPER = build(load_settings(Settings, os.environ))


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Sweep once; return how many transactions were queued again."""
    return {"swept": SWEEPER.sweep()}
