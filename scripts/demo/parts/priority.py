"""The priority route: decisions about high amounts go to a queue of their own, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scripts.demo.books import Books, Check, Outcomes
from scripts.demo.parts import queues
from scripts.demo.state import Access, Findings, Part, Row

ROUTE = "high_value"
"""The route of a decision that leads to the priority queue."""
ABOVE = 10_000
"""Amounts above this, in major units of any currency, take it."""


class PriorityQueue(Part):
    """The queue at the end of the route."""

    def __init__(self, access: Access) -> None:
        self._sqs = access.client("sqs")
        self._queue = access.output("priority_queue_url")

    def pulse(self) -> int:
        """Return how many messages it holds."""
        return queues.messages(self._sqs, self._queue)

    def read(self) -> PriorityRoute:
        """Read the number of messages; nobody takes any out."""
        return PriorityRoute(self.pulse())


@dataclass(frozen=True)
class PriorityRoute(Findings):
    """The number of messages in the priority queue."""

    messages: int

    def unfinished(self, outcomes: Outcomes) -> Mapping[str, int]:
        """Return how many messages are missing."""
        return {"priority messages": max(0, len(_routed(outcomes.rows)) - self.messages)}

    def enter(self, books: Books, outcomes: Outcomes) -> None:
        """Count what had to take the route, and what took it."""
        amounts = [submission.first.transaction.amount for submission, _ in outcomes.accepted]
        routed = [row for row in outcomes.decided if ROUTE in row.routes]
        high = {
            "transactions": sum(1 for amount in amounts if amount > ABOVE),
            "exactly_at_threshold": sum(1 for amount in amounts if amount == ABOVE),
            "rows": len(routed),
            "wrongly_routed": sum(1 for row in routed if row.amount <= ABOVE),
            "rows_of_all_runs": len(_routed(outcomes.rows)),
            "priority_messages": self.messages,
        }
        books.parts["high_value"] = high
        books.checks.append(
            Check(
                "High values took the priority route",
                high["rows"] == high["transactions"]
                and not high["wrongly_routed"]
                and high["priority_messages"] == high["rows_of_all_runs"],
                f"{high['transactions']:,} above the threshold, {high['rows']:,} routed,"
                f" {high['priority_messages']:,} of {high['rows_of_all_runs']:,} messages in the priority queue",
            )
        )


def _routed(rows: Mapping[str, Row]) -> list[Row]:
    return [row for row in rows.values() if ROUTE in row.routes]
