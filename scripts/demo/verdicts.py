"""What each policy said of the decided transactions, whether it decided or only watched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Optional

from scripts.demo.state import FLAGGED, Row


@dataclass
class PolicyCount:
    """One policy's verdicts.

    Parameters
    ----------
    scored
        Transactions that it scored.
    decided
        Those among them that it decided.
    flagged
        Those that it flagged, or would have.
    frauds, frauds_flagged
        Labelled frauds that it scored, and those among them that it flagged; 0 without labels.
    genuine_flagged
        Transactions labelled genuine that it flagged.

    """

    scored: int = 0
    decided: int = 0
    flagged: int = 0
    frauds: int = 0
    frauds_flagged: int = 0
    genuine_flagged: int = 0

    def add(self, flagged: bool, decided: bool, fraud: Optional[bool]) -> None:
        """Count one transaction; `fraud` is its label, if it has one."""
        self.scored += 1
        self.decided += decided
        self.flagged += flagged
        if fraud is not None:
            self.frauds += fraud
            self.frauds_flagged += fraud and flagged
            self.genuine_flagged += flagged and not fraud


def count(decided: Iterable[tuple[Row, Optional[bool]]]) -> dict[str, PolicyCount]:
    """Count the verdicts of each policy, those that decided most first.

    Parameters
    ----------
    decided
        Rows with a decision, each with its label, if there is one.

    """
    counts: dict[str, PolicyCount] = defaultdict(PolicyCount)
    for row, fraud in decided:
        for policy, outcome in row.verdicts.items():
            counts[policy].add(outcome in FLAGGED, policy == row.policy, fraud)
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1].decided, entry[0])))
