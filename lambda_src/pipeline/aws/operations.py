"""Answering reading operations: what is wrong with a request, or with us, is an answer too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.aws.http import Response, error, request_id_of
from pipeline.aws.observability import logger
from pipeline.domain.errors import InvalidTransactionError, UndeliveredError

Operation = Callable[[Mapping[str, Any]], Response]


def answered(operations: Mapping[str, Operation], event: Mapping[str, Any]) -> Response:
    """Return the answer to one request of the gateway.

    Parameters
    ----------
    operations
        Each by the resource of its path, as the API document writes it. Its InvalidTransactionError becomes
        a 400 that names the parameter, and a table that does not answer becomes a 503.
    event
        The proxy event.
    """
    request_id = request_id_of(event)
    operation = operations.get(event.get("resource", ""))
    if operation is None or event.get("httpMethod") != "GET":
        return error(404, "NOT_FOUND", "There is no such operation.", request_id)
    try:
        return operation(event)
    except InvalidTransactionError as problem:
        details = {"field": problem.field}
        return error(400, "INVALID_REQUEST", f"{problem.field} {problem.reason}.", request_id, details)
    except (BotoCoreError, ClientError, UndeliveredError) as problem:
        logger.exception("the table does not answer", request_id=request_id, error=type(problem).__name__)
        return error(
            503,
            "SERVICE_UNAVAILABLE",
            "The service cannot answer at the moment. Try again later.",
            request_id,
        )
