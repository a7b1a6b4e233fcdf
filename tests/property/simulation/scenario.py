"""What a schedule begins with: who submits what and when, and what will go wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

from tests.property.simulation.faults import Fault, Faults, OneFault, Outage, RandomFaults

SHOPS = ("shop", "test-shop")
NOBODY = "nobody"
"""A merchant that is taken from the list before its transactions are decided."""

ORDINARY, LARGE, HUGE = Decimal("12.50"), Decimal("6000"), Decimal("15000")
"""Approved; reviewed; reviewed, and on the route of high values."""


@dataclass(frozen=True)
class Submission:
    """One transaction that a client submits.

    Parameters
    ----------
    transaction_id, account_id, merchant_id, amount, currency
        The transaction.
    at
        When it is first sent, in seconds.
    repeats
        After how many seconds it is sent once more, each.
    attempts
        How often the client sends it until it is answered.
    occurred_at
        When it happened, RFC 3339.
    direct
        Whether the gateway puts it on the stream by itself, where a system has one.
    """

    transaction_id: str
    account_id: str
    at: float
    merchant_id: str = "shop"
    amount: Decimal = ORDINARY
    currency: str = "USD"
    repeats: tuple[float, ...] = ()
    attempts: int = 5
    occurred_at: str = "2026-11-20T08:59:00Z"
    direct: bool = False

    def body(self) -> dict[str, Any]:
        """Return the request."""
        return {
            "transaction_id": self.transaction_id,
            "account_id": self.account_id,
            "merchant_id": self.merchant_id,
            "amount": float(self.amount),
            "currency": self.currency,
            "occurred_at": self.occurred_at,
        }


@dataclass(frozen=True)
class Saying:
    """What somebody says a transaction turned out to be.

    Parameters
    ----------
    transaction_id, label, confirmed_at
        The label.
    at, repeats
        When it is first sent, and after how many seconds once more, each.
    """

    transaction_id: str
    label: str
    confirmed_at: str
    at: float
    repeats: tuple[float, ...] = ()

    def body(self) -> dict[str, str]:
        """Return the request."""
        return {
            "transaction_id": self.transaction_id,
            "label": self.label,
            "source": "customer",
            "confirmed_at": self.confirmed_at,
        }


@dataclass(frozen=True)
class Release:
    """A run of the operator's tool over all quarantined accounts.

    Parameters
    ----------
    at
        When it begins, in seconds.
    machine
        Where; a machine has one run at a time, and a journal that tells which runs are over.
    takes_over
        Whether the operator says that any other run is dead, be that true or not.
    patience_seconds
        How long it waits for a decision.
    """

    at: float
    machine: int = 0
    takes_over: bool = False
    patience_seconds: float = 900.0


@dataclass(frozen=True)
class Chances:
    """How likely the services repeat themselves, and what clocks may be wrong by.

    Parameters
    ----------
    undeleted, unmarked, repeated
        That Lambda forgets to delete what is done, or how far it came in a stream; that a rule sends an event twice.
    recycled
        That an idle environment is not used again.
    skews
        By how many seconds the clock of an environment may be wrong.
    lag_seconds
        By how much an index may lag behind.
    analyst
        That an analyst answers.
    """

    undeleted: float = 0.0
    unmarked: float = 0.0
    repeated: float = 0.0
    recycled: float = 0.0
    skews: tuple[float, ...] = (0.0,)
    lag_seconds: float = 0.0
    analyst: float = 1.0


@dataclass(frozen=True)
class Scenario:
    """A schedule's beginning.

    Parameters
    ----------
    submissions
        What is submitted; of two with the same id, the first that is accepted stands.
    failures
        How often deciding a transaction ends in a bug of ours.
    deadly
        How often deciding a transaction ends with the function.
    junk
        When a message that is no transaction reaches the queue, and in whose group.
    unreadable
        Accounts whose state cannot be read, and from when on.
    gone_at
        When the merchant `NOBODY` is taken from the list.
    sweeps
        When the sweeper runs, besides when something is overdue.
    labels
        What is said of transactions later.
    releases
        When operators release accounts; where they do.
    retention_seconds, age_seconds
        How long the stream of transactions keeps a record, and how old one may be that is tried; where there is one.
    chances, faults
        What the services do, and what happens to calls.
    """

    submissions: tuple[Submission, ...]
    failures: Mapping[str, int] = field(default_factory=dict)
    deadly: Mapping[str, int] = field(default_factory=dict)
    junk: tuple[tuple[float, str], ...] = ()
    unreadable: Mapping[str, float] = field(default_factory=dict)
    gone_at: float = 0.0
    sweeps: tuple[float, ...] = ()
    labels: tuple[Saying, ...] = ()
    releases: tuple[Release, ...] = ()
    retention_seconds: float = 86400.0
    age_seconds: float = 43200.0
    chances: Chances = Chances()
    faults: Faults = field(default_factory=lambda: OneFault(0, None))


def drawn(draw: Random) -> Scenario:
    """Return a scenario that chance makes."""
    accounts = [f"acc-{n}" for n in range(draw.choice((1, 1, 2, 3)))]
    span = draw.choice((0.5, 5.0, 60.0, 900.0))
    many = draw.choice((1, 2, 2, 3, 3, 4, 5, 6, 8))
    submissions = [_submission(draw, f"t{n}", draw.choice(accounts), span) for n in range(many)]
    submissions.sort(key=lambda one: one.at)
    if draw.random() < 0.15:
        submissions.append(_reuse(draw, submissions))
    ids = [one.transaction_id for one in submissions]
    return Scenario(
        tuple(submissions),
        failures={draw.choice(ids): draw.choice((1, 2, 3, 4, 9, 99))} if draw.random() < 0.3 else {},
        deadly={draw.choice(ids): draw.choice((1, 2, 3, 99))} if draw.random() < 0.15 else {},
        junk=tuple((span * draw.random(), draw.choice(accounts)) for _ in range(draw.choice((0, 0, 0, 1)))),
        unreadable={draw.choice(accounts): span * draw.random()} if draw.random() < 0.05 else {},
        gone_at=span * draw.random(),
        sweeps=tuple(draw.random() * 2000.0 for _ in range(draw.choice((0, 0, 1, 3)))),
        chances=_chances(draw),
        faults=_faults(draw, span),
    )


def _submission(draw: Random, transaction_id: str, account_id: str, span: float) -> Submission:
    repeats: tuple[float, ...] = ()
    if draw.random() < 0.2:
        repeats = (draw.choice((0.01, 1.0, 250.0, 320.0, 1000.0)) * (0.5 + draw.random()),)
    return Submission(
        transaction_id,
        account_id,
        span * draw.random(),
        merchant_id=draw.choice((*SHOPS, SHOPS[0], SHOPS[0], NOBODY)),
        amount=draw.choice((ORDINARY, ORDINARY, LARGE, HUGE)),
        currency=draw.choice(("USD", "USD", "SEK")),
        repeats=repeats,
        attempts=draw.choice((1, 5, 5)),
    )


def _reuse(draw: Random, submissions: list[Submission]) -> Submission:
    """Return another transaction under an id that is used."""
    one = draw.choice(submissions)
    later = one.at + draw.choice((0.0, 0.05, 400.0)) * draw.random()
    return Submission(one.transaction_id, one.account_id, later, amount=one.amount + 1, currency=one.currency)


def _chances(draw: Random) -> Chances:
    if draw.random() < 0.3:
        return Chances()
    return Chances(
        undeleted=draw.choice((0.0, 0.1, 0.4)),
        unmarked=draw.choice((0.0, 0.1, 0.4)),
        repeated=draw.choice((0.0, 0.1, 0.4)),
        recycled=draw.choice((0.0, 0.5)),
        skews=draw.choice(((0.0,), (0.0, 2.0, -2.0), (0.0, 3600.0, -3600.0))),
        lag_seconds=draw.choice((0.0, 1.0, 60.0)),
        analyst=draw.choice((1.0, 0.5)),
    )


def _faults(draw: Random, span: float) -> Faults:
    outages: list[Outage] = []
    if draw.random() < 0.1:
        start = span * draw.random()
        outages = [
            Outage(draw.choice(("dynamodb", "sqs", "events", "sns", "s3")), start, start + 600.0 * draw.random())
        ]
    kinds: tuple[Fault, ...] = tuple(Fault)
    if draw.random() < 0.5:
        kinds = tuple(draw.sample(kinds, draw.randint(1, 4)))
    return RandomFaults(draw, draw.choice((0.0, 0.01, 0.03, 0.1, 0.3)), draw.randint(1, 12), kinds, outages)
