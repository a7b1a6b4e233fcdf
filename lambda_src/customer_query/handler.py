"""Lambda entry point of `customer_query`: the reading operations of the API by customer."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from customer_query.buckets import FraudBuckets
from customer_query.queries import Queries
from customer_query.transactions import CustomerTransactions
from pipeline.aws.clients import client
from pipeline.aws.http import Response, for_pages, origins_of
from pipeline.aws.observability import metrics, timed
from pipeline.aws.settings import load_settings
from pipeline.domain.errors import SettingError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

RESPONSE_TIME = "API/ResponseTime"
LONGEST_CACHE_SECONDS = 3600
"""As long as the gateway can keep an answer."""


@dataclass(frozen=True)
class Settings:
    """What `customer_query` needs to know; see `pipeline.aws.settings`.

    Parameters
    ----------
    transactions_table
        Transactions by customer_id and timestamp.
    transaction_ids_table
        Where each transaction id leads to.
    fraud_insights_table
        The counters of days.
    cache_seconds
        How long clients may keep an answer, 0 (not at all) to 3,600. To be set where the gateway keeps them, too.
    cors_origins
        Origins of web pages that may read the answers, with commas, or "*": those that the gateway was given.

    Raises
    ------
    SettingError
        If cache_seconds is out of its range.
    """

    transactions_table: str
    transaction_ids_table: str
    fraud_insights_table: str
    cache_seconds: int = 0
    cors_origins: str = ""

    def __post_init__(self) -> None:
        """Refuse a time that no gateway keeps."""
        if not 0 <= self.cache_seconds <= LONGEST_CACHE_SECONDS:
            raise SettingError(f"the environment variable CACHE_SECONDS must be 0 to {LONGEST_CACHE_SECONDS}")


def build(settings: Settings) -> Queries:
    """Wire the queries to AWS."""
    dynamodb = client("dynamodb")
    return Queries(
        CustomerTransactions(dynamodb, settings.transactions_table, settings.transaction_ids_table),
        FraudBuckets(dynamodb, settings.fraud_insights_table, time.sleep),
        settings.cache_seconds,
    )


SETTINGS = load_settings(Settings, os.environ)
ORIGINS = origins_of(SETTINGS.cors_origins)
QUERIES = build(SETTINGS)


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> Response:
    """Answer one request of the gateway, and note how long that took."""
    with timed(RESPONSE_TIME):
        return for_pages(QUERIES.answer(event), event, ORIGINS)
