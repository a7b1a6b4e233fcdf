"""A decision: what was decided, by which policy, on which features, for which reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Optional, Union

from pipeline.domain.status import Status

HIGH_VALUE_ROUTE = "high_value"
"""The route of transactions above the high-value threshold."""

MOST_REASONS = 4
"""How many reasons a result keeps: what a person reads before acting."""

CHAMPION = "champion"
CHALLENGER = "challenger"
FALLBACK = "fallback"
ALLOW_LIST = "allow_list"
DENY_LIST = "deny_list"
"""Who decided; see `Decision.decided_by`."""

Feature = Union[str, int, bool]
"""What a policy may look at. Decimals travel as text, so that a replay sees the same digits."""


@dataclass(frozen=True)
class Reason:
    """Why the score is what it is.

    Parameters
    ----------
    code
        Stable, upper case: for programs and statistics.
    points
        Its part of the score, in the unit of the policy's own score.
    text
        One sentence for people.
    """

    code: str
    points: int
    text: str


@dataclass(frozen=True)
class PolicyResult:
    """What one policy says of one transaction, whether it decides or only shadows.

    Parameters
    ----------
    policy, kind, version
        The policy's name in the policy document, its kind (points, weights, model, combination)
        and its version.
    score
        In the unit of the kind: points; tenths; millionths of a probability; the combination's
        sum of its parts' scores times their factors.
    outcome
        APPROVED, REVIEW_REQUIRED or FRAUD_SUSPECTED.
    reasons
        At most four, the heaviest first.
    model_version
        The model behind the score, if one was used.
    """

    policy: str
    kind: str
    version: str
    score: int
    outcome: Status
    reasons: tuple[Reason, ...]
    model_version: Optional[str] = None


@dataclass(frozen=True)
class Decision:
    """What was decided for one transaction; replayable from `features` and the policy document alone.

    Parameters
    ----------
    score, reasons, model_version
        Those of the policy that decided; a list that overruled it is the first reason.
    full_score
        The score of that policy's kind at which the risk is 1: 10 tenths, a million millionths, or the highest
        that the policy can reach.
    outcome
        APPROVED, REVIEW_REQUIRED or FRAUD_SUSPECTED: the policy's, or a list's.
    policy, policy_version
        Who decided.
    features
        All that the policies saw.
    routes
        Where the decided transaction goes besides the archive, e.g. "high_value".
    document_version
        The version of the policy document in force.
    decided_by
        Why this policy decided: it is the "champion"; it is the "challenger" and the account is in
        its share; it is the "fallback" of the kill switch. Or "allow_list" or "deny_list": then the
        list gave the outcome, whatever the policy's score.
    shadows
        What the other policies say; it changes nothing.
    """

    score: int
    full_score: int
    outcome: Status
    policy: str
    policy_version: str
    features: Mapping[str, Feature]
    reasons: tuple[Reason, ...]
    routes: tuple[str, ...] = ()
    model_version: Optional[str] = None
    document_version: str = ""
    decided_by: str = CHAMPION
    shadows: tuple[PolicyResult, ...] = ()

    @property
    def risk(self) -> Decimal:
        """The score on one scale for all policies: from 0 to 1, in millionths that never round up."""
        millionths = min(self.score, self.full_score) * 1_000_000 // self.full_score
        return Decimal(f"{millionths // 1_000_000}.{millionths % 1_000_000:06}".rstrip("0").rstrip("."))
