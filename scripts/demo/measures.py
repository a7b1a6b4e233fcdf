"""Times of a run: percentiles, and what is plotted. Computed from the answers and the committed rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scripts.demo import books
from scripts.demo.client import Sent
from scripts.demo.state import Snapshot

PERCENTILES = (50, 95, 99)


@dataclass(frozen=True)
class Measures:
    """The raw times of a run, seconds.

    Parameters
    ----------
    api_seconds
        From the last attempt at a transaction to its answer, of every sending that was answered.
    end_to_end_seconds
        From the API call to the committed decision, of every transaction that this run had decided.
    sent_at, decided_at
        When transactions were sent and decided, seconds after the first was sent.
    scores
        Of the decided transactions.
    attempts
        All attempts to send.
    """

    api_seconds: tuple[float, ...]
    end_to_end_seconds: tuple[float, ...]
    sent_at: tuple[float, ...]
    decided_at: tuple[float, ...]
    scores: tuple[float, ...]
    attempts: int

    @property
    def throughput_tps(self) -> float:
        """Decided transactions a second, from the first sending to the last decision."""
        span = max(self.decided_at, default=0.0)
        return len(self.decided_at) / span if span > 0 else 0.0


def measure(sent: Sequence[Sent], snapshot: Snapshot) -> Measures:
    """Take the times of a run from its sendings and the rows that they led to."""
    start = min((one.sent_at for one in sent), default=0.0)
    end_to_end, decided, scores = [], [], []
    for submission, row in books.outcomes_of(books.submissions(sent), snapshot.rows).accepted:
        if row is None or row.decided_at is None:
            continue
        scores.append(row.score or 0.0)
        # A transaction that an earlier run had decided was answered at once: it has no way to measure.
        if row.decided_at >= submission.first.sent_at:
            end_to_end.append(row.decided_at - submission.first.sent_at)
            decided.append(row.decided_at - start)
    return Measures(
        api_seconds=tuple(one.seconds for one in sent if one.status is not None),
        end_to_end_seconds=tuple(end_to_end),
        sent_at=tuple(one.sent_at - start for one in sent),
        decided_at=tuple(decided),
        scores=tuple(scores),
        attempts=sum(one.attempts for one in sent),
    )


def percentiles_ms(seconds: Sequence[float]) -> Mapping[str, float | None]:
    """Return p50, p95 and p99 in milliseconds by nearest rank; None without values."""
    ordered = sorted(seconds)
    if not ordered:
        return {f"p{rank}": None for rank in PERCENTILES}
    return {
        f"p{rank}": round(1000 * ordered[max(0, math.ceil(rank / 100 * len(ordered)) - 1)], 1) for rank in PERCENTILES
    }
