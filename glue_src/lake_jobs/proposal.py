"""A threshold for people to approve: the lowest score from which on nine suspicions out of ten are frauds; pure.

Nothing here is ever put into force. The result is a policy document, the one in force with another threshold for its
champion, which says in its version and its note that it is a proposal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Optional

from lake_jobs.errors import LakeJobError
from lake_jobs.rates import MINIMUM_LABELS, Rate, rate

PRECISION_TENTHS = 9
"""What share of the suspected must be frauds, in tenths: a whole number, so that nine of ten are nine of ten."""

FEWEST_FOUND = MINIMUM_LABELS
"""A threshold above which fewer frauds lie is an accident of these frauds."""

_LONGEST_VERSION = 64
_OF_A_PROPOSAL = re.compile(r"-proposal-\d{4}-\d{2}-\d{2}$")
_MILLION = 1_000_000


@dataclass(frozen=True)
class Scored:
    """Labelled transactions with one risk, of one week and one policy.

    Parameters
    ----------
    week
        Monday of the week.
    policy, policy_version
        Who decided.
    risk
        0 to 1.
    fraud, genuine
        How many have this label.
    """

    week: str
    policy: str
    policy_version: str
    risk: Decimal
    fraud: int
    genuine: int


@dataclass(frozen=True)
class Champion:
    """What the policy document in force says of the policy that decides.

    Parameters
    ----------
    name, kind, version
        Of the policy.
    threshold
        The score from which on fraud is suspected now.
    full_score
        The score at which the risk is 1.
    """

    name: str
    kind: str
    version: str
    threshold: int
    full_score: int


@dataclass(frozen=True)
class Effect:
    """What a threshold does to labelled transactions."""

    threshold: int
    suspected: int
    found: int
    precision: Rate
    recall: Rate

    def to_json(self) -> dict[str, Any]:
        """Return it as reports hold it."""
        return {
            "threshold": self.threshold,
            "suspected": self.suspected,
            "found": self.found,
            "precision": self.precision.to_json(),
            "recall": self.recall.to_json(),
        }


@dataclass(frozen=True)
class Proposal:
    """A proposal, or in words why there is none.

    Parameters
    ----------
    sentence
        What is proposed and what it does, or why nothing is.
    now, proposed
        What the threshold in force and the proposed one do to the labels of all weeks: the latter was chosen on them.
    later
        A threshold chosen the same way on the weeks before the last, and what it did in the last: what to expect.
    document
        The policy document to approve.
    """

    sentence: str
    now: Optional[Effect] = None
    proposed: Optional[Effect] = None
    later: Optional[Effect] = None
    document: Optional[dict[str, Any]] = None

    def to_json(self) -> dict[str, Any]:
        """Return it as reports hold it, without the document, which is a file of its own."""
        effects = {"now": self.now, "proposed": self.proposed, "later": self.later}
        return {"sentence": self.sentence, **{name: one.to_json() if one else None for name, one in effects.items()}}


def champion_of(document: Mapping[str, Any]) -> Champion:
    """Return the champion of a policy document.

    Raises
    ------
    LakeJobError
        If the document has none that could be read.
    """
    try:
        name = document["champion"]
        policy = document["policies"][name]
        full = 10 if policy["kind"] == "weights" else _highest(name, document["policies"])
        return Champion(name, policy["kind"], policy["version"], policy["thresholds"]["fraud"], full)
    except (KeyError, TypeError) as error:
        raise LakeJobError(f"the policy document is none: {error} is missing or no name.") from error


def _highest(name: str, policies: Mapping[str, Any]) -> int:
    policy = policies[name]
    if policy["kind"] == "model":
        return _MILLION
    if policy["kind"] == "combination":
        return sum(factor * _highest(part, policies) for part, factor in policy["parts"].items())
    return sum(policy["points" if policy["kind"] == "points" else "tenths"].values())


def score_of(risk: Decimal, full_score: int) -> int:
    """Return the score of a risk, which is its share of the full score in millionths that never round up.

    Exact up to a full score of a million; above it (combinations) the lowest score that has this risk.
    """
    millionths = int(risk * _MILLION)
    return -(-millionths * full_score // _MILLION)


def propose(document: Mapping[str, Any], scored: Iterable[Scored], week: date) -> Proposal:
    """Propose a threshold for the champion from the labels of its own decisions.

    Parameters
    ----------
    document
        The policy document in force.
    scored
        Labelled transactions of the weeks that are looked at.
    week
        The last of these weeks; the proposal is named after it.
    """
    champion = champion_of(document)
    own = [one for one in scored if (one.policy, one.policy_version) == (champion.name, champion.version)]
    frauds = sum(one.fraud for one in own)
    if frauds < MINIMUM_LABELS or not any(one.genuine for one in own):
        genuine = sum(one.genuine for one in own)
        return Proposal(
            f"Not enough labels: {frauds:,} frauds and {genuine:,} genuine among the decisions of {champion.name};"
            f" a proposal needs {MINIMUM_LABELS} frauds and genuine ones to tell them from."
        )
    now = _effect(own, champion, champion.threshold)
    threshold = _threshold(own, champion)
    if threshold is None:
        return Proposal(
            f"No threshold is proposed: at no score of {champion.name} is the precision .{PRECISION_TENTHS} or better"
            f" with at least {FEWEST_FOUND} frauds found.",
            now,
        )
    proposed = _effect(own, champion, threshold)
    later = _later(own, champion, str(week))
    if threshold == champion.threshold:
        return Proposal(
            f"The threshold of {champion.name} stands: {threshold:,} is still the best.", now, proposed, later
        )
    sentence = (
        f"From a score of {threshold:,} on (now {champion.threshold:,}), {_percent(proposed.precision)} of what"
        f" {champion.name} suspects is fraud and {_percent(proposed.recall)} of the frauds are found, on the labels"
        " that it was chosen on."
    )
    return Proposal(sentence, now, proposed, later, _changed(document, champion, threshold, sentence, week))


def pretty(document: Mapping[str, Any]) -> str:
    """Return the text of a policy document."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _threshold(scored: Iterable[Scored], champion: Champion) -> Optional[int]:
    """Return the lowest score from which on the precision is reached, with enough frauds behind it."""
    by_score: dict[int, tuple[int, int]] = {}
    for one in scored:
        score = score_of(one.risk, champion.full_score)
        fraud, genuine = by_score.get(score, (0, 0))
        by_score[score] = (fraud + one.fraud, genuine + one.genuine)
    found = suspected = 0
    reached = None
    for score in sorted((score for score in by_score if score > 0), reverse=True):
        fraud, genuine = by_score[score]
        found, suspected = found + fraud, suspected + fraud + genuine
        if found >= FEWEST_FOUND and 10 * found >= PRECISION_TENTHS * suspected:
            reached = score
    return reached


def _effect(scored: Iterable[Scored], champion: Champion, threshold: int) -> Effect:
    rows = list(scored)
    above = [one for one in rows if score_of(one.risk, champion.full_score) >= threshold]
    found = sum(one.fraud for one in above)
    suspected = found + sum(one.genuine for one in above)
    frauds = sum(one.fraud for one in rows)
    return Effect(
        threshold,
        suspected,
        found,
        rate(found, suspected, MINIMUM_LABELS, "labelled transactions at or above it"),
        rate(found, frauds, MINIMUM_LABELS, "frauds"),
    )


def _later(scored: list[Scored], champion: Champion, week: str) -> Optional[Effect]:
    """Choose on the weeks before the last one, and measure on the last."""
    threshold = _threshold([one for one in scored if one.week < week], champion)
    last = [one for one in scored if one.week == week]
    return None if threshold is None or not last else _effect(last, champion, threshold)


def _changed(
    document: Mapping[str, Any], champion: Champion, threshold: int, sentence: str, week: date
) -> dict[str, Any]:
    ending = f"-proposal-{week}"
    policy = document["policies"][champion.name]
    review = policy["thresholds"]["review"]
    thresholds = {"review": review if review is not None and review < threshold else None, "fraud": threshold}
    return {
        **document,
        "version": _OF_A_PROPOSAL.sub("", document["version"])[: _LONGEST_VERSION - len(ending)] + ending,
        "note": f"PROPOSAL, not in force until somebody puts it: {sentence}"[:500],
        "policies": {**document["policies"], champion.name: {**policy, "thresholds": thresholds}},
    }


def _percent(share: Rate) -> str:
    return "an unknown share" if share.value is None else f"{share.value:.1%}"
