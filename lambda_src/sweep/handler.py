"""Lambda entry point of `sweep`, called by a schedule."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Optional

from pipeline.aws.clients import client
from pipeline.aws.kinesis import TransactionStream
from pipeline.aws.layout import BY_ID, by_customer
from pipeline.aws.observability import metrics
from pipeline.aws.queue import TransactionQueue
from pipeline.aws.settings import load_settings
from pipeline.aws.transactions import WaitingRows
from pipeline.domain.errors import SettingError
from sweep.sweeper import Sweeper

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True)
class Settings:
    """What `sweep` needs to know; see `pipeline.aws.settings`.

    Parameters
    ----------
    transactions_table, received_index_name
        Where transactions are stored, and the index of those that wait.
    sweep_after_seconds
        The first wait.
    transaction_queue_url, transaction_stream_name
        The queue that they wait for; or the stream, behind which the table is keyed by customers.

    Raises
    ------
    SettingError
        If neither of them is given, or both.
    """

    transactions_table: str
    received_index_name: str
    sweep_after_seconds: int
    transaction_queue_url: Optional[str] = None
    transaction_stream_name: Optional[str] = None

    def __post_init__(self) -> None:
        """Refuse a half-configured system."""
        if (self.transaction_queue_url is None) == (self.transaction_stream_name is None):
            raise SettingError(
                "the environment variable TRANSACTION_QUEUE_URL is missing, or else TRANSACTION_STREAM_NAME:"
                " exactly one of them says where transactions wait"
            )


def build(settings: Settings) -> Sweeper:
    """Wire the sweeper to AWS."""
    layout = BY_ID if settings.transaction_stream_name is None else by_customer()
    return Sweeper(
        rows=WaitingRows(client("dynamodb"), settings.transactions_table, layout),
        queue=_queue(settings),
        index=settings.received_index_name,
        sweep_after=timedelta(seconds=settings.sweep_after_seconds),
    )


def _queue(settings: Settings) -> TransactionQueue | TransactionStream:
    if settings.transaction_stream_name is not None:
        return TransactionStream(client("kinesis"), settings.transaction_stream_name)
    return TransactionQueue(client("sqs"), str(settings.transaction_queue_url))


SWEEPER = build(load_settings(Settings, os.environ))


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Sweep once; return how many transactions were queued again."""
    return {"swept": SWEEPER.sweep()}
