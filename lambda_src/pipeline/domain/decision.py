"""A decision: what was decided, by which policy, on which features, for which reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional, Union

from pipeline.domain.status import Status

HIGH_VALUE_ROUTE = "high_value"
"""The route of transactions above the high-value threshold."""

Feature = Union[str, int, bool]
"""What a policy may look at. Decimals travel as text, so that a replay sees the same digits."""


@dataclass(frozen=True)
class Reason:
    """Why the score is what it is: a stable code, its points, and a sentence for people."""

    code: str
    points: int
    text: str


@dataclass(frozen=True)
class Decision:
    """The outcome of one policy for one transaction; replayable from `features` alone.

    Parameters
    ----------
    score
        Sum of the points of `reasons`.
    outcome
        APPROVED, REVIEW_REQUIRED or FRAUD_SUSPECTED.
    policy, policy_version
        Who decided.
    features
        All that the policy saw.
    reasons
        Ranked, the heaviest first.
    routes
        Where the decided transaction goes besides the archive, e.g. "high_value".
    model_version
        The model behind the score, if one was used.
    """

    score: int
    outcome: Status
    policy: str
    policy_version: str
    features: Mapping[str, Feature]
    reasons: tuple[Reason, ...]
    routes: tuple[str, ...] = ()
    model_version: Optional[str] = None
