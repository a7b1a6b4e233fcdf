"""What the demonstration has to know of a system, beside what all of them have in common."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable, Optional

from scripts.demo.model import Transaction
from scripts.demo.state import Access, Analysis, Part


@dataclass(frozen=True)
class System:
    """One deployable system as the demonstration sees it.

    Parameters
    ----------
    name
        What the user and the report call it.
    submit_path
        Where transactions are posted, below the API's endpoint.
    body
        Writes a transaction as its API wants it, with the merchant's configured name, if that is known.
    transactions_table, merchants_table
        The outputs that name the tables; without merchants no transaction is refused for one.
    received_index
        The sparse index that holds a row as long as it waits for its decision, if there is one.
    account_attribute
        What its table of transactions calls the account.
    parts
        What there is besides, in the order of the report.
    analyses
        What is worked out of everything once it is at rest, in this order.
    count
        Transactions to generate, unless the user says how many.
    patterns
        Patterns that a quarter of the generated transactions has (see `patterns`), where the generator's own would not
        show what the system finds.
    patience_seconds
        How long nothing may move before a run gives up waiting: longer than a queue hides a message whose
        function died, so that its second try still counts.

    """

    name: str
    submit_path: str
    body: Callable[[Transaction, Optional[str]], bytes]
    transactions_table: str
    merchants_table: Optional[str] = None
    received_index: Optional[str] = None
    account_attribute: str = "account_id"
    parts: tuple[Callable[[Access], Part], ...] = ()
    analyses: tuple[Callable[[Access], Analysis], ...] = ()
    count: int = 1000
    patterns: tuple[str, ...] = ()
    patience_seconds: float = 200.0

    def expecting(self, transaction: Transaction) -> Transaction:
        """Return the transaction with the answer that this system has to give.

        A generated transaction is refused only for its merchant's configuration.
        """
        if transaction.expected == "rejected" and self.merchants_table is None:
            return replace(transaction, expected="accepted")
        return transaction
