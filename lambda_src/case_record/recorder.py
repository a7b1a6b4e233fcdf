"""What is kept of a case. Every step may run twice: the second time finds what the first one wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Callable, Optional

from pipeline.aws.cases import CaseFile, CaseStore
from pipeline.domain.case import (
    HOLD_REASON,
    Action,
    Closing,
    close_case,
    closed_event,
    flagged_transaction,
    hold_change,
    label_of,
    read_review,
)
from pipeline.domain.errors import PipelineError, VersionConflictError
from pipeline.domain.ids import is_id
from pipeline.domain.label import apply_label
from pipeline.domain.status import Status
from pipeline.domain.times import to_text

MAX_ATTEMPTS = 4
LONGEST_ERROR_CODE = 200


class CaseStateError(PipelineError):
    """A case is not the execution's own, not open, or has lost its transaction; the workflow records that."""


@dataclass(frozen=True)
class Step:
    """What a step of the workflow brings along to be recorded.

    Parameters
    ----------
    case_id, execution_arn
        The case, and the execution that works it.
    action, action_reasons
        What was decided to do, and why.
    assessments
        What that rests on.
    """

    case_id: str
    execution_arn: str
    action: Action
    action_reasons: tuple[str, ...]
    assessments: tuple[Mapping[str, Any], ...]

    @property
    def attributes(self) -> dict[str, Any]:
        """What the case's row keeps of it."""
        return {
            "action": self.action.value,
            "action_reasons": list(self.action_reasons),
            "assessments": list(self.assessments),
        }


class Recorder:
    """Opens, holds, closes and fails cases.

    Parameters
    ----------
    store
        The tables.
    now
        The clock.
    """

    def __init__(self, store: CaseStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    def open(
        self, execution_arn: str, document: Mapping[str, Any], started_at: Optional[datetime] = None
    ) -> dict[str, Any]:
        """Open the case of a flagged transaction, unless another execution has.

        Parameters
        ----------
        execution_arn, document
            The execution, and what it was started with.
        started_at
            When it started: what failed before that is opened again. None: now.

        Raises
        ------
        CaseInputError
            If `document` describes no flagged transaction.
        """
        transaction = flagged_transaction(document)
        summary = transaction.to_document()
        row = {
            **summary,
            "amount": transaction.amount,
            "decided_as": transaction.status.value,
            "status": "OPEN",
            "execution_arn": execution_arn,
            "opened_at": self._at(),
        }
        opened = self._store.open(row, to_text(started_at or self._now()))
        return {"outcome": "OPENED" if opened else "ALREADY_OPEN", "summary": summary}

    def hold(self, step: Step) -> dict[str, Any]:
        """Hold the transaction, unless somebody else has changed it since it was decided.

        Raises
        ------
        CaseStateError
            If the case is not this execution's.
        VersionConflictError
            If the rows kept changing under all attempts.
        """
        for _ in range(MAX_ATTEMPTS):
            transaction = self._own(step, self._store.load(step.case_id)).transaction
            status = Status(transaction["status"])
            change = hold_change(status)
            if change is None:
                return {"outcome": "HELD" if _is_held(transaction) else "NOT_HELD", "status": status.value}
            at = self._at()
            attributes = {**step.attributes, "held_at": at}
            try:
                self._store.commit(step.case_id, step.execution_arn, attributes, transaction, change, at)
            except VersionConflictError:
                continue
            return {"outcome": "HELD", "status": change.status.value}
        raise VersionConflictError("the case's transaction keeps changing")

    def close(self, step: Step, review_document: Mapping[str, Any]) -> dict[str, Any]:
        """Close the case with what came of the review, and change and label the transaction accordingly.

        Raises
        ------
        CaseStateError
            If the case is not this execution's, or has failed.
        VersionConflictError
            If the rows kept changing under all attempts.
        """
        review = read_review(review_document)
        for _ in range(MAX_ATTEMPTS):
            file = self._own(step, self._store.load(step.case_id))
            if file.case["status"] == "CLOSED":  # by an earlier attempt of ours whose answer got lost
                return _closed(file.case)
            transaction = file.transaction
            closing = close_case(review, Status(transaction["status"]), _is_held(transaction))
            attributes = self._closing_attributes(step, closing, transaction)
            attributes["verdict"] = review.verdict.value
            attributes["analyst"] = review.analyst
            try:
                self._store.commit(
                    step.case_id,
                    step.execution_arn,
                    attributes,
                    transaction,
                    closing.change,
                    attributes["closed_at"],
                    _label_attributes(closing, transaction, attributes["closed_at"]),
                )
            except VersionConflictError:
                continue
            return _closed({**file.case, **attributes})
        raise VersionConflictError("the case's transaction keeps changing")

    def fail(
        self, execution_arn: str, document: Any, error_code: str, failed_at: Optional[datetime] = None
    ) -> dict[str, Any]:
        """Record that the execution failed; a case that was closed before stays closed.

        Parameters
        ----------
        execution_arn, document
            The execution, and what it was started with.
        error_code
            What it ended in.
        failed_at
            When, by the clock that tells when executions start. None: now.
        """
        case_id = document.get("transaction_id") if isinstance(document, Mapping) else None
        if case_id is None or not is_id(case_id):
            return {"recorded": False, "transaction_id": None}
        case = self._store.load(case_id).case or {}
        status = "CLOSED" if case.get("status") == "CLOSED" else "FAILED"
        failure = {"error_code": error_code[:LONGEST_ERROR_CODE], "at": to_text(failed_at or self._now())}
        recorded = self._store.note_failure(case_id, execution_arn, status, failure)
        return {"recorded": recorded, "transaction_id": case_id}

    def _own(self, step: Step, file: CaseFile) -> _OwnFile:
        case, transaction = file.case, file.transaction
        if case is None or case["execution_arn"] != step.execution_arn:
            raise CaseStateError("the case belongs to another execution")
        if case["status"] not in ("OPEN", "CLOSED"):
            raise CaseStateError(f"the case is {case['status']}")
        if transaction is None:
            raise CaseStateError("the case's transaction is gone")
        return _OwnFile(case, transaction)

    def _closing_attributes(self, step: Step, closing: Closing, transaction: Mapping[str, Any]) -> dict[str, Any]:
        status = closing.change.status.value if closing.change else transaction["status"]
        return {
            **step.attributes,
            "status": "CLOSED",
            "closed_at": self._at(),
            "outcome": closing.outcome.value,
            "unanswered": closing.unanswered,
            "transaction_status": status,
            "previous_transaction_status": transaction["status"],
        }

    def _at(self) -> str:
        return to_text(self._now())


@dataclass(frozen=True)
class _OwnFile:
    case: dict[str, Any]
    transaction: dict[str, Any]


def _label_attributes(closing: Closing, transaction: Mapping[str, Any], at: str) -> Optional[dict[str, Any]]:
    """Return what an analyst's verdict adds to the transaction's labels; None: nothing, or nothing new."""
    label = label_of(closing, at)
    if label is None or closing.change is None:
        return None
    return apply_label(transaction, label, closing.change.actor, at).attributes


def _is_held(transaction: Mapping[str, Any]) -> bool:
    """Tell whether a case holds the transaction; HELD alone may also mean a quarantined account."""
    last: Optional[Mapping[str, Any]] = transaction["history"][-1] if transaction.get("history") else None
    return transaction["status"] == Status.HELD and last is not None and last["reason"] == HOLD_REASON


def _closed(case: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "outcome": case["outcome"],
        "status": case["transaction_status"],
        "unanswered": case["unanswered"],
        "event": closed_event(case),
    }
