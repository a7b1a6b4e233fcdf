"""The `points` rule set of the merchant API document: integer points, three outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from pipeline.domain.decision import Decision, Feature, Reason
from pipeline.domain.status import Status

NAME = "points"
VERSION = "1"

HIGH_AMOUNT = Decimal("5000")
ROUND_AMOUNT = Decimal("1000")
USUAL_CURRENCIES = frozenset({"USD", "EUR", "GBP"})
SUSPICIOUS_WORDS = ("test", "fake", "dummy")
FRAUD_FROM = 50
REVIEW_FROM = 30


def hits(amount: Decimal, currency: str, merchant_name: str) -> list[Reason]:
    """Return the rules that fire, in the document's order.

    Parameters
    ----------
    amount
        Amount in major units of `currency`, zero or more. Not converted: the
        document compares the bare number, so 5,001 JPY is a high amount. Zero
        is a multiple of 1,000.
    currency
        ISO 4217 code, upper case.
    merchant_name
        As configured; the match is a case-insensitive substring, so "Contest" hits "test".
    """
    name = merchant_name.lower()
    rules = (
        (amount > HIGH_AMOUNT, Reason("HIGH_AMOUNT", 30, "The amount is above 5,000.")),
        (
            any(word in name for word in SUSPICIOUS_WORDS),
            Reason("SUSPICIOUS_MERCHANT", 40, "The merchant's name contains test, fake or dummy."),
        ),
        (
            currency not in USUAL_CURRENCIES,
            Reason("UNUSUAL_CURRENCY", 20, "The currency is none of USD, EUR and GBP."),
        ),
        (amount % ROUND_AMOUNT == 0, Reason("ROUND_AMOUNT", 10, "The amount is a multiple of 1,000.")),
    )
    return [reason for fired, reason in rules if fired]


def outcome_of(score: int) -> Status:
    """Return the document's outcome of a score: suspected from 50, review from 30."""
    if score >= FRAUD_FROM:
        return Status.FRAUD_SUSPECTED
    if score >= REVIEW_FROM:
        return Status.REVIEW_REQUIRED
    return Status.APPROVED


def decide(features: Mapping[str, Feature]) -> Decision:
    """Score the features amount, currency and merchant_name (see `pipeline.scoring.policy`)."""
    found = hits(Decimal(str(features["amount"])), str(features["currency"]), str(features["merchant_name"]))
    score = sum(reason.points for reason in found)
    return Decision(
        score=score,
        outcome=outcome_of(score),
        policy=NAME,
        policy_version=VERSION,
        features=features,
        reasons=tuple(sorted(found, key=lambda reason: -reason.points)),
    )
