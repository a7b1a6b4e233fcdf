"""Lambda entry point of `failed`: the dead-letter queue of the transaction queue."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from failed.recorder import Recorder
from pipeline.aws.accounts import AccountTable, NoAccounts
from pipeline.aws.alerts import Alerts
from pipeline.aws.clients import client
from pipeline.aws.ledger import Ledger
from pipeline.aws.observability import count, logger, metrics
from pipeline.aws.quarantine import Quarantine
from pipeline.aws.queue import Message, batch_item_failures, read_messages
from pipeline.aws.settings import load_settings
from pipeline.domain.errors import SettingError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True)
class Settings:
    """What `failed` needs to know; see `pipeline.aws.settings`. A system without accounts leaves their table out."""

    transactions_table: str
    processing_failures_topic_arn: str
    accounts_table: Optional[str] = None


def build(settings: Settings) -> Recorder:
    """Wire the recorder to AWS."""
    dynamodb = client("dynamodb")
    accounts = AccountTable(dynamodb, settings.accounts_table) if settings.accounts_table else NoAccounts()
    return Recorder(
        ledger=Ledger(dynamodb, settings.transactions_table, accounts),
        quarantine=Quarantine(dynamodb, settings.transactions_table, accounts),
        alerts=Alerts(client("sns"), settings.processing_failures_topic_arn),
    )


SETTINGS = load_settings(Settings, os.environ)
RECORDER = build(SETTINGS)


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Record the batch in order; from the first failure of an account on, its messages come again."""
    again = []
    stuck_groups: set[str] = set()
    for message in read_messages(event):
        if message.group in stuck_groups:
            again.append(message)
            continue
        try:
            _record(message)
        except Exception:  # noqa: BLE001
            # The widest net on purpose: this is the last place where a message can be caught, and one
            # that we cannot handle must keep its account waiting and nobody else.
            logger.exception("failure not recorded", message_id=message.message_id)
            count("FailureNotRecorded")
            if message.group:  # a standard queue has no groups: nobody waits for anybody there
                stuck_groups.add(message.group)
            again.append(message)
    return batch_item_failures(again)


def _record(message: Message) -> None:
    if message.group and SETTINGS.accounts_table is None:  # nothing would hold back what follows in the account
        raise SettingError("the environment variable ACCOUNTS_TABLE is missing: the queue orders by account")
    RECORDER.record(message)
