"""Lambda entry point of `label`: the operation that records what a transaction turned out to be."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Callable, Optional

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.aws.clients import client
from pipeline.aws.clock import utc_now
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
from pipeline.aws.labels import Labels, NotDecidedError, UnknownTransactionError
from pipeline.aws.layout import BY_ID, by_customer
from pipeline.aws.observability import count, logger, metrics, timed
from pipeline.aws.settings import load_settings
from pipeline.domain import strict_json
from pipeline.domain.caller import caller_of
from pipeline.domain.errors import InvalidTransactionError, PipelineError
from pipeline.domain.label import Labelling, LabelRequest, parse_label
from pipeline.domain.times import to_text

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

READ_TIMEOUT_SECONDS = 1.5
"""A client waits: better a quick 503 than a slow one."""

METRICS = {"recorded": "LabelRecorded", "unchanged": "LabelUnchanged", "superseded": "LabelSuperseded"}


@dataclass(frozen=True)
class Settings:
    """What `label` needs to know; see `pipeline.aws.settings`.

    Parameters
    ----------
    transactions_table
        Where transactions are stored.
    transaction_ids_table
        Where each transaction id leads to, if the table is keyed by customers. Without it the id is the key.
    response_time_metric
        Name of the metric that says how long answers take, in milliseconds; without it there is none.
    cors_origins
        Origins of web pages that may read the answers, with commas between them, or "*"; none where it is empty.
    """

    transactions_table: str
    transaction_ids_table: Optional[str] = None
    response_time_metric: Optional[str] = None
    cors_origins: str = ""


def build(settings: Settings) -> Labels:
    """Wire the labels to AWS."""
    ids_table = settings.transaction_ids_table
    layout = BY_ID if ids_table is None else by_customer(ids_table)
    return Labels(client("dynamodb", READ_TIMEOUT_SECONDS), settings.transactions_table, layout)


SETTINGS = load_settings(Settings, os.environ)
ORIGINS = origins_of(SETTINGS.cors_origins)
LABELS = build(SETTINGS)
NOW: Callable[[], datetime] = utc_now


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> Response:
    """Check one label, record it and answer in the shapes that the systems' API documents share."""
    with timed(SETTINGS.response_time_metric):
        return for_pages(_respond(event), event, ORIGINS)


def _respond(event: dict[str, Any]) -> Response:
    request_id = request_id_of(event)
    if not caller_of(claims_of(event)).sees_all:
        # Whoever could label their own fraud as genuine would teach the policies to let it pass.
        count("LabelRefused")
        logger.warning("label of somebody who may not label", correlation_id=request_id)
        return error(403, "FORBIDDEN", "Access is denied.", request_id)
    try:
        request = parse_label(strict_json.loads(body_of(event)), NOW())
    except InvalidTransactionError as problem:
        count("LabelRefused")
        logger.info("label refused", correlation_id=request_id, code="INVALID_REQUEST", field=problem.logged_field)
        message = f"The field {problem.field} {problem.reason}."
        return error(400, "INVALID_REQUEST", message, request_id, {"field": problem.field, "reason": problem.reason})
    try:
        labelling = LABELS.record(request, _actor(event), to_text(NOW()))
    except (UnknownTransactionError, NotDecidedError) as problem:
        return _refused(request, problem, request_id)
    except (BotoCoreError, ClientError, PipelineError):
        logger.exception("label not recorded", correlation_id=request_id, transaction_id=request.transaction_id)
        return error(503, "SERVICE_UNAVAILABLE", "The service is out of reach. Send the label again.", request_id)
    return _answer(request, labelling, request_id)


def _actor(event: Mapping[str, Any]) -> str:
    """Return who labels, as the history tells it: the person behind a token, else the signer, else the key's id."""
    subject = (claims_of(event) or {}).get("sub")
    identity = event.get("requestContext", {}).get("identity") or {}
    actors = {"token": subject, "iam": identity.get("userArn"), "api-key": identity.get("apiKeyId")}
    return next((f"{kind}:{who}" for kind, who in actors.items() if who), "api")


def _refused(request: LabelRequest, problem: PipelineError, request_id: str) -> Response:
    count("LabelRefused")
    details = {"field": "transaction_id"}
    unknown = isinstance(problem, UnknownTransactionError)
    code = "NOT_FOUND" if unknown else "TRANSACTION_NOT_DECIDED"
    logger.info("label refused", correlation_id=request_id, transaction_id=request.transaction_id, code=code)
    if unknown:
        return error(404, code, "There is no such transaction.", request_id, details)
    return error(409, code, "The transaction has not been decided yet.", request_id, details)


def _answer(request: LabelRequest, labelling: Labelling, request_id: str) -> Response:
    count(METRICS[labelling.status.value])
    logger.info(
        "label taken",
        correlation_id=request_id,
        transaction_id=request.transaction_id,
        label=request.label.value.value,
        source=request.label.source.value,
        outcome=labelling.status.value,
    )
    return answer(
        200,
        {
            "transaction_id": request.transaction_id,
            "label": labelling.standing.value,
            "status": labelling.status.value,
        },
    )
