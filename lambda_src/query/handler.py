"""Lambda entry point of `query`: the reading operations of the API."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.aws.clients import client
from pipeline.aws.http import Response
from pipeline.aws.settings import load_settings
from pipeline.aws.transactions_view import TransactionsView
from query.queries import Queries

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True)
class Settings:
    """What `query` needs to know; see `pipeline.aws.settings`."""

    transactions_table: str
    account_index_name: str


def build(settings: Settings) -> Queries:
    """Wire the queries to AWS."""
    return Queries(TransactionsView(client("dynamodb"), settings.transactions_table, settings.account_index_name))


QUERIES = build(load_settings(Settings, os.environ))


def handler(event: dict[str, Any], context: LambdaContext) -> Response:
    """Answer one request of the gateway."""
    return QUERIES.answer(event)
