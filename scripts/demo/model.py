"""What the demonstration sends, and the errors that it tells its user."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Optional

from scripts.errors import CommandError


class DemoError(CommandError):
    """Something the user can put right; its text says what and how."""


@dataclass(frozen=True)
class Merchant:
    """A merchant to be configured before the first transaction is sent.

    Parameters
    ----------
    merchant_id
        Its id in transactions.
    name
        Its display name; rules look at it.
    active
        Whether it may take transactions.
    max_transaction_amount
        The most it may take at once, in major units of the transaction's currency; None: no limit.

    """

    merchant_id: str
    name: str
    active: bool = True
    max_transaction_amount: Optional[Decimal] = None


@dataclass(frozen=True)
class Transaction:
    """One transaction to send, with what only the demonstration knows about it.

    Parameters
    ----------
    transaction_id, account_id, merchant_id, amount, currency, occurred_at
        What every transaction has. Which of them are sent, and how, is for the system to say (`bodies`).
    category, channel, latitude, longitude, transaction_type
        What one may have besides.
    fraud
        The label, if there is one. For the confusion counts only: it is never sent.
    expected
        How the API has to answer ("accepted", "rejected", "conflict"), where the generator knows it.

    """

    transaction_id: str
    account_id: str
    merchant_id: str
    amount: Decimal
    currency: str
    occurred_at: str
    category: Optional[str] = None
    channel: Optional[str] = None
    latitude: Optional[Decimal] = None
    longitude: Optional[Decimal] = None
    fraud: Optional[bool] = None
    expected: Optional[str] = None
    transaction_type: Optional[str] = None
