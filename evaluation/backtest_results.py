"""What a backtest found, as data: `build/backtest/report.json` is this, and the page is drawn from this alone.

Every figure is a plain number; None stands for "not defined here" and is shown as a dash. Nothing depends on the
machine or the time of day: the same file, the same policies and the same seed write the same bytes.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Optional

from evaluation.proposal import Proposal
from evaluation.results import Curves, Interval, plain

FORMAT = 1
BETTER, WORSE, NO_DIFFERENCE, NOT_ENOUGH_LABELS = "better", "worse", "no difference shown", "not enough labels"


@dataclass(frozen=True)
class Input:
    """What was read.

    Parameters
    ----------
    file, source
        Its name, and how it was read.
    fingerprint
        SHA-256 over the transactions and labels in event order.
    transactions, repeats, skipped, skipped_by_field, problems
        What the file held: transactions used, lines that repeat one, and lines left out with the first reasons.
    warm_up
        How many transactions only moved the states on, before the comparison begins.
    fraud, genuine, unknown, accounts, accounts_with_fraud
        What was compared on.
    first_day, last_day
        Event dates of what was compared, ISO 8601.
    """

    file: str
    source: str
    fingerprint: str
    transactions: int
    repeats: int
    skipped: int
    skipped_by_field: dict[str, int]
    problems: list[str]
    warm_up: int
    fraud: int
    genuine: int
    unknown: int
    accounts: int
    accounts_with_fraud: int
    first_day: str
    last_day: str


@dataclass(frozen=True)
class ReasonCount:
    """How often a reason was given: at all, with an alert, and with an alert on a fraud."""

    code: str
    text: str
    given: int
    alerts: int
    frauds: int


@dataclass(frozen=True)
class Side:
    """One of the two policies, and how it did.

    Parameters
    ----------
    name
        What the report calls it.
    figures
        By name; see `evaluation.intervals` and docs/decision-engine.md.
    reasons
        The most frequent with alerts first.
    """

    name: str
    policy: str
    kind: str
    version: str
    model_version: Optional[str]
    document: str
    document_version: str
    review: Optional[int]
    fraud: int
    figures: dict[str, Interval]
    reasons: list[ReasonCount]


@dataclass(frozen=True)
class Agreement:
    """Transactions by whether each policy alerted."""

    champion: bool
    challenger: bool
    fraud: int
    genuine: int
    unknown: int


@dataclass(frozen=True)
class Amounts:
    """Fraud in one currency: how much there was, and how much of it each policy alerted on (decimal texts)."""

    currency: str
    frauds: int
    fraud: str
    champion: str
    challenger: str


@dataclass(frozen=True)
class Verdict:
    """What the comparison shows, in a word and in a sentence."""

    result: str
    sentence: str


@dataclass(frozen=True)
class Backtest:
    """All of it. `notes` are sentences that the reader must see beside the tables."""

    verdict: Verdict
    notes: list[str]
    input: Input
    champion: Side
    challenger: Side
    differences: dict[str, Interval]
    agreement: list[Agreement]
    amounts: list[Amounts]
    proposal: Proposal
    curves: list[Curves]
    resampling: dict[str, float]
    format: int = FORMAT

    def to_json(self) -> str:
        """Return the text of report.json: sorted keys, figures to six places."""
        return json.dumps(plain(asdict(self)), indent=1, sort_keys=True) + "\n"
