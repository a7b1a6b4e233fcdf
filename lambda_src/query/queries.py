"""The reading operations of api/openapi.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Callable
from urllib.parse import unquote

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.aws.http import Response, answer, error, request_id_of
from pipeline.aws.observability import logger
from pipeline.aws.transactions_view import TransactionsView
from pipeline.domain.case import is_id
from pipeline.domain.errors import InvalidTransactionError
from query.cursor import from_cursor, to_cursor
from query.views import transaction_view, transaction_view_with_history

DEFAULT_LIMIT = 20
MAXIMUM_LIMIT = 100


class Queries:
    """Answers the reading operations.

    Parameters
    ----------
    view
        The table as readers see it.
    """

    def __init__(self, view: TransactionsView) -> None:
        self._view = view
        self._operations: dict[str, Callable[[Mapping[str, Any]], Response]] = {
            "/v1/transactions/{transaction_id}": self._transaction,
            "/v1/accounts/{account_id}/transactions": self._account,
            "/v1/health": self._health,
        }

    def answer(self, event: Mapping[str, Any]) -> Response:
        """Answer one request; what is wrong with it, or with us, is an answer too."""
        request_id = request_id_of(event)
        operation = self._operations.get(event.get("resource", ""))
        if operation is None or event.get("httpMethod") != "GET":
            return error(404, "NOT_FOUND", "There is no such operation.", request_id)
        try:
            return operation(event)
        except InvalidTransactionError as problem:
            details = {"field": problem.field}
            return error(400, "INVALID_REQUEST", f"{problem.field} {problem.reason}.", request_id, details)
        except (BotoCoreError, ClientError) as problem:
            logger.exception("the table does not answer", request_id=request_id, error=type(problem).__name__)
            return error(
                503,
                "SERVICE_UNAVAILABLE",
                "The service cannot answer at the moment. Try again later.",
                request_id,
            )

    def _transaction(self, event: Mapping[str, Any]) -> Response:
        row = self._view.find(_path_id(event, "transaction_id"))
        if row is None:
            details = {"field": "transaction_id"}
            return error(404, "NOT_FOUND", "There is no such transaction.", request_id_of(event), details)
        return answer(200, transaction_view_with_history(row))

    def _account(self, event: Mapping[str, Any]) -> Response:
        account_id = _path_id(event, "account_id")
        query = event.get("queryStringParameters") or {}
        limit = _limit(query.get("limit"))
        cursor = query.get("cursor")
        after = None if cursor is None else from_cursor(cursor, account_id)
        page = self._view.page(account_id, limit, after)
        body = {
            "account_id": account_id,
            "transactions": [transaction_view(row) for row in page.rows],
            "next_cursor": to_cursor(page.next_position) if page.next_position else None,
        }
        return answer(200, body)

    def _health(self, _event: Mapping[str, Any]) -> Response:
        self._view.probe()
        return answer(200, {"status": "ok"})


def _path_id(event: Mapping[str, Any], name: str) -> str:
    value = unquote((event.get("pathParameters") or {}).get(name, ""))
    if not is_id(value):
        raise InvalidTransactionError(name, "must be 1 to 64 letters, digits or any of _.:-, a letter or digit first")
    return value


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    limit = int(text) if re.fullmatch("[0-9]{1,3}", text) else 0
    if not 1 <= limit <= MAXIMUM_LIMIT:
        raise InvalidTransactionError("limit", f"must be a whole number from 1 to {MAXIMUM_LIMIT}")
    return limit
