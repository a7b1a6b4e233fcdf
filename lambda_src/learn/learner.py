"""Learn from a batch of the stream: merchant by merchant, each with one write, and labels exactly once.

A decided transaction is counted if the merchant's memory of its last 64 does not know it. A label is
counted by comparing what the transaction's row says now with what the row says is counted; the merchant and
that mark are written in one transaction. So it does not matter how often the stream delivers a change, in
which order, or where an earlier attempt ended.

The counters of drift are a statistic: a batch that ends in a crash may be missing in them, or be in them twice,
and they never hold up the rest.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from math import inf
from typing import Any, Callable, Optional, Union

from botocore.exceptions import BotoCoreError, ClientError

from learn.records import Record, passed_over
from pipeline.aws.backoff import full_jitter
from pipeline.aws.drift import DriftTable, window_of
from pipeline.aws.merchant_risk import Mark, MerchantRiskStore, StoredRisk
from pipeline.aws.observability import count, logger
from pipeline.domain.errors import VersionConflictError
from pipeline.domain.evidence import whole_decision
from pipeline.domain.label import is_fraud
from pipeline.domain.merchant_risk import KEYS, MerchantRisk, MerchantStateError, counts_against_merchant
from pipeline.domain.records import stored_features
from pipeline.domain.times import from_text
from pipeline.scoring.drift import counters_of
from pipeline.scoring.model import Model

CONFLICT_ATTEMPTS = 6

RECORDS_AT_ONCE = KEYS
"""Records of a merchant that are written together: what it remembers, and fewer than a transaction can mark."""

UNREADABLE = (ArithmeticError, AttributeError, KeyError, TypeError, ValueError)
"""What reading a row may end in that is not as we write rows."""

Rows = Mapping[str, Mapping[str, Any]]
Stored = Union[StoredRisk, MerchantStateError]


class Learner:
    """Learns from batches.

    Parameters
    ----------
    risks, drift
        Where it reads and writes.
    models
        The packaged models by their version: drift is measured against their references.
    sleep
        Waits the given seconds before a conflict is tried again.
    """

    def __init__(
        self,
        risks: MerchantRiskStore,
        drift: DriftTable,
        models: Mapping[str, Model],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._risks = risks
        self._drift = drift
        self._models = models
        self._sleep = sleep

    def learn(self, records: Sequence[Record]) -> Optional[Record]:
        """Learn from `records`; return the first that has to be delivered again, with all that follows it."""
        if not records:
            return None
        stored = self._risks.load(record.merchant_id for record in records)
        rows = self._risks.load_rows(record.transaction_id for record in records if record.labelled)
        failed: list[Record] = []
        for merchant_id, own in _by_merchant(records).items():
            for start in range(0, len(own), RECORDS_AT_ONCE):
                part = own[start : start + RECORDS_AT_ONCE]
                if not self._learn_merchant(merchant_id, part, stored[merchant_id] if not start else None, rows):
                    failed += part
        first = min(failed, key=lambda record: record.place, default=None)
        self._count_drift(records, inf if first is None else first.place)
        return first

    def _learn_merchant(
        self, merchant_id: str, records: Sequence[Record], stored: Optional[Stored], rows: Rows
    ) -> bool:
        """Bring one merchant up to date; tell whether that worked."""
        try:
            self._settle_with_retries(merchant_id, records, stored, rows)
        except Exception:  # noqa: BLE001
            # AWS's trouble or a bug of ours: the other merchants of the batch must not wait for this one.
            logger.exception("merchant could not be brought up to date", merchant_id=merchant_id)
            count("LearnFailed")
            return False
        return True

    def _settle_with_retries(
        self, merchant_id: str, records: Sequence[Record], stored: Optional[Stored], rows: Rows
    ) -> None:
        labelled = [record.transaction_id for record in records if record.labelled]
        for attempt in range(1, CONFLICT_ATTEMPTS + 1):
            if stored is None:
                stored = self._risks.load([merchant_id])[merchant_id]
                rows = self._risks.load_rows(labelled)
            if isinstance(stored, MerchantStateError):
                # Nothing is overwritten: it may be of a newer version than this one.
                count("MerchantRiskUnreadable")
                logger.error("the merchant's risk is unreadable", merchant_id=merchant_id, cause=str(stored))
                return
            try:
                self._settle(merchant_id, records, stored, rows)
                return
            except VersionConflictError:
                stored = None
                self._sleep(full_jitter(attempt, base_seconds=0.05, cap_seconds=1.0))
        raise VersionConflictError(f"the merchant kept changing over {CONFLICT_ATTEMPTS} attempts")

    def _settle(self, merchant_id: str, records: Sequence[Record], stored: StoredRisk, rows: Rows) -> None:
        risk = stored.risk
        for record in records:
            if record.decided:
                risk = _with_decided(risk, record)
        counted = risk is not stored.risk
        risk, marks = _with_labels(risk, [record for record in records if record.labelled], rows)
        if counted or marks:
            self._risks.save(merchant_id, stored, risk, marks)
        count("LabelsCounted", len(marks))

    def _count_drift(self, records: Sequence[Record], end: float) -> None:
        """Count the decisions before `end`: what follows is delivered again, and counted then."""
        windows: dict[str, Counter[str]] = defaultdict(Counter)
        for record in records:
            if record.decided and record.place < end:
                try:
                    window = window_of(from_text(record.row["decided_at"]))
                    windows[window].update(counters_of(whole_decision(record.row), self._models))
                except UNREADABLE as error:
                    passed_over(record.sequence_number, error)
        for window, counters in windows.items():
            try:
                self._drift.add(window, counters)
            except (BotoCoreError, ClientError):
                logger.exception("decisions are missing in the counters of drift", window=window)
                count("DriftNotCounted", counters["decided"])


def _by_merchant(records: Sequence[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        found[record.merchant_id].append(record)
    return found


def _with_decided(risk: MerchantRisk, record: Record) -> MerchantRisk:
    """Return the risk after a decision; the same object if it is known, or says nothing of the merchant."""
    try:
        if not counts_against_merchant(stored_features(whole_decision(record.row))):
            return risk
        return risk.counted(record.row["occurred_at"], record.transaction_id)
    except UNREADABLE as error:
        passed_over(record.sequence_number, error)
        return risk


def _with_labels(risk: MerchantRisk, records: Sequence[Record], rows: Rows) -> tuple[MerchantRisk, list[Mark]]:
    """Return the risk after the labels that stand in `rows` now, and the marks of those that were not counted."""
    marks: dict[str, Mark] = {}
    for record in records:
        row = rows.get(record.transaction_id)
        if row is None or record.transaction_id in marks:  # deleted meanwhile, or changed twice in one batch
            continue
        try:
            mark = _mark_of(row)
            if mark.before != mark.after:
                risk = risk.labelled(row["occurred_at"], mark.after - mark.before)
                marks[mark.transaction_id] = mark
        except UNREADABLE as error:
            passed_over(record.sequence_number, error)
    return risk, list(marks.values())


def _mark_of(row: Mapping[str, Any]) -> Mark:
    against = is_fraud(row) and counts_against_merchant(stored_features(whole_decision(row)))
    return Mark(row["transaction_id"], int(row["label_revision"]), int(row.get("label_counted", 0)), int(against))
