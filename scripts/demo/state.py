"""What is looked at in a deployed system: the rows of its transactions, and the parts that it has beside them.

A part is something that not every system has: accounts, cases, an archive, alerts. It knows how to read itself
(`Part`), and what it read knows what has to hold in it (`Findings`). An `Analysis` is work on what is at rest, such as
a job over a lake: it is done once, after everything is settled, and has findings as well.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Callable, Optional, Protocol

if TYPE_CHECKING:
    from scripts.demo.books import Books, Outcomes

WAITING, FAILED, HELD, REJECTED = "RECEIVED", "FAILED", "HELD", "REJECTED"
"""The statuses of a row that is not decided yet, given up, held back, refused after acceptance."""
FRAUD = "FRAUD_SUSPECTED"
"""The outcome of a decision that suspects fraud."""
FLAGGED = frozenset({"REVIEW_REQUIRED", FRAUD})
"""Outcomes of a decision that somebody has to look at."""
DECIDED_REASON = "SCORED"
"""The reason in a row's history under which a decision is committed."""


@dataclass(frozen=True)
class Row:
    """What the books need of a transaction's row.

    Parameters
    ----------
    account_id
        None in a system that keeps none.
    sequence
        Its place in the account's order of commits; None: not committed, or no accounts.
    decided_at
        Time of the commit, seconds since 1970.
    score, outcome, routes
        Of its decision; None and empty without one.
    commits
        How often its history says that it was decided.
    policy, verdicts
        The policy that decided, and the outcome that each policy would have given, its own among them.
    occurred_at
        The time of the event, UTC, RFC 3339; None in a system that keeps none.

    """

    transaction_id: str
    account_id: Optional[str]
    merchant_id: str
    amount: Decimal
    currency: str
    status: str
    sequence: Optional[int] = None
    decided_at: Optional[float] = None
    score: Optional[float] = None
    outcome: Optional[str] = None
    routes: tuple[str, ...] = ()
    commits: int = 0
    policy: Optional[str] = None
    verdicts: Mapping[str, str] = field(default_factory=dict)
    occurred_at: Optional[str] = None

    @property
    def day(self) -> str:
        """The day of the event, UTC; empty in a system that keeps no time of it."""
        return (self.occurred_at or "")[:10]

    @property
    def flagged(self) -> bool:
        """Whether its decision is one that somebody has to look at."""
        return self.outcome in FLAGGED


class Access(Protocol):
    """The way to what is deployed."""

    def client(self, service: str) -> Any:
        """Return a client of an AWS service."""
        ...

    def output(self, name: str) -> str:
        """Return an output of the root."""
        ...


class Findings(ABC):
    """What a part held when it was read."""

    def unfinished(self, outcomes: Outcomes) -> Mapping[str, int]:  # noqa: ARG002
        """Return what is still under way, in words, and how much of it."""
        return {}

    @abstractmethod
    def enter(self, books: Books, outcomes: Outcomes) -> None:
        """Add to the books what this part counts, and the checks that have to hold."""


class Part(ABC):
    """Something that a system has beside its API and its transactions."""

    def open(self) -> None:
        """Prepare what is needed to look, before anything is sent."""
        return

    def pulse(self) -> Hashable:
        """Return cheap counts that change as long as the part does."""
        return None

    def flagged(self) -> Optional[int]:
        """Return how many flagged transactions have come here so far; None where that is not known."""
        return None

    @abstractmethod
    def read(self) -> Findings:
        """Read everything."""


class Analysis(ABC):
    """Work on what is at rest: done once, when everything is settled.

    Attributes
    ----------
    name
        What the progress and the report call it.

    """

    name: str

    def prepare(self) -> None:
        """Make what it needs, before anything is sent; raise `CommandError` where the machine lacks something."""
        return

    @abstractmethod
    def run(self, rows: Mapping[str, Row], say: Callable[[str], None]) -> Findings:
        """Do the work and read what came of it.

        Parameters
        ----------
        rows
            The transactions by id, as the table holds them.
        say
            Shows what is being done, in a few words.

        Raises
        ------
        CommandError
            If the work cannot be done.

        """


@dataclass(frozen=True)
class Snapshot:
    """All that the books are counted from.

    Parameters
    ----------
    rows
        The transactions by id.
    findings
        What the parts held.
    unreadable
        Rows of queue messages that held no transaction.
    surplus
        How many rows there are beyond the one of an id, for ids with more than one.

    """

    rows: Mapping[str, Row]
    findings: Sequence[Findings] = ()
    unreadable: int = 0
    surplus: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Pulse:
    """Cheap counts that move as long as the system does.

    Parameters
    ----------
    waiting
        Rows without a decision.
    parts
        The counts of each part.
    flagged
        Flagged transactions, where a part knows them.

    """

    waiting: int
    parts: tuple[Hashable, ...] = ()
    flagged: Optional[int] = None
