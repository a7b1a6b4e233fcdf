"""A merchant as configured, what it lets through, and what labels say about it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Optional

from pipeline.domain.merchant_risk import EMPTY, MerchantRisk
from pipeline.domain.refusal import Refusal
from pipeline.domain.transaction import Transaction


@dataclass(frozen=True)
class Merchant:
    """One row of the merchant configuration, and the risk that was learnt of it.

    Parameters
    ----------
    merchant_id
        Its id in transactions.
    name
        Its display name; the points rules look at it.
    active
        Whether it may take transactions.
    max_transaction_amount
        The most it may take at once, in major units of the transaction's currency; None: no limit.
    risk
        Its transactions and frauds by day; empty where nobody asked for it, or nothing is known.
    """

    merchant_id: str
    name: str
    active: bool = True
    max_transaction_amount: Optional[Decimal] = None
    risk: MerchantRisk = EMPTY


UNKNOWN_MERCHANT = Refusal("UNKNOWN_MERCHANT", "merchant_id", "The merchant is not configured.")
INACTIVE_MERCHANT = Refusal("INACTIVE_MERCHANT", "merchant_id", "The merchant does not take transactions.")
OVER_MERCHANT_LIMIT = Refusal("AMOUNT_OVER_MERCHANT_LIMIT", "amount", "The amount is above the merchant's maximum.")


def refusal_of(merchant: Optional[Merchant], transaction: Transaction) -> Optional[Refusal]:
    """Return why `merchant` (None: unknown) refuses `transaction`, or None if it takes it."""
    if merchant is None:
        return UNKNOWN_MERCHANT
    if not merchant.active:
        return INACTIVE_MERCHANT
    limit = merchant.max_transaction_amount
    if limit is not None and transaction.amount > limit:
        return OVER_MERCHANT_LIMIT
    return None
