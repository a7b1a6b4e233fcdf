"""The `weights` rule set of the SecureBank document, in whole tenths.

As published: more than 5 transactions in an hour weigh .4, an amount above 3 times the customer's average
.3, 500 miles or more from the last transaction .2, a time outside 06:00-22:00 .1; the risk is their sum and
a sum above .8 is fraud. In floating point .4 + .3 + .1 is .7999999999999999 and in another order .8; in tenths it
is 8, which is not above 8, so the shipped policy document has the threshold "from 9".

What the document leaves open, and how it is read here: the 5 transactions are the earlier ones, this one not
counted; the average is that of all earlier transactions, and the first one has none to be above; both ends of
06:00:00-22:00:00 are inside; the time is UTC. Every comparison is one of integers.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.domain.decision import Feature, PolicyResult, Reason
from pipeline.scoring.document import PolicySpec

MOST_AN_HOUR = 5
AVERAGES = 3
FAR_THOUSANDTHS_MILE = 500_000
FIRST_SECOND = 6 * 3600
LAST_SECOND = 22 * 3600

TEXTS = {
    "VELOCITY": "The account had more than 5 transactions in the hour before.",
    "AMOUNT_ABOVE_AVERAGE": "The amount is more than 3 times the account's average.",
    "DISTANT": "It is 500 miles or more from the account's last place.",
    "NIGHT": "It happened between 22:00 and 06:00 UTC.",
}
"""Each rule by its reason code, in the published order, with its sentence for people."""


def hits(features: Mapping[str, Feature]) -> list[str]:
    """Return the codes of the rules that fire, in the published order.

    Parameters
    ----------
    features
        transactions_1h (earlier ones), amount_thousandths, total_thousandths and counted_transactions (of
        the earlier ones), distance_thousandths_mile (-1: unknown, which is not far) and second_of_day (UTC).
    """
    amount, total = int(features["amount_thousandths"]), int(features["total_thousandths"])
    fired = {
        "VELOCITY": int(features["transactions_1h"]) > MOST_AN_HOUR,
        # amount > 3 x total / count, without a division; with no earlier transaction 0 > 0 is false.
        "AMOUNT_ABOVE_AVERAGE": amount * int(features["counted_transactions"]) > AVERAGES * total,
        "DISTANT": int(features["distance_thousandths_mile"]) >= FAR_THOUSANDTHS_MILE,
        "NIGHT": not FIRST_SECOND <= int(features["second_of_day"]) <= LAST_SECOND,
    }
    return [code for code in TEXTS if fired[code]]


def evaluate(spec: PolicySpec, features: Mapping[str, Feature]) -> PolicyResult:
    """Score the features that `hits` names; a rule whose tenths are 0 is switched off."""
    reasons = [Reason(code, spec.numbers[code], TEXTS[code]) for code in hits(features) if spec.numbers[code]]
    return spec.result(sum(reason.points for reason in reasons), reasons)
