"""The reading operations of examples/securebank/openapi.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Callable, Optional

from customer_query.buckets import FraudBuckets
from customer_query.cursor import from_cursor, to_cursor
from customer_query.filters import filters_of
from customer_query.insights import by_day, counted_rows, date_range_of, days_of, insights, threshold_of
from customer_query.summary import summary_of
from customer_query.transactions import CustomerTransactions
from customer_query.views import (
    is_refused_record,
    refused_view,
    transaction_view,
    transaction_view_with_history,
)
from pipeline.aws.clock import utc_now
from pipeline.aws.http import Response, answer, claims_of, error, request_id_of
from pipeline.aws.operations import Operation, answered
from pipeline.aws.parameters import NO_ID, limit_of, path_id, query_of
from pipeline.domain.caller import caller_of
from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.ids import is_id
from pipeline.domain.status import Status


class Queries:
    """Answers the reading operations.

    Parameters
    ----------
    transactions, buckets
        The tables.
    cache_seconds
        How long a client may keep an answer; 0: not at all.
    now
        The clock that says which day it is.
    """

    def __init__(
        self,
        transactions: CustomerTransactions,
        buckets: FraudBuckets,
        cache_seconds: int = 0,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._transactions = transactions
        self._buckets = buckets
        self._cached = _kept_for(cache_seconds)
        self._now = now
        self._operations: dict[str, Operation] = {
            "/transactions/{transaction_id}": self._transaction,
            "/customers/{customer_id}/transactions": self._customer,
            "/fraud/insights": self._insights,
            "/health": self._health,
        }

    def answer(self, event: Mapping[str, Any]) -> Response:
        """Answer one request; what is wrong with it, or with us, is an answer too."""
        return answered(self._operations, event)

    def _transaction(self, event: Mapping[str, Any]) -> Response:
        row = self._transactions.find(path_id(event, "transaction_id"))
        if row is None or not _may_see(event, row["customer_id"]):
            # The same for another's transaction as for none: nobody learns here which ids are taken.
            details = {"field": "transaction_id"}
            return error(404, "NOT_FOUND", "There is no such transaction.", request_id_of(event), details)
        if is_refused_record(row):  # whose it was to be nobody knows, so only who sees all customers gets here
            return answer(200, refused_view(row))  # and a corrected body may be on its way
        waits = row.get("status") == Status.RECEIVED.value  # and is another in a moment
        return answer(200, transaction_view_with_history(row), None if waits else self._cached)

    def _customer(self, event: Mapping[str, Any]) -> Response:
        customer_id = path_id(event, "customer_id")
        if not _may_see(event, customer_id):
            return _forbidden(event, "customer_id")
        query = query_of(event)
        limit, filters, cursor = limit_of(query.get("limit")), filters_of(query), query.get("cursor")
        after = None if cursor is None else from_cursor(cursor, customer_id, filters)
        page = self._transactions.page(customer_id, filters, limit, after)
        place = page.next_place
        body = {
            "customer_id": customer_id,
            "transactions": [transaction_view(row) for row in page.rows],
            "summary": summary_of(page.rows),
            "next_cursor": None if place is None else to_cursor(place, customer_id, filters),
        }
        return answer(200, body, self._cached)

    def _insights(self, event: Mapping[str, Any]) -> Response:
        query = query_of(event)
        customer_id = query.get("customer_id")
        if customer_id is not None and not is_id(customer_id):
            raise InvalidTransactionError("customer_id", NO_ID)
        if not _may_see(event, customer_id):
            return _forbidden(event, "customer_id")
        date_range, threshold = date_range_of(query.get("date_range")), threshold_of(query.get("risk_threshold"))
        today = self._now().date()
        days = days_of(date_range, today)
        truncated = False
        if customer_id is None:
            counted = self._buckets.of_days(days)
        else:
            # A bare day lies before all sort keys of that day, and the tilde after all that begin like it.
            found = self._transactions.counted(customer_id, days[0], f"{days[-1]}~")
            counted, truncated = counted_rows(found.rows), found.truncated
        body = {
            "date_range": date_range,
            "from_date": days[0],
            "to_date": days[-1],
            "customer_id": customer_id,
            "risk_threshold": float(threshold),
            "truncated": truncated,
            **insights(days, by_day(counted), threshold),
        }
        return answer(200, body, self._cached)

    def _health(self, _event: Mapping[str, Any]) -> Response:
        self._transactions.probe()
        return answer(200, {"status": "ok"})


def _may_see(event: Mapping[str, Any], customer_id: Optional[str]) -> bool:
    return caller_of(claims_of(event)).may_see(customer_id)


def _forbidden(event: Mapping[str, Any], field: str) -> Response:
    """Refuse what the caller named themselves: the answer tells nothing of whether there is such a customer."""
    return error(403, "FORBIDDEN", "Access is denied.", request_id_of(event), {"field": field})


def _kept_for(seconds: int) -> Optional[Mapping[str, str]]:
    """Return the headers of an answer that may be kept, by this client alone and for these credentials alone."""
    if seconds == 0:
        return None
    return {"Cache-Control": f"private, max-age={seconds}", "Vary": "Authorization, x-api-key"}
