"""What is told of settled transactions, whoever settles them: one log line and the business metrics."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Optional

from pipeline.aws.observability import count, logger, milliseconds
from pipeline.domain.status import FLAGGED, Status
from pipeline.domain.times import from_text

if TYPE_CHECKING:
    from pipeline.domain.decision import Decision
    from pipeline.domain.settlement import Change


def report_settled(changes: Iterable[Change], now: datetime) -> None:
    """Write the log line and the metrics of each committed change.

    Parameters
    ----------
    changes
        What was committed.
    now
        When; a decision's latency is counted from the acceptance until then.
    """
    for change in changes:
        acceptance = change.queued.acceptance
        if change.decision is not None:
            count("Processed")
            count("FraudDetected", int(change.status in FLAGGED))
            milliseconds("DecisionLatency", (now - from_text(acceptance.received_at)).total_seconds() * 1000)
        elif change.status == Status.REJECTED:
            count("Rejected")
        elif change.status == Status.HELD:
            count("Held")
        logger.info(
            "transaction settled",
            transaction_id=change.queued.transaction_id,
            account_id=acceptance.transaction.account_id,
            correlation_id=acceptance.correlation_id,
            status=change.status.value,
            reason=change.reason,
            sequence=change.sequence,
            **_codes(change.decision),
        )


def _codes(decision: Optional[Decision]) -> dict[str, Any]:
    """Return what the log tells of a decision: codes and versions, no features."""
    if decision is None:
        return {}
    return {
        "score": decision.score,
        "policy": decision.policy,
        "decided_by": decision.decided_by,
        "document": decision.document_version,
    }
