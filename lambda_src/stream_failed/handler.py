"""Lambda entry point of `stream_failed`: the queue of batches that the mapping of the stream gave up."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from pipeline.aws.accounts import AccountTable
from pipeline.aws.alerts import Alerts
from pipeline.aws.clients import client
from pipeline.aws.failures import Failures
from pipeline.aws.layout import CUSTOMERS, by_customer
from pipeline.aws.ledger import Ledger
from pipeline.aws.observability import count, logger, metrics
from pipeline.aws.quarantine import Quarantine
from pipeline.aws.queue import Message, batch_item_failures, read_messages
from pipeline.aws.settings import load_settings
from pipeline.aws.stream_reader import StreamReader
from pipeline.domain.request_schemas import request_schema
from stream_failed.batches import FailedBatches, GivenUp, read_given_up

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

ACTOR = "stream_failed"


@dataclass(frozen=True)
class Settings:
    """What `stream_failed` needs to know; see `pipeline.aws.settings`.

    Parameters
    ----------
    transactions_table, transaction_ids_table, customers_table
        Where it records: the rows, the claims of ids, and the customers' states.
    processing_failures_topic_arn
        Whom it tells.
    request_schema
        The request of the records that the gateway puts on the stream (see `pipeline.domain.request_schemas`).
    """

    transactions_table: str
    transaction_ids_table: str
    customers_table: str
    processing_failures_topic_arn: str
    request_schema: str


def build(settings: Settings) -> FailedBatches:
    """Wire the recorder to AWS."""
    dynamodb = client("dynamodb")
    layout = by_customer(settings.transaction_ids_table)
    customers = AccountTable(dynamodb, settings.customers_table, layout=CUSTOMERS)
    ledger = Ledger(dynamodb, settings.transactions_table, customers, layout=layout)
    quarantine = Quarantine(
        dynamodb, settings.transactions_table, customers, layout, actor=ACTOR, reason="RETRIES_EXHAUSTED"
    )
    alerts = Alerts(client("sns"), settings.processing_failures_topic_arn)
    return FailedBatches(
        client("kinesis"),
        ledger,
        Failures(ledger, quarantine, alerts, actor=ACTOR, refuser="stream_process"),
        alerts,
        StreamReader(request_schema(settings.request_schema)),
    )


BATCHES = build(load_settings(Settings, os.environ))


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Record the batches in the order of their shards; from the first failure of a shard on, they come again."""
    told = [(message, _given_up(message)) for message in read_messages(event)]
    again = []
    stuck: set[str] = set()
    for message, batch in sorted(told, key=lambda pair: pair[1].place if pair[1] else ("", 0)):
        if batch is not None and batch.shard_id in stuck:
            again.append(message)
            continue
        try:
            _record(message, batch)
        except Exception:  # noqa: BLE001
            # The widest net on purpose: this is the last place where a batch can be caught.
            logger.exception("failure not recorded", message_id=message.message_id)
            count("FailureNotRecorded")
            again.append(message)
            if batch is not None:
                stuck.add(batch.shard_id)
    return batch_item_failures(again)


def _given_up(message: Message) -> Optional[GivenUp]:
    try:
        return read_given_up(message.body)
    except (KeyError, TypeError, ValueError):
        return None


def _record(message: Message, batch: Optional[GivenUp]) -> None:
    if batch is None:
        BATCHES.record_message(message)
    else:
        BATCHES.record(batch)
