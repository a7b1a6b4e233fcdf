"""Lambda entry point of `ingest`: the operation that submits a transaction."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Optional

from botocore.exceptions import BotoCoreError, ClientError

from ingest.acceptor import Accepted, Acceptor, Conflict
from pipeline.aws.clients import client
from pipeline.aws.http import (
    Response,
    answer,
    body_of,
    claims_of,
    error,
    for_pages,
    origins_of,
    request_id_of,
)
from pipeline.aws.merchants import MerchantDirectory, UnlistedMerchants
from pipeline.aws.observability import count, logger, metrics, timed
from pipeline.aws.queue import NoQueue, TransactionQueue
from pipeline.aws.settings import load_settings
from pipeline.aws.transactions import Transactions
from pipeline.domain import strict_json
from pipeline.domain.caller import caller_of
from pipeline.domain.errors import InvalidTransactionError, PipelineError, SettingError
from pipeline.domain.refusal import Refusal
from pipeline.domain.request_schemas import request_schema
from pipeline.domain.status import PENDING_ANSWER, Status
from pipeline.domain.transaction import Transaction, parse_request

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient

    from pipeline.aws.claimed_transactions import ClaimedTransactions
    from pipeline.aws.kinesis import TransactionStream


READ_TIMEOUT_SECONDS = 1.5
"""A client waits: better a quick 503 than a slow one."""


@dataclass(frozen=True)
class Settings:
    """What `ingest` needs to know; see `pipeline.aws.settings`. What a system does not have is left out.

    Parameters
    ----------
    transactions_table
        Where transactions are stored.
    request_schema
        Which published request is taken (see `pipeline.domain.request_schemas`).
    transaction_ids_table
        Claims ids, where the transactions table has a sort key beside them.
    merchants_table, merchant_cache_seconds
        The merchant configuration, and how long an answer of it is kept. Without it every merchant is taken.
    transaction_queue_url, transaction_stream_name
        Where what was accepted waits: a queue; or a Kinesis stream, behind which the table is keyed by customers.
        Without either the table's own stream takes it on.
    sweep_after_seconds
        How long it may wait before the sweeper looks after it; without it there is no sweeper.
    response_time_metric
        Name of the metric that says how long answers take, in milliseconds; without it there is none.
    cors_origins
        Origins of web pages that may read the answers, with commas between them, or "*"; none where it is empty.

    Raises
    ------
    SettingError
        If a system whose table has no stream to decide from lacks one of these: it would take
        everybody's transactions and decide none. Or if a system has a queue and a stream.
    """

    transactions_table: str
    request_schema: str = "flagship"
    transaction_ids_table: Optional[str] = None
    merchants_table: Optional[str] = None
    merchant_cache_seconds: int = 60
    transaction_queue_url: Optional[str] = None
    transaction_stream_name: Optional[str] = None
    sweep_after_seconds: Optional[int] = None
    response_time_metric: Optional[str] = None
    cors_origins: str = ""

    def __post_init__(self) -> None:
        """Refuse a half-configured system: left out by mistake must not pass for left out on purpose."""
        if self.transaction_stream_name is not None:
            self._check_stream()
            return
        for name in ("merchants_table", "transaction_queue_url", "sweep_after_seconds"):
            if self.transaction_ids_table is None and getattr(self, name) is None:
                raise SettingError(
                    f"the environment variable {name.upper()} is missing: only a system with TRANSACTION_IDS_TABLE,"
                    " which decides from its table's stream, does without"
                )

    def _check_stream(self) -> None:
        for name in ("transaction_ids_table", "sweep_after_seconds"):
            if getattr(self, name) is None:
                variable = name.upper()
                raise SettingError(f"the environment variable {variable} is missing: TRANSACTION_STREAM_NAME needs it")
        if self.transaction_queue_url is not None:
            raise SettingError("TRANSACTION_QUEUE_URL and TRANSACTION_STREAM_NAME exclude each other")


def build(settings: Settings) -> Acceptor:
    """Wire the acceptor to AWS. What only some systems have is imported for them alone: a start takes time."""
    dynamodb = client("dynamodb", READ_TIMEOUT_SECONDS)
    sweep_after = settings.sweep_after_seconds
    return Acceptor(
        transactions=_transactions(dynamodb, settings),
        merchants=_merchants(dynamodb, settings),
        queue=_queue(settings),
        sweep_after=None if sweep_after is None else timedelta(seconds=sweep_after),
    )


def _transactions(dynamodb: DynamoDBClient, settings: Settings) -> Transactions | ClaimedTransactions:
    if settings.transaction_ids_table is None:
        return Transactions(dynamodb, settings.transactions_table)
    from pipeline.aws.claimed_transactions import ClaimedTransactions
    from pipeline.aws.layout import by_customer, by_id_and_time

    layout = by_id_and_time if settings.transaction_stream_name is None else by_customer
    return ClaimedTransactions(dynamodb, settings.transactions_table, layout(settings.transaction_ids_table))


def _merchants(dynamodb: DynamoDBClient, settings: Settings) -> MerchantDirectory | UnlistedMerchants:
    if settings.merchants_table is None:
        return UnlistedMerchants()
    return MerchantDirectory(dynamodb, settings.merchants_table, settings.merchant_cache_seconds)


def _queue(settings: Settings) -> TransactionQueue | TransactionStream | NoQueue:
    if settings.transaction_stream_name is not None:
        from pipeline.aws.kinesis import TransactionStream

        return TransactionStream(client("kinesis", READ_TIMEOUT_SECONDS), settings.transaction_stream_name)
    if settings.transaction_queue_url is None:
        return NoQueue()
    return TransactionQueue(client("sqs", READ_TIMEOUT_SECONDS), settings.transaction_queue_url)


_OTHER_BODY = "The id belongs to a transaction with another body, which stands. Use a new id."
_DELETED = "The id was used by a transaction that was deleted. Use a new id."
_MESSAGES = {
    Status.RECEIVED: "Transaction validated and queued",
    Status.REJECTED: "Transaction rejected",
    Status.FAILED: "Transaction failed",
    Status.HELD: "Transaction held",
}
"""What the answer says of a transaction without a decision."""

SETTINGS = load_settings(Settings, os.environ)
VALIDATE = request_schema(SETTINGS.request_schema)
ORIGINS = origins_of(SETTINGS.cors_origins)
ACCEPTOR = build(SETTINGS)


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> Response:
    """Check one transaction, accept it and answer in the shapes that the systems' API documents share."""
    with timed(SETTINGS.response_time_metric):
        return for_pages(_respond(event), event, ORIGINS)


def _respond(event: dict[str, Any]) -> Response:
    request_id = request_id_of(event)
    try:
        transaction = parse_request(strict_json.loads(body_of(event)), ACCEPTOR.now(), VALIDATE)
    except InvalidTransactionError as problem:
        count("Rejected")
        logger.info("request refused", correlation_id=request_id, code="INVALID_REQUEST", field=problem.logged_field)
        message = f"The field {problem.field} {problem.reason}."
        return error(400, "INVALID_REQUEST", message, request_id, {"field": problem.field, "reason": problem.reason})
    if not caller_of(claims_of(event)).may_see(transaction.account_id):
        count("Rejected")
        logger.warning("transaction of somebody else", correlation_id=request_id, account_id=transaction.account_id)
        return error(403, "FORBIDDEN", "Access is denied.", request_id)
    try:
        outcome = ACCEPTOR.accept(transaction, request_id)
    except (BotoCoreError, ClientError, PipelineError):
        logger.exception("transaction not accepted", correlation_id=request_id)
        message = "The service is out of reach. Send the transaction again, with the same id."
        return error(503, "SERVICE_UNAVAILABLE", message, request_id)
    _log(transaction, outcome, request_id)
    return _answer(outcome, request_id)


def _answer(outcome: Accepted | Conflict | Refusal, request_id: str) -> Response:
    if isinstance(outcome, Refusal):
        return error(422, outcome.code, outcome.text, request_id, {"field": outcome.field})
    if isinstance(outcome, Conflict):
        message = _DELETED if outcome.is_deleted else _OTHER_BODY
        return error(409, "TRANSACTION_CONFLICT", message, request_id, {"field": "transaction_id"})
    waiting = outcome.status == Status.RECEIVED
    return answer(
        202 if waiting else 200,
        {
            "message": _MESSAGES.get(outcome.status, "Transaction already decided"),
            "transaction_id": outcome.transaction_id,
            "status": PENDING_ANSWER if waiting else outcome.status.value,
        },
    )


def _log(transaction: Transaction, outcome: Accepted | Conflict | Refusal, request_id: str) -> None:
    if isinstance(outcome, Accepted):
        count("Accepted", int(outcome.is_new))
    else:
        count("Rejected")
    logger.info(
        "request answered",
        correlation_id=request_id,
        transaction_id=transaction.transaction_id,
        account_id=transaction.account_id,
        outcome=outcome.code if isinstance(outcome, Refusal) else type(outcome).__name__,
        is_new=outcome.is_new if isinstance(outcome, Accepted) else None,
    )
