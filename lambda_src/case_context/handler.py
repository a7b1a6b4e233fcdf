"""Lambda entry point of `case_context`: one read of the account, its past and the merchant."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from case_context.reader import ContextReader
from pipeline.aws.accounts import AccountTable
from pipeline.aws.clients import client
from pipeline.aws.ledger import Ledger
from pipeline.aws.merchants import MerchantDirectory
from pipeline.aws.observability import logger
from pipeline.aws.settings import load_settings
from pipeline.aws.transactions_view import TransactionsView

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True)
class Settings:
    """What `case_context` needs to know; see `pipeline.aws.settings`."""

    transactions_table: str
    accounts_table: str
    merchants_table: str
    account_index_name: str


def build(settings: Settings) -> ContextReader:
    """Wire the reader to AWS."""
    dynamodb = client("dynamodb")
    return ContextReader(
        ledger=Ledger(dynamodb, settings.transactions_table, AccountTable(dynamodb, settings.accounts_table)),
        view=TransactionsView(dynamodb, settings.transactions_table, settings.account_index_name),
        merchants=MerchantDirectory(dynamodb, settings.merchants_table, cache_seconds=0),
    )


READER = build(load_settings(Settings, os.environ))


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Return the context as the assessments take it."""
    found = READER.read(event["transaction"])
    logger.info(
        "context gathered",
        transaction_id=event["transaction"]["transaction_id"],
        correlation_id=event["transaction"]["correlation_id"],
        recent=len(found.recent),
    )
    return found.to_document()
