"""Reads what surrounds a flagged transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from pipeline.aws.ledger import Ledger
from pipeline.aws.merchants import MerchantDirectory
from pipeline.aws.transactions_view import TransactionsView
from pipeline.domain.case import CaseContext, RecentTransaction, flagged_transaction
from pipeline.domain.status import Status

RECENT_TRANSACTIONS = 20
"""How far back an assessment looks; the flagged transaction itself is read with them and left out later."""


class ContextReader:
    """Reads what surrounds a flagged transaction.

    Parameters
    ----------
    ledger
        Knows whether the account is quarantined.
    view
        Knows the account's last transactions.
    merchants
        Knows the merchant; its cache must be off, a case wants to know what holds now.
    """

    def __init__(self, ledger: Ledger, view: TransactionsView, merchants: MerchantDirectory) -> None:
        self._ledger = ledger
        self._view = view
        self._merchants = merchants

    def read(self, document: Mapping[str, Any]) -> CaseContext:
        """Return the context of the flagged transaction that `document` describes.

        Raises
        ------
        CaseInputError
            If `document` describes none.
        """
        transaction = flagged_transaction(document)
        rows = self._view.last_before(transaction.account_id, transaction.received_at, RECENT_TRANSACTIONS + 1)
        return CaseContext(
            blocked_by=self._ledger.load_block(transaction.account_id).blocked_by,
            recent=tuple(_recent(row) for row in rows),
            merchant=self._merchants.find(transaction),
        )


def _recent(row: Mapping[str, Any]) -> RecentTransaction:
    outcome: Optional[str] = row.get("decision", {}).get("outcome")
    return RecentTransaction(
        transaction_id=row["transaction_id"],
        merchant_id=row["merchant_id"],
        amount=row["amount"],
        currency=row["currency"],
        received_at=row["received_at"],
        status=Status(row["status"]),
        outcome=Status(outcome) if outcome else None,
    )
