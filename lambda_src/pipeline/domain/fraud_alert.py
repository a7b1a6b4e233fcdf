"""The alert of a flagged transaction: what `detect` queues, and what `notify` makes of it for people.

It holds ids, amounts, codes and the policy's own sentences; no account, no place, no name.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pipeline.domain.errors import PipelineError
from pipeline.domain.money import MINOR_UNIT_DIGITS, decimal_places
from pipeline.domain.status import FLAGGED, Status
from pipeline.domain.times import from_text, from_unix, to_text
from pipeline.domain.transaction import canonical_decimal

LONGEST_ID = 64
"""Of a transaction's id (see the schema of requests): it keeps the subject below the 100 characters of SNS."""

_NUMBER = re.compile(r"\d{1,38}(\.\d{1,38})?", re.ASCII)

_MEANING = {
    Status.FRAUD_SUSPECTED: "Fraud is suspected.",
    Status.REVIEW_REQUIRED: "A person should review it.",
}


class InvalidAlertError(PipelineError):
    """The message does not hold an alert; it can only be looked at by people."""


@dataclass(frozen=True)
class AlertReason:
    """One reason of the decision: a stable code, and its sentence for people."""

    code: str
    text: str


@dataclass(frozen=True)
class FraudAlert:
    """What the team is told of one flagged transaction.

    Parameters
    ----------
    transaction_id, timestamp
        The row's key; `timestamp` is the time of the transaction, Unix time in seconds.
    amount
        In major units of `currency`.
    currency, merchant_id
        ISO 4217 code, and who is paid.
    status
        REVIEW_REQUIRED or FRAUD_SUSPECTED.
    score, reasons
        The decision's, the heaviest reason first.
    decided_at
        UTC, RFC 3339.
    correlation_id
        The API request that brought the transaction: it finds the logs.
    """

    transaction_id: str
    timestamp: Decimal
    amount: Decimal
    currency: str
    merchant_id: str
    status: Status
    score: int
    reasons: tuple[AlertReason, ...]
    decided_at: str
    correlation_id: str

    def to_body(self) -> str:
        """Return the body of the queue's message; decimals as text."""
        return json.dumps(
            {
                "transaction_id": self.transaction_id,
                "timestamp": canonical_decimal(self.timestamp),
                "amount": canonical_decimal(self.amount),
                "currency": self.currency,
                "merchant_id": self.merchant_id,
                "status": self.status.value,
                "score": self.score,
                "reasons": [{"code": reason.code, "text": reason.text} for reason in self.reasons],
                "decided_at": self.decided_at,
                "correlation_id": self.correlation_id,
            },
            separators=(",", ":"),
        )

    @property
    def subject(self) -> str:
        """The line that people see first: one line of ASCII, at most 93 characters."""
        return f"{self.status.value}: transaction {self.transaction_id}"

    def text(self, table: str, region: str) -> str:
        """Return what people read.

        Parameters
        ----------
        table, region
            Where the row is, for the command that shows it.
        """
        reasons = [f"- {reason.text} [{reason.code}]" for reason in self.reasons]
        return "\n".join(
            [
                f"{_MEANING[self.status]} [{self.status.value}]",
                "",
                f"Amount: {self._readable_amount()}",
                f"Merchant: {self.merchant_id}",
                f"Transaction: {self.transaction_id}",
                f"Made: {_readable_time(to_text(from_unix(self.timestamp)))}",
                f"Decided: {_readable_time(self.decided_at)}",
                "",
                f"Why (score {self.score}):",
                *(reasons or ["- The decision gives no reason."]),
                "",
                "What to do: look at the transaction and its decision, then act on it.",
                self._command(table, region),
                "",
                f"In the logs: correlation_id {self.correlation_id}",
            ]
        )

    def _readable_amount(self) -> str:
        """Return every digit of the amount, and at least those of the currency's minor unit."""
        digits = max(decimal_places(self.amount), MINOR_UNIT_DIGITS.get(self.currency, 0))
        return f"{self.amount:,.{digits}f} {self.currency}"

    def _command(self, table: str, region: str) -> str:
        key = {"transaction_id": {"S": self.transaction_id}, "timestamp": {"N": canonical_decimal(self.timestamp)}}
        words = ["aws", "dynamodb", "get-item", "--region", region, "--table-name", table, "--key", json.dumps(key)]
        return " ".join(shlex.quote(word) for word in words)


def alert_of(row: Mapping[str, Any]) -> FraudAlert:
    """Return the alert of a decided row.

    Parameters
    ----------
    row
        As the table gives it back, its numbers Decimal.
    """
    decision = row["decision"]
    return FraudAlert(
        transaction_id=row["transaction_id"],
        timestamp=row["timestamp"],
        amount=row["amount"],
        currency=row["currency"],
        merchant_id=row["merchant_id"],
        status=Status(row["status"]),
        score=int(decision["score"]),
        reasons=tuple(AlertReason(reason["code"], reason["text"]) for reason in decision["reasons"]),
        decided_at=row["decided_at"],
        correlation_id=row["correlation_id"],
    )


def read_alert(body: str) -> FraudAlert:
    """Read back what `FraudAlert.to_body` wrote.

    Raises
    ------
    InvalidAlertError
        If the body holds anything else.
    """
    try:
        document = json.loads(body)
        alert = FraudAlert(
            transaction_id=_line(document["transaction_id"]),
            timestamp=_number(document["timestamp"]),
            amount=_number(document["amount"]),
            currency=_line(document["currency"]),
            merchant_id=_line(document["merchant_id"]),
            status=Status(document["status"]),
            score=int(document["score"]),
            reasons=tuple(AlertReason(_line(each["code"]), _line(each["text"])) for each in document["reasons"]),
            decided_at=to_text(from_text(document["decided_at"])),
            correlation_id=_line(document["correlation_id"]),
        )
        from_unix(alert.timestamp)
    except (ArithmeticError, KeyError, TypeError, ValueError) as error:
        # Not "from error": what it quotes would get into the log.
        raise InvalidAlertError(f"the message holds no alert: {type(error).__name__}") from None
    if alert.status not in FLAGGED or not alert.transaction_id.isascii() or len(alert.transaction_id) > LONGEST_ID:
        raise InvalidAlertError("the message holds no alert of a flagged transaction")
    return alert


def _line(text: Any) -> str:
    if not isinstance(text, str) or not text.isprintable():
        raise ValueError("must be a line of text")
    return text


def _number(text: Any) -> Decimal:
    if _NUMBER.fullmatch(text) is None:
        raise ValueError("must be a decimal")
    return Decimal(text)


def _readable_time(text: str) -> str:
    """Return an instant to the second: 2026-01-02 03:04:05 UTC."""
    return f"{text[:10]} {text[11:19]} UTC"
