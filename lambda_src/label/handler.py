"""Lambda entry point of `label`: POST /v1/labels."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Callable

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.aws.clients import client
from pipeline.aws.clock import utc_now
from pipeline.aws.http import Response, answer, body_of, error, request_id_of
from pipeline.aws.labels import Labels, NotDecidedError, UnknownTransactionError
from pipeline.aws.observability import count, logger, metrics
from pipeline.aws.settings import load_settings
from pipeline.domain import strict_json
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
    """What `label` needs to know; see `pipeline.aws.settings`."""

    transactions_table: str


LABELS = Labels(client("dynamodb", READ_TIMEOUT_SECONDS), load_settings(Settings, os.environ).transactions_table)
NOW: Callable[[], datetime] = utc_now


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> Response:
    """Check one label, record it and answer in the shapes of api/openapi.yaml."""
    request_id = request_id_of(event)
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
    """Return who labels, as the history tells it: the id (not the value) of the API key."""
    key = (event.get("requestContext", {}).get("identity") or {}).get("apiKeyId")
    return f"api-key:{key}" if key else "api"


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
