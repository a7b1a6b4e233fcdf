"""What the tables of a bank's customers say in words that people and their tools read, beside what the pipeline needs.

Nothing decides by these attributes: they are written together with what decides, and follow from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Optional

from pipeline.domain.status import Status

if TYPE_CHECKING:
    from pipeline.domain.decision import Decision
    from pipeline.domain.profile import AccountProfile
    from pipeline.domain.settlement import Change, Plan

LOW, MEDIUM, HIGH = "LOW", "MEDIUM", "HIGH"
"""Levels of a customer's risk; see `risk_level`."""

MEDIUM_RISK = Decimal("0.4")
"""From this risk on a decision that suspects no fraud is no low risk either: the heaviest of the `weights` alone."""


def decided_attributes(change: Change, at: str) -> dict[str, Any]:
    """Return what the row of a transaction says of its decision at a glance; nothing if there is none.

    Parameters
    ----------
    change
        What became of the transaction.
    at
        The time of the decision, UTC, RFC 3339.
    """
    decision = change.decision
    if decision is None:
        return {}
    return {
        "is_fraud": decision.outcome == Status.FRAUD_SUSPECTED,
        "risk_score": decision.risk,
        "processed_timestamp": at,
    }


def customer_attributes(plan: Plan) -> dict[str, Any]:
    """Return what the row of a customer says of what was decided so far; nothing if the plan decides nothing.

    Amounts are added up as bare numbers, whatever their currency, as the rules compare them.
    """
    decision = next((change.decision for change in reversed(plan.changes) if change.decision), None)
    if decision is None:
        return {}
    profile = plan.after.profile
    return {
        "transaction_count": profile.transactions,
        "total_amount": _decimal(profile.total_thousandths, 3),
        "average_amount": _decimal(profile.total_thousandths * 1000 // profile.transactions, 6),
        "last_transaction_timestamp": plan.after.last_occurred_at,
        "last_location": _place(profile),
        "risk_level": risk_level(decision),
    }


def risk_level(decision: Decision) -> str:
    """Return the level that a customer has by the latest decision.

    HIGH: fraud is suspected. MEDIUM: a review is asked for, or the risk is 0.4 or more. LOW: anything else.
    """
    if decision.outcome == Status.FRAUD_SUSPECTED:
        return HIGH
    return MEDIUM if decision.outcome == Status.REVIEW_REQUIRED or decision.risk >= MEDIUM_RISK else LOW


def _place(profile: AccountProfile) -> Optional[Mapping[str, Decimal]]:
    if not profile.has_place:
        return None
    return {"latitude": _decimal(profile.latitude, 6), "longitude": _decimal(profile.longitude, 6)}


def _decimal(number: int, places: int) -> Decimal:
    """Return a whole number of tenths, hundredths, ... exactly, without trailing zeros."""
    sign, digits = int(number < 0), f"{abs(number):0{places + 1}}"
    text = f"{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".")
    return Decimal(f"-{text}" if sign else text)
