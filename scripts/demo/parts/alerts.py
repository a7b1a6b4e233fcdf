"""Alerts: the team is told of each flagged transaction, once.

To see what the team sees, a queue of the demonstration's own is subscribed to the topic. It ends with the local AWS.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scripts.demo.books import Books, Check, Outcomes
from scripts.demo.model import DemoError
from scripts.demo.parts import queues
from scripts.demo.state import Access, Findings, Part, Row

INBOX = "demo-alerts-inbox"
_SUBJECT = re.compile(r"[A-Z_]+: transaction (\S+)")


class AlertInbox(Part):
    """A queue that gets what the topic's subscribers get; a message that was read is taken out."""

    def __init__(self, access: Access) -> None:
        self._sqs = access.client("sqs")
        self._sns = access.client("sns")
        self._topic = access.output("notifications_topic_arn")
        self._source = access.output("alerts_queue_url")
        self._queue = ""
        self._alerts = Alerts()

    def open(self) -> None:
        """Make the queue and subscribe it."""
        self._queue = self._sqs.create_queue(QueueName=INBOX)["QueueUrl"]
        answer = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        arn = answer["Attributes"]["QueueArn"]
        policy = json.dumps(_policy(self._topic, arn))
        self._sqs.set_queue_attributes(QueueUrl=self._queue, Attributes={"Policy": policy})
        self._sns.subscribe(TopicArn=self._topic, Protocol="sqs", Endpoint=arn)

    def pulse(self) -> tuple[int, int]:
        """Return how many alerts have come, and how many messages may still become some."""
        alerts = self.read()
        return sum(len(ids) for ids in alerts.sent.values()), alerts.queued

    def flagged(self) -> int:
        """Return how many transactions they are about."""
        return len(self.read().sent)

    def read(self) -> Alerts:
        """Take the new messages out; return all alerts."""
        while True:
            answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
            messages = answer.get("Messages", [])
            if not messages:
                self._alerts.queued = queues.messages(self._sqs, self._source)
                return self._alerts
            for message in messages:
                self._alerts.add(message["Body"])
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])


@dataclass
class Alerts(Findings):
    """The alerts that were sent.

    Parameters
    ----------
    sent
        The ids that SNS gave them, by transaction. The same id again is a repeated delivery, not a second alert.
    queued
        Messages that still wait to become alerts, or to be dropped as repetitions.

    """

    sent: dict[str, set[str]] = field(default_factory=dict)
    queued: int = 0

    def add(self, body: str) -> None:
        """Note an alert as SNS delivers it to a queue.

        Raises
        ------
        DemoError
            If its subject does not tell which transaction it is about.

        """
        envelope = json.loads(body)
        about = _SUBJECT.fullmatch(envelope.get("Subject") or "")
        if about is None:
            raise DemoError(f"the subject of an alert names no transaction: {envelope.get('Subject')!r}.")
        self.sent.setdefault(about.group(1), set()).add(envelope["MessageId"])

    def unfinished(self, outcomes: Outcomes) -> Mapping[str, int]:
        """Return how many flagged transactions were not alerted yet, and how many alerts may still come."""
        return {"alerts": len(self._missing(outcomes.decided)), "queued alerts": self.queued}

    def enter(self, books: Books, outcomes: Outcomes) -> None:
        """Compare the alerts with the flagged transactions; one alert too many is a duplicate."""
        flagged = {row.transaction_id for row in outcomes.decided if row.flagged}
        all_flagged = {row.transaction_id for row in outcomes.rows.values() if row.flagged}
        missing, unfounded = self._missing(outcomes.decided), sorted(set(self.sent) - all_flagged)
        repeated = {id_: len(ids) - 1 for id_, ids in sorted(self.sent.items()) if len(ids) > 1}
        for row in missing:
            books.note("not_alerted", row.transaction_id)
        for id_ in unfounded:
            books.note("alerted_without_a_reason", id_)
        for id_, surplus in repeated.items():
            books.add_duplicates(surplus, f"{id_}: alerted {surplus + 1} times")
        counts = {
            "flagged": len(flagged),
            "alerted": len(flagged) - len(missing),
            "repeated": sum(repeated.values()),
            "unfounded": len(unfounded),
        }
        books.parts["alerts"] = counts
        books.checks.append(
            Check(
                "Every flagged transaction was alerted exactly once",
                not (missing or repeated or unfounded),
                f"{counts['alerted']:,} of {counts['flagged']:,} flagged were alerted; {counts['repeated']:,} repeated,"
                f" {counts['unfounded']:,} about others",
            )
        )

    def _missing(self, decided: Sequence[Row]) -> list[Row]:
        return [row for row in decided if row.flagged and row.transaction_id not in self.sent]


def _policy(topic: str, queue: str) -> dict[str, Any]:
    """Let the topic send to the queue."""
    let_in = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    return {"Version": "2012-10-17", "Statement": [let_in]}
