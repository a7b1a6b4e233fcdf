"""Lambda entry point of `stream_process`: records of the Kinesis stream in, the first to come again out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.aws.accounts import AccountTable
from pipeline.aws.alerts import Alerts
from pipeline.aws.clients import client
from pipeline.aws.failures import Failures
from pipeline.aws.insights import Insights
from pipeline.aws.kinesis import read_batch
from pipeline.aws.layout import CUSTOMERS, by_customer
from pipeline.aws.ledger import Ledger
from pipeline.aws.merchants import UnlistedMerchants
from pipeline.aws.models import load_models
from pipeline.aws.observability import count, metrics
from pipeline.aws.policies import READ_TIMEOUT_SECONDS, PolicyStore
from pipeline.aws.quarantine import Quarantine
from pipeline.aws.reporting import report_settled
from pipeline.aws.settings import load_settings
from pipeline.aws.settler import Settler
from pipeline.aws.stream import again_from
from pipeline.aws.stream_reader import StreamReader
from pipeline.domain.request_schemas import request_schema
from pipeline.domain.settlement import Change
from pipeline.domain.status import Status
from stream_process.processor import StreamProcessor

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

ACTOR = "stream_process"


@dataclass(frozen=True)
class Settings:
    """What `stream_process` needs to know; see `pipeline.aws.settings`.

    Parameters
    ----------
    transactions_table, transaction_ids_table, customers_table, fraud_insights_table
        Where it settles: the rows, the claims of ids, the customers' states, and the counters by day.
    processing_failures_topic_arn
        Whom it tells of what failed for good.
    request_schema
        The request of the records that the gateway puts on the stream (see `pipeline.domain.request_schemas`).
    policy_parameter, policy_refresh_seconds
        The parameter of the policy document, and how long what was read of it is good for.
    """

    transactions_table: str
    transaction_ids_table: str
    customers_table: str
    fraud_insights_table: str
    processing_failures_topic_arn: str
    request_schema: str
    policy_parameter: str
    policy_refresh_seconds: int


def build(settings: Settings) -> StreamProcessor:
    """Wire the processor to AWS."""
    dynamodb = client("dynamodb")
    layout = by_customer(settings.transaction_ids_table)
    customers = AccountTable(dynamodb, settings.customers_table, layout=CUSTOMERS)
    insights = Insights(settings.fraud_insights_table)
    ledger = Ledger(dynamodb, settings.transactions_table, customers, layout=layout, insights=insights)
    quarantine = Quarantine(
        dynamodb, settings.transactions_table, customers, layout, actor=ACTOR, reason="NOT_PROCESSABLE"
    )
    alerts = Alerts(client("sns"), settings.processing_failures_topic_arn)
    policies = PolicyStore(
        client("ssm", READ_TIMEOUT_SECONDS), settings.policy_parameter, load_models(), settings.policy_refresh_seconds
    )
    return StreamProcessor(
        ledger,
        Settler(ledger, UnlistedMerchants(), policies, actor=ACTOR, report=report_decided),
        Failures(ledger, quarantine, alerts, actor=ACTOR, refuser=ACTOR),
        StreamReader(request_schema(settings.request_schema)),
    )


def report_decided(changes: Sequence[Change], now: datetime) -> None:
    """Tell of committed changes, also by the metrics that the bank's documents name."""
    report_settled(changes, now)
    decided = [change for change in changes if change.decision is not None]
    count("Transactions/ProcessedCount", len(decided))
    count("Fraud/DetectedCount", sum(change.status == Status.FRAUD_SUSPECTED for change in decided))


PROCESSOR = build(load_settings(Settings, os.environ))


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Settle the batch; the stream delivers what is not settled again, with all that follows it."""
    first = PROCESSOR.process(read_batch(event), lambda: context.get_remaining_time_in_millis() / 1000)
    return again_from(event, first.sequence_number if first else None)
