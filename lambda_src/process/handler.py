"""Lambda entry point of `process`: one batch of the queue in, the records to be delivered again out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from pipeline.aws.accounts import AccountTable, NoAccounts
from pipeline.aws.clients import client
from pipeline.aws.ledger import Ledger
from pipeline.aws.merchants import MerchantDirectory
from pipeline.aws.models import load_models
from pipeline.aws.observability import metrics
from pipeline.aws.policies import READ_TIMEOUT_SECONDS, PolicyStore
from pipeline.aws.queue import TransactionQueue, batch_item_failures, read_messages
from pipeline.aws.settings import load_settings
from pipeline.domain.errors import SettingError
from process.processor import Processor

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True)
class Settings:
    """What `process` needs to know; see `pipeline.aws.settings`.

    A system without accounts, or without learnt risk of merchants, leaves their tables out.

    Raises
    ------
    SettingError
        If the queue is FIFO and there are no accounts: it keeps an order that nothing would then keep.
    """

    transactions_table: str
    merchants_table: str
    transaction_queue_url: str
    retry_base_seconds: float
    merchant_cache_seconds: int
    policy_parameter: str
    policy_refresh_seconds: int
    accounts_table: Optional[str] = None
    merchant_risk_table: Optional[str] = None

    def __post_init__(self) -> None:
        """Refuse a half-configured system: left out by mistake must not pass for left out on purpose."""
        if self.accounts_table is None and self.transaction_queue_url.endswith(".fifo"):
            raise SettingError("the environment variable ACCOUNTS_TABLE is missing: the queue orders by account")


def build(settings: Settings) -> Processor:
    """Wire the processor to AWS."""
    dynamodb = client("dynamodb")
    accounts = AccountTable(dynamodb, settings.accounts_table) if settings.accounts_table else NoAccounts()
    return Processor(
        ledger=Ledger(dynamodb, settings.transactions_table, accounts),
        merchants=MerchantDirectory(
            dynamodb, settings.merchants_table, settings.merchant_cache_seconds, settings.merchant_risk_table
        ),
        queue=TransactionQueue(client("sqs"), settings.transaction_queue_url, settings.retry_base_seconds),
        policies=PolicyStore(
            client("ssm", READ_TIMEOUT_SECONDS),
            settings.policy_parameter,
            load_models(),
            settings.policy_refresh_seconds,
        ),
    )


PROCESSOR = build(load_settings(Settings, os.environ))


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Settle the batch; what is not settled is delivered again, with what follows it in its account."""
    again = PROCESSOR.process(read_messages(event), lambda: context.get_remaining_time_in_millis() / 1000)
    return batch_item_failures(again)
