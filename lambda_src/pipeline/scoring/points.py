"""The `points` rule set of the merchant API document: integer points, three outcomes.

As published: an amount above 5,000 gives 30, a merchant's name with test, fake or dummy 40, a currency
other than USD, EUR and GBP 20, an amount that is a multiple of 1,000 10; from 50 fraud is suspected, from
30 a review is required. The numbers are data of the policy document; its shipped state has the published
ones. The document's oddities are kept and tested: amounts are not converted (JPY 5,001 scores 50), the
words match anywhere in a name ("Contest" holds "test"), and 0 is a multiple of 1,000.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from pipeline.domain.decision import Feature, PolicyResult, Reason
from pipeline.scoring.document import PolicySpec

HIGH_AMOUNT = Decimal("5000")
ROUND_AMOUNT = Decimal("1000")
USUAL_CURRENCIES = frozenset({"USD", "EUR", "GBP"})
SUSPICIOUS_WORDS = ("test", "fake", "dummy")

TEXTS = {
    "HIGH_AMOUNT": "The amount is above 5,000.",
    "SUSPICIOUS_MERCHANT": "The merchant's name contains test, fake or dummy.",
    "UNUSUAL_CURRENCY": "The currency is none of USD, EUR and GBP.",
    "ROUND_AMOUNT": "The amount is a multiple of 1,000.",
}
"""Each rule by its reason code, in the published order, with its sentence for people."""


def hits(amount: Decimal, currency: str, merchant_name: str) -> list[str]:
    """Return the codes of the rules that fire, in the published order.

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
    fired = {
        "HIGH_AMOUNT": amount > HIGH_AMOUNT,
        "SUSPICIOUS_MERCHANT": any(word in name for word in SUSPICIOUS_WORDS),
        "UNUSUAL_CURRENCY": currency not in USUAL_CURRENCIES,
        "ROUND_AMOUNT": amount % ROUND_AMOUNT == 0,
    }
    return [code for code in TEXTS if fired[code]]


def evaluate(spec: PolicySpec, features: Mapping[str, Feature]) -> PolicyResult:
    """Score the features amount, currency and merchant_name; a rule whose points are 0 is switched off."""
    found = hits(Decimal(str(features["amount"])), str(features["currency"]), str(features["merchant_name"]))
    reasons = [Reason(code, spec.numbers[code], TEXTS[code]) for code in found if spec.numbers[code]]
    return spec.result(sum(reason.points for reason in reasons), reasons)
