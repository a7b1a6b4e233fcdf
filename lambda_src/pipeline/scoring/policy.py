"""The one interface behind which policies decide, and the routes a decided transaction takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Callable

from pipeline.domain.account import Account
from pipeline.domain.decision import HIGH_VALUE_ROUTE, Decision, Feature
from pipeline.domain.merchant import Merchant
from pipeline.domain.transaction import Transaction, canonical_decimal
from pipeline.scoring import points


@dataclass(frozen=True)
class Policy:
    """How this deployment decides.

    Parameters
    ----------
    high_value_threshold
        Transactions above it (not at it) also take the high-value route, in major units of
        their currency.
    score
        The rule set or model: features in, decision out; a pure function.
    """

    high_value_threshold: Decimal
    score: Callable[[Mapping[str, Feature]], Decision] = points.decide

    def decide(self, transaction: Transaction, account: Account, merchant: Merchant) -> Decision:
        """Decide one transaction from the account's state before it."""
        decision = self.score(features_of(transaction, account, merchant))
        routes = (HIGH_VALUE_ROUTE,) if transaction.amount > self.high_value_threshold else ()
        return replace(decision, routes=routes)


def features_of(transaction: Transaction, account: Account, merchant: Merchant) -> dict[str, Feature]:
    """Return all that a policy may look at; it is kept in the decision, so that a replay sees the same."""
    return {
        "amount": canonical_decimal(transaction.amount),
        "currency": transaction.currency,
        "merchant_name": merchant.name,
        "account_transactions": account.commits,
    }
