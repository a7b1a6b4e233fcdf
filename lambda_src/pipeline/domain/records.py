"""The rows of the transactions table, as plain values (see docs/architecture.md for the attributes)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Optional

from pipeline.domain.evidence import stored_decision
from pipeline.domain.queued import Acceptance
from pipeline.domain.status import Status
from pipeline.domain.times import from_text, to_text
from pipeline.domain.transaction import Location, Transaction

if TYPE_CHECKING:
    from pipeline.domain.decision import Decision, Feature, PolicyResult, Reason
    from pipeline.domain.refusal import Refusal
    from pipeline.domain.settlement import Change

RECEIVED_SHARDS = 32
"""Keys over which the rows that wait are spread in the index of the sweeper, so that none runs hot.

A key takes 1,000 writes a second, a transaction two of them: 16,000 transactions a second in all, which is more than an
account's API Gateway lets through. It may be raised, but never lowered while rows wait: the sweeper reads these keys
and no others. It is at most 256, since one byte of a hash chooses.
"""

UNREADABLE_ROW = (ArithmeticError, AttributeError, KeyError, TypeError, ValueError)
"""What reading a row may end in that does not hold what we write."""

MESSAGE_PREFIX = "message#"
"""Begins the key of a rejected or failed message that owns no transaction id."""


REFUSED_PREFIX = "refused#"
"""Begins the key of what leads from the id that a refused message names to the message's row."""


def history_entry(status: Status, at: str, actor: str, reason: str) -> dict[str, str]:
    """Return one line of a transaction's history."""
    return {"status": status.value, "at": at, "actor": actor, "reason": reason}


def transaction_attributes(acceptance: Acceptance) -> dict[str, Any]:
    """Return the part of a row that never changes."""
    transaction = acceptance.transaction
    location = transaction.location
    return {
        "account_id": transaction.account_id,
        "merchant_id": transaction.merchant_id,
        "amount": transaction.amount,
        "currency": transaction.currency,
        "occurred_at": transaction.occurred_at,
        "category": transaction.category,
        "channel": transaction.channel,
        "location": location and {"latitude": location.latitude, "longitude": location.longitude},
        "merchant_name": transaction.merchant_name,
        "transaction_type": transaction.transaction_type,
        "received_at": acceptance.received_at,
        "correlation_id": acceptance.correlation_id,
        "fingerprint": transaction.fingerprint,
    }


def acceptance_of(row: Mapping[str, Any]) -> Acceptance:
    """Return the acceptance that a row was made of; the opposite of `transaction_attributes`.

    Raises
    ------
    UNREADABLE_ROW
        If the row does not hold what was accepted: a part is missing, of another type, or changed.
    """
    location = row.get("location")
    transaction = Transaction(
        transaction_id=row["transaction_id"],
        account_id=row.get("account_id"),
        merchant_id=row["merchant_id"],
        amount=row["amount"],
        currency=row["currency"],
        occurred_at=row.get("occurred_at"),
        category=row.get("category"),
        channel=row.get("channel"),
        location=location and Location(location["latitude"], location["longitude"]),
        merchant_name=row.get("merchant_name"),
        transaction_type=row.get("transaction_type"),
    )
    if row["fingerprint"] != transaction.fingerprint:
        raise ValueError("the row is not what was accepted: its fingerprint is another")
    return Acceptance(transaction, row["received_at"], row["correlation_id"])


def received_row(acceptance: Acceptance, sweep_after: Optional[timedelta] = None) -> dict[str, Any]:
    """Return the row of a transaction that was just accepted.

    Parameters
    ----------
    acceptance
        The transaction and its acceptance.
    sweep_after
        How long it may wait before the sweeper looks after it; None: there is no sweeper.
    """
    at = acceptance.received_at
    row = {
        "transaction_id": acceptance.transaction.transaction_id,
        **transaction_attributes(acceptance),
        "status": Status.RECEIVED.value,
        "revision": 1,
        "history": [history_entry(Status.RECEIVED, at, "ingest", "ACCEPTED")],
    }
    if sweep_after is not None:
        row["received_shard"] = received_shard(acceptance.transaction.transaction_id)
        row["sweep_after"] = to_text(from_text(at) + sweep_after)
    return row


def received_shard(transaction_id: str) -> str:
    """Return the index key under which a waiting transaction is found."""
    return str(hashlib.sha256(transaction_id.encode()).digest()[0] % RECEIVED_SHARDS)


def change_attributes(change: Change, at: str) -> dict[str, Any]:
    """Return what a settled transaction's row gets, besides its status and history."""
    refusal, decision = change.refusal, change.decision
    return {
        **transaction_attributes(change.queued.acceptance),
        "queue_sequence": change.queued.queue_sequence or None,
        "sequence": change.sequence,
        "decided_at": at if decision else None,
        **(stored_decision(decision_attributes(decision)) if decision else {"decision": None, "evidence": None}),
        "held_behind": change.held_behind,
        "hold_sequence": change.hold_sequence,
        "rejection": refusal and rejection_attributes(refusal),
    }


def rejection_attributes(refusal: Refusal) -> dict[str, str]:
    """Return a refusal as the row keeps it."""
    return {"code": refusal.code, "field": refusal.field, "text": refusal.text}


def decision_attributes(decision: Decision) -> dict[str, Any]:
    """Return a decision with all that belongs to its record."""
    return {
        "score": decision.score,
        "outcome": decision.outcome.value,
        "policy": decision.policy,
        "policy_version": decision.policy_version,
        "features": dict(decision.features),
        "reasons": [_reason_attributes(reason) for reason in decision.reasons],
        "routes": list(decision.routes),
        "document_version": decision.document_version,
        "decided_by": decision.decided_by,
        "shadows": [_result_attributes(result) for result in decision.shadows],
        **_version_of_the_model(decision.model_version),
    }


def stored_features(decision: Mapping[str, Any]) -> dict[str, Feature]:
    """Return the features of a decision as the policies saw them: whole numbers are int.

    Parameters
    ----------
    decision
        What `decision_attributes` or `whole_decision` returned, or the same read from a file: its numbers may be
        Decimal.

    Raises
    ------
    ValueError
        If a feature is none that a policy can have seen.
    """
    return {str(name): _feature(name, value) for name, value in decision["features"].items()}


def _feature(name: str, value: Any) -> Feature:
    if isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    raise ValueError(f"the stored feature {name} is no whole number")


def _result_attributes(result: PolicyResult) -> dict[str, Any]:
    return {
        "policy": result.policy,
        "kind": result.kind,
        "version": result.version,
        "score": result.score,
        "outcome": result.outcome.value,
        "reasons": [_reason_attributes(reason) for reason in result.reasons],
        **_version_of_the_model(result.model_version),
    }


def _reason_attributes(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "points": reason.points, "text": reason.text}


def _version_of_the_model(version: Optional[str]) -> dict[str, str]:
    return {"model_version": version} if version else {}


def rejected_message_row(
    message_id: str,
    body: str,
    refusal: Refusal,
    at: datetime,
    claimed_id: Optional[str] = None,
    actor: str = "process",
) -> dict[str, Any]:
    """Return the row of a message that is refused and owns no transaction id.

    The body itself is not kept, only its digest: what it holds was never checked.
    """
    when = to_text(at)
    return {
        "transaction_id": MESSAGE_PREFIX + message_id,
        "claimed_transaction_id": claimed_id,
        "status": Status.REJECTED.value,
        "revision": 1,
        "received_at": when,
        "rejection": rejection_attributes(refusal),
        "body_sha256": hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest(),
        "history": [history_entry(Status.REJECTED, when, actor, refusal.code)],
    }
