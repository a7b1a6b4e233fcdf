"""A case: what is looked at, what is done about a flagged transaction, and how it ends.

Who decides what, in three tables. Risks are low, medium and high; a subject's risk is its heaviest reason.

| subject  | high                                            | medium                                   |
|----------|-------------------------------------------------|------------------------------------------|
| account  | REPEATED_FRAUD_SIGNS (2 or more of the recent), | EARLIER_FRAUD_SIGN (1), NEW_ACCOUNT,     |
|          | AMOUNT_FAR_ABOVE_USUAL (5 x the median)         | AMOUNT_ABOVE_USUAL (3 x), BURST,         |
|          |                                                 | ACCOUNT_BLOCKED                          |
| merchant | MERCHANT_UNKNOWN, MERCHANT_INACTIVE,            | NEAR_MERCHANT_LIMIT (over 80 %),         |
|          | OVER_MERCHANT_LIMIT                             | MERCHANT_NEW_TO_ACCOUNT                  |
| either   | NOT_ASSESSED: its assessment failed             |                                          |

| decided as      | any high risk | high-value route | otherwise   |
|-----------------|---------------|------------------|-------------|
| FRAUD_SUSPECTED | hold          | ask_analyst      | ask_analyst |
| REVIEW_REQUIRED | ask_analyst   | ask_analyst      | alert       |

| the analyst says    | held transaction | one that was not held | outcome         |
|---------------------|------------------|-----------------------|-----------------|
| fraud               | DECLINED         | DECLINED              | FRAUD_CONFIRMED |
| genuine             | APPROVED         | APPROVED              | GENUINE         |
| nothing in time     | DECLINED         | unchanged             | NO_ANSWER       |
| something else      | DECLINED         | unchanged             | INVALID_VERDICT |
| (was not asked)     | -                | unchanged             | ALERT_ONLY      |

If somebody else has changed the transaction meanwhile, it stays as it is and the outcome is SUPERSEDED.
A verdict also labels the transaction. The score is carried along and never compared: its scale is the policy's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from statistics import median
from typing import Any, Optional

from pipeline.domain.decision import HIGH_VALUE_ROUTE
from pipeline.domain.errors import PipelineError
from pipeline.domain.ids import is_id
from pipeline.domain.label import Label, LabelSource, LabelValue
from pipeline.domain.merchant import Merchant
from pipeline.domain.money import json_amount
from pipeline.domain.status import FLAGGED, Status
from pipeline.domain.times import from_text

REPEATED_SIGNS = 2
FAR_ABOVE_USUAL = 5
ABOVE_USUAL = 3
USUAL_NEEDS = 3
"""Earlier amounts in the same currency that a usual amount is taken from; below it the account is new."""
BURST_COUNT = 5
BURST_WINDOW = timedelta(minutes=10)
NEAR_LIMIT = Decimal("0.8")

WORKFLOW_ACTOR = "case-workflow"


class CaseInputError(PipelineError):
    """What started the workflow, or came back to it, does not describe a flagged transaction."""


class Risk(str, Enum):
    """How heavy an assessment is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Action(str, Enum):
    """What is done about a flagged transaction."""

    HOLD = "hold"
    ASK_ANALYST = "ask_analyst"
    ALERT = "alert"


class Verdict(str, Enum):
    """What came of asking: an answer, none in time, one that is no verdict, or nobody was asked."""

    FRAUD = "fraud"
    GENUINE = "genuine"
    NONE = "none"
    INVALID = "invalid"
    NOT_ASKED = "not_asked"


class Outcome(str, Enum):
    """How a case ended."""

    FRAUD_CONFIRMED = "FRAUD_CONFIRMED"
    GENUINE = "GENUINE"
    NO_ANSWER = "NO_ANSWER"
    INVALID_VERDICT = "INVALID_VERDICT"
    ALERT_ONLY = "ALERT_ONLY"
    SUPERSEDED = "SUPERSEDED"


UNANSWERED = frozenset({Verdict.NONE, Verdict.INVALID})
"""The verdicts that people have to hear of: a question of theirs is still open."""


@dataclass(frozen=True)
class FlaggedTransaction:
    """What a case needs to know of its transaction: ids, amounts and codes, nothing about people.

    Parameters
    ----------
    amount
        In major units of `currency`.
    received_at
        Processing time, UTC, RFC 3339.
    status
        As decided: REVIEW_REQUIRED or FRAUD_SUSPECTED.
    score, policy
        The score, and the policy whose scale it is on.
    reasons, routes
        Codes, as the decision gave them.
    """

    transaction_id: str
    account_id: str
    merchant_id: str
    amount: Decimal
    currency: str
    received_at: str
    status: Status
    score: int
    reasons: tuple[str, ...]
    routes: tuple[str, ...]
    correlation_id: str
    policy: str = ""

    @property
    def case_id(self) -> str:
        """One case a transaction: the case has the transaction's id."""
        return self.transaction_id

    def to_document(self) -> dict[str, Any]:
        """Return the summary that travels through the workflow, its alerts and its questions."""
        return {
            "case_id": self.case_id,
            "transaction_id": self.transaction_id,
            "account_id": self.account_id,
            "merchant_id": self.merchant_id,
            "amount": json_amount(self.amount),
            "currency": self.currency,
            "received_at": self.received_at,
            "status": self.status.value,
            "score": self.score,
            "policy": self.policy,
            "reasons": list(self.reasons),
            "routes": list(self.routes),
            "correlation_id": self.correlation_id,
        }


def flagged_transaction(document: Mapping[str, Any]) -> FlaggedTransaction:
    """Read a TransactionDecided event's detail, or what `FlaggedTransaction.to_document` wrote.

    Raises
    ------
    CaseInputError
        If a part is missing or malformed, or the transaction is not a flagged one.
    """
    try:
        status = Status(document["status"])
        if status not in FLAGGED:
            raise CaseInputError(f"a transaction that is {status.value} needs no case")
        return FlaggedTransaction(
            transaction_id=_id(document["transaction_id"]),
            account_id=_id(document["account_id"]),
            merchant_id=_id(document["merchant_id"]),
            amount=_decimal(document["amount"]),
            currency=str(document["currency"]),
            received_at=_instant(document["received_at"]),
            status=status,
            score=int(document["score"]),
            reasons=_codes(document["reasons"]),
            routes=_codes(document["routes"]),
            correlation_id=str(document["correlation_id"]),
            policy=str(document.get("policy", "")),  # a case that was under way when this version came has none
        )
    except KeyError as error:
        raise CaseInputError(f"{error.args[0]} is missing") from error
    except (ArithmeticError, TypeError, ValueError) as error:
        raise CaseInputError(f"malformed: {type(error).__name__}") from error


@dataclass(frozen=True)
class RecentTransaction:
    """One of the account's last transactions; `outcome` is what the policy had decided, if it had."""

    transaction_id: str
    merchant_id: str
    amount: Decimal
    currency: str
    received_at: str
    status: Status
    outcome: Optional[Status] = None

    @property
    def is_fraud_sign(self) -> bool:
        """Tell whether it speaks for fraud: declined, or suspected and never cleared."""
        suspected = self.outcome is Status.FRAUD_SUSPECTED and self.status is not Status.APPROVED
        return self.status is Status.DECLINED or suspected

    def to_document(self) -> dict[str, Any]:
        """Return the transaction as JSON-ready data; the amount as text."""
        return {
            "transaction_id": self.transaction_id,
            "merchant_id": self.merchant_id,
            "amount": str(self.amount),
            "currency": self.currency,
            "received_at": self.received_at,
            "status": self.status.value,
            "outcome": self.outcome.value if self.outcome else None,
        }


@dataclass(frozen=True)
class CaseContext:
    """What surrounds a flagged transaction: read once, seen by every assessment alike.

    Parameters
    ----------
    blocked_by
        The transaction that the account is quarantined for, if it is.
    recent
        The account's last transactions, in any order.
    merchant
        The merchant as configured now; None: it is not.
    """

    blocked_by: Optional[str]
    recent: tuple[RecentTransaction, ...]
    merchant: Optional[Merchant]

    def to_document(self) -> dict[str, Any]:
        """Return the context as JSON-ready data."""
        merchant = self.merchant
        limit = merchant.max_transaction_amount if merchant else None
        return {
            "account": {"blocked_by": self.blocked_by},
            "recent": [one.to_document() for one in self.recent],
            "merchant": merchant
            and {
                "merchant_id": merchant.merchant_id,
                "active": merchant.active,
                "max_transaction_amount": None if limit is None else str(limit),
            },
        }


def case_context(document: Mapping[str, Any]) -> CaseContext:
    """Read back what `CaseContext.to_document` wrote; the merchant's name stays behind.

    Raises
    ------
    CaseInputError
        If it is no context.
    """
    try:
        return CaseContext(
            blocked_by=document["account"]["blocked_by"],
            recent=tuple(_recent(one) for one in document["recent"]),
            merchant=_merchant(document["merchant"]),
        )
    except (ArithmeticError, KeyError, TypeError, ValueError) as error:
        raise CaseInputError("not a context") from error


@dataclass(frozen=True)
class Assessment:
    """How one subject of a case looks: its risk and the codes of what speaks for it, the heaviest first."""

    subject: str
    risk: Risk
    reasons: tuple[str, ...]

    def to_document(self) -> dict[str, Any]:
        """Return the assessment as JSON-ready data."""
        return {"subject": self.subject, "risk": self.risk.value, "reasons": list(self.reasons)}


def assessment(document: Mapping[str, Any]) -> Assessment:
    """Read back what `Assessment.to_document` wrote.

    Raises
    ------
    CaseInputError
        If it is no assessment.
    """
    try:
        return Assessment(str(document["subject"]), Risk(document["risk"]), _codes(document["reasons"]))
    except (KeyError, TypeError, ValueError) as error:
        raise CaseInputError("not an assessment") from error


def assess_account(transaction: FlaggedTransaction, context: CaseContext) -> Assessment:
    """Assess the account that pays from its own past; what came later does not count."""
    earlier = _earlier(transaction, context.recent)
    signs = sum(one.is_fraud_sign for one in earlier)
    amounts = [one.amount for one in earlier if one.currency == transaction.currency and not one.is_fraud_sign]
    usual = median(amounts) if len(amounts) >= USUAL_NEEDS else None
    burst_began = from_text(transaction.received_at) - BURST_WINDOW
    burst = sum(from_text(one.received_at) >= burst_began for one in earlier)
    return _assessment(
        "account",
        high={
            "REPEATED_FRAUD_SIGNS": signs >= REPEATED_SIGNS,
            "AMOUNT_FAR_ABOVE_USUAL": usual is not None and transaction.amount >= FAR_ABOVE_USUAL * usual,
        },
        medium={
            "EARLIER_FRAUD_SIGN": 0 < signs < REPEATED_SIGNS,
            "AMOUNT_ABOVE_USUAL": usual is not None
            and ABOVE_USUAL * usual <= transaction.amount < FAR_ABOVE_USUAL * usual,
            "NEW_ACCOUNT": len(earlier) < USUAL_NEEDS,
            "BURST": burst >= BURST_COUNT,
            "ACCOUNT_BLOCKED": context.blocked_by is not None,
        },
    )


def assess_merchant(transaction: FlaggedTransaction, context: CaseContext) -> Assessment:
    """Assess the merchant that is paid: as configured now, and as known to the account."""
    merchant = context.merchant
    limit = merchant.max_transaction_amount if merchant else None
    known = any(one.merchant_id == transaction.merchant_id for one in _earlier(transaction, context.recent))
    return _assessment(
        "merchant",
        high={
            "MERCHANT_UNKNOWN": merchant is None,
            "MERCHANT_INACTIVE": merchant is not None and not merchant.active,
            "OVER_MERCHANT_LIMIT": limit is not None and transaction.amount > limit,
        },
        medium={
            "NEAR_MERCHANT_LIMIT": limit is not None and NEAR_LIMIT * limit < transaction.amount <= limit,
            "MERCHANT_NEW_TO_ACCOUNT": not known,
        },
    )


@dataclass(frozen=True)
class ActionDecision:
    """What is done about a flagged transaction, and the code of the rule that said so."""

    action: Action
    reasons: tuple[str, ...]

    def to_document(self) -> dict[str, Any]:
        """Return the decision as JSON-ready data."""
        return {"action": self.action.value, "reasons": list(self.reasons)}


def decide_action(transaction: FlaggedTransaction, assessments: Sequence[Assessment]) -> ActionDecision:
    """Decide what to do: see the second table of this module.

    Raises
    ------
    CaseInputError
        If there is no assessment: without one, nothing is decided.
    """
    if not assessments:
        raise CaseInputError("no assessments")
    high = any(one.risk is Risk.HIGH for one in assessments)
    if transaction.status is Status.FRAUD_SUSPECTED:
        if high:
            return ActionDecision(Action.HOLD, ("SUSPECTED_AND_HIGH_RISK",))
        return ActionDecision(Action.ASK_ANALYST, ("SUSPECTED",))
    if high:
        return ActionDecision(Action.ASK_ANALYST, ("HIGH_RISK",))
    if HIGH_VALUE_ROUTE in transaction.routes:
        return ActionDecision(Action.ASK_ANALYST, ("HIGH_VALUE",))
    return ActionDecision(Action.ALERT, ("REVIEW_WITHOUT_HIGH_RISK",))


@dataclass(frozen=True)
class Review:
    """What came of asking an analyst; `analyst` is the id that the answer gave, if it gave a proper one."""

    verdict: Verdict
    analyst: Optional[str] = None


def read_review(document: Mapping[str, Any]) -> Review:
    """Read what the workflow knows of the review; an answer that is no verdict is one outcome, not an error.

    Parameters
    ----------
    document
        {"state": "NOT_ASKED"}, {"state": "TIMED_OUT"}, or {"state": "ANSWERED", "answer": what was sent}.
    """
    state = document.get("state")
    if state == "NOT_ASKED":
        return Review(Verdict.NOT_ASKED)
    if state == "TIMED_OUT":
        return Review(Verdict.NONE)
    answer = document.get("answer")
    if not isinstance(answer, Mapping):
        return Review(Verdict.INVALID)
    said, analyst = answer.get("verdict"), answer.get("analyst")
    verdict = Verdict(said) if said in (Verdict.FRAUD.value, Verdict.GENUINE.value) else Verdict.INVALID
    return Review(verdict, analyst if is_id(analyst) else None)


@dataclass(frozen=True)
class StatusChange:
    """A change of the transaction's status that a case makes, as its history will tell it."""

    status: Status
    actor: str
    reason: str


@dataclass(frozen=True)
class Closing:
    """How a case ends; `change` is None where the transaction keeps its status."""

    outcome: Outcome
    change: Optional[StatusChange]
    unanswered: bool


HOLD_REASON = "CASE_HOLD"
"""In a transaction's history: a case holds it, and not the quarantine of its account."""
HOLD = StatusChange(Status.HELD, WORKFLOW_ACTOR, HOLD_REASON)


def hold_change(status: Status) -> Optional[StatusChange]:
    """Return the change that holds a transaction, or None if it is no longer as it was decided."""
    return HOLD if status in FLAGGED else None


def close_case(review: Review, status: Status, held_by_case: bool) -> Closing:
    """Decide how a case ends: see the third table of this module.

    Parameters
    ----------
    review
        What came of asking.
    status
        The transaction's status now.
    held_by_case
        Whether it was this case that held the transaction; only then HELD is ours to end.
    """
    unanswered = review.verdict in UNANSWERED
    is_held = status is Status.HELD and held_by_case
    if not is_held and status not in FLAGGED:
        return Closing(Outcome.SUPERSEDED, None, unanswered)
    actor = f"analyst:{review.analyst}" if review.analyst else "analyst"
    outcome = _OUTCOMES[review.verdict]
    reason = f"CASE_{outcome.value}"
    if review.verdict is Verdict.FRAUD:
        return Closing(outcome, StatusChange(Status.DECLINED, actor, reason), unanswered)
    if review.verdict is Verdict.GENUINE:
        return Closing(outcome, StatusChange(Status.APPROVED, actor, reason), unanswered)
    declined = StatusChange(Status.DECLINED, WORKFLOW_ACTOR, reason) if is_held else None
    return Closing(outcome, declined, unanswered)


def label_of(closing: Closing, at: str) -> Optional[Label]:
    """Return what the transaction turned out to be, confirmed at `at`, or None where no analyst settled it."""
    value = _LABELS.get(closing.outcome)
    return Label(value, LabelSource.ANALYST, at) if value else None


def closed_event(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return the detail of the CaseClosed event: the same for every attempt to announce this case.

    Parameters
    ----------
    case
        The row of a closed case.
    """
    return {
        "event_id": f"{case['case_id']}#case-closed",
        "case_id": case["case_id"],
        "transaction_id": case["transaction_id"],
        "account_id": case["account_id"],
        "merchant_id": case["merchant_id"],
        "amount": json_amount(case["amount"]),
        "currency": case["currency"],
        "score": int(case["score"]),
        "policy": case.get("policy", ""),
        "decided_as": case["decided_as"],
        "action": case["action"],
        "verdict": case["verdict"],
        "outcome": case["outcome"],
        "status": case["transaction_status"],
        "previous_status": case["previous_transaction_status"],
        "opened_at": case["opened_at"],
        "closed_at": case["closed_at"],
        "correlation_id": case["correlation_id"],
    }


_OUTCOMES = {
    Verdict.FRAUD: Outcome.FRAUD_CONFIRMED,
    Verdict.GENUINE: Outcome.GENUINE,
    Verdict.NONE: Outcome.NO_ANSWER,
    Verdict.INVALID: Outcome.INVALID_VERDICT,
    Verdict.NOT_ASKED: Outcome.ALERT_ONLY,
}

_LABELS = {Outcome.FRAUD_CONFIRMED: LabelValue.FRAUD, Outcome.GENUINE: LabelValue.GENUINE}


def _assessment(subject: str, high: Mapping[str, bool], medium: Mapping[str, bool]) -> Assessment:
    heavy = tuple(code for code, found in high.items() if found)
    light = tuple(code for code, found in medium.items() if found)
    risk = Risk.HIGH if heavy else Risk.MEDIUM if light else Risk.LOW
    return Assessment(subject, risk, heavy + light)


def _earlier(transaction: FlaggedTransaction, recent: Iterable[RecentTransaction]) -> list[RecentTransaction]:
    return [
        one
        for one in recent
        if one.received_at <= transaction.received_at and one.transaction_id != transaction.transaction_id
    ]


def _decimal(number: Any) -> Decimal:
    """Return the decimal that a JSON number was written as: up to 15 digits survive a double."""
    return number if isinstance(number, Decimal) else Decimal(str(number))


def _recent(document: Mapping[str, Any]) -> RecentTransaction:
    outcome = document["outcome"]
    return RecentTransaction(
        transaction_id=document["transaction_id"],
        merchant_id=document["merchant_id"],
        amount=Decimal(document["amount"]),
        currency=document["currency"],
        received_at=document["received_at"],
        status=Status(document["status"]),
        outcome=Status(outcome) if outcome else None,
    )


def _merchant(document: Optional[Mapping[str, Any]]) -> Optional[Merchant]:
    if document is None:
        return None
    limit = document["max_transaction_amount"]
    return Merchant(
        merchant_id=document["merchant_id"],
        name="",
        active=document["active"],
        max_transaction_amount=None if limit is None else Decimal(limit),
    )


def _id(value: Any) -> str:
    if not is_id(value):
        raise ValueError("not an id")
    return str(value)


def _instant(value: Any) -> str:
    from_text(value)
    return str(value)


def _codes(values: Any) -> tuple[str, ...]:
    if not isinstance(values, (list, tuple)) or not all(isinstance(value, str) for value in values):
        raise ValueError("not a list of codes")
    return tuple(values)
