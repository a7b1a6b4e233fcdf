"""What is particular to the flagship: its endpoint, its outputs, and the names in its rows and events.

Everything else of the demonstration speaks of submissions, rows and books, and knows none of these names.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class System:
    """One deployable system as the demonstration sees it.

    Parameters
    ----------
    name
        What the report calls it.
    submit_path
        Where transactions are posted, below the API's endpoint.
    received_index
        The sparse index that holds a row as long as it waits for its decision.
    accepted_codes
        HTTP answers that promise a decision, or give one already made.
    flagged
        Outcomes of a decision that open a case.
    waiting, failed, held, rejected
        The statuses of a row that is not decided yet, given up, held back, refused after acceptance.
    high_value_route
        The route of a decision that leads to the priority queue.
    decided_event
        The event that announces a decision.
    archive_prefix
        Where the archive keeps events; what lies elsewhere in it is no event.
    decided_reason
        The reason in a row's history under which a decision is committed.
    commits_attribute
        An account's count of committed decisions.

    """

    name: str
    submit_path: str
    received_index: str
    accepted_codes: frozenset[int]
    flagged: frozenset[str]
    waiting: str
    failed: str
    held: str
    rejected: str
    high_value_route: str
    high_value_above: int
    decided_event: str
    archive_prefix: str
    decided_reason: str
    commits_attribute: str


FLAGSHIP = System(
    name="flagship",
    submit_path="/v1/transactions",
    received_index="received-index",
    accepted_codes=frozenset({200, 202}),
    flagged=frozenset({"REVIEW_REQUIRED", "FRAUD_SUSPECTED"}),
    waiting="RECEIVED",
    failed="FAILED",
    held="HELD",
    rejected="REJECTED",
    high_value_route="high_value",
    high_value_above=10_000,
    decided_event="TransactionDecided",
    archive_prefix="events/",
    decided_reason="SCORED",
    commits_attribute="commits",
)
