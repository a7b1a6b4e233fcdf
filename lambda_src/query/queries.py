"""The reading operations of api/openapi.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.aws.http import Response, answer, error, request_id_of
from pipeline.aws.operations import Operation, answered
from pipeline.aws.parameters import limit_of, path_id, query_of
from pipeline.aws.transactions_view import TransactionsView
from query.cursor import from_cursor, to_cursor
from query.views import transaction_view, transaction_view_with_history


class Queries:
    """Answers the reading operations.

    Parameters
    ----------
    view
        The table as readers see it.
    """

    def __init__(self, view: TransactionsView) -> None:
        self._view = view
        self._operations: dict[str, Operation] = {
            "/v1/transactions/{transaction_id}": self._transaction,
            "/v1/accounts/{account_id}/transactions": self._account,
            "/v1/health": self._health,
        }

    def answer(self, event: Mapping[str, Any]) -> Response:
        """Answer one request; what is wrong with it, or with us, is an answer too."""
        return answered(self._operations, event)

    def _transaction(self, event: Mapping[str, Any]) -> Response:
        row = self._view.find(path_id(event, "transaction_id"))
        if row is None:
            details = {"field": "transaction_id"}
            return error(404, "NOT_FOUND", "There is no such transaction.", request_id_of(event), details)
        return answer(200, transaction_view_with_history(row))

    def _account(self, event: Mapping[str, Any]) -> Response:
        account_id = path_id(event, "account_id")
        query = query_of(event)
        limit = limit_of(query.get("limit"))
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
