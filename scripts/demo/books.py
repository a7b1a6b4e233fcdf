"""The books of a run: every submission accounted for, counted from what is in the tables.

A submission is one transaction id with one body. Sending the same body under the same id again is a repeat:
it is counted beside the submissions and never as one. Each submission is counted once, by its final outcome:

    accepted     the API promised a decision (202), or gave the one already made (200)
    conflict     the id is taken by another body (409)
    rejected     any other refusal (4xx)
    unanswered   no answer after all attempts: the books cannot balance

    submitted = accepted + rejected + conflicts, once nothing is unanswered

An accepted submission is settled (its row carries its decision, or was rejected by the pipeline), failed or held
(given up or waiting, both for an operator), or else lost: no row, another body's row, or a row that never settled.

What not every system has (accounts, cases, ...) enters the books by itself, see `state.Findings`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from scripts.demo import state, verdicts
from scripts.demo.client import Sent
from scripts.demo.state import Row, Snapshot
from scripts.demo.verdicts import PolicyCount

ACCEPTED, CONFLICT, REJECTED, UNANSWERED = "accepted", "conflict", "rejected", "unanswered"
EXAMPLES_KEPT = 20
_ACCEPTED_CODES = frozenset({200, 202})
_CONFLICT_CODE = 409
_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True)
class Submission:
    """One transaction id with one body, and what became of it at the API.

    Parameters
    ----------
    first
        The sending that the outcome stands for: the first one with that outcome.
    outcome
        accepted, conflict, rejected or unanswered.
    sendings
        How often it was sent, the first time included.
    contradictory
        Whether the same body was answered with different outcomes.

    """

    first: Sent
    outcome: str
    sendings: int
    contradictory: bool

    @property
    def transaction_id(self) -> str:
        """The id of its transaction."""
        return self.first.transaction.transaction_id


@dataclass(frozen=True)
class Outcomes:
    """What became of the submissions that were accepted.

    Parameters
    ----------
    accepted
        Each with its own row, if it has one.
    rows
        All rows, those of other runs too.

    """

    accepted: Sequence[tuple[Submission, Optional[Row]]]
    rows: Mapping[str, Row]

    @property
    def decided(self) -> list[Row]:
        """Their rows that carry a decision."""
        return [row for _, row in self.accepted if row is not None and row.outcome is not None]


@dataclass(frozen=True)
class Check:
    """One thing that has to hold, and whether it does."""

    name: str
    holds: bool
    detail: str


@dataclass
class Confusion:
    """Labels against outcomes: a flagged fraud is a true positive."""

    tp: int = 0
    fp: int = 0
    tn: int = 0
    fn: int = 0

    def add(self, fraud: bool, flagged: bool) -> None:
        """Count one labelled and decided transaction."""
        if fraud:
            self.tp, self.fn = self.tp + flagged, self.fn + (not flagged)
        else:
            self.fp, self.tn = self.fp + flagged, self.tn + (not flagged)


@dataclass
class Books:
    """The counts of a run, and what has to hold among them.

    Parameters
    ----------
    parts
        What the system's parts count, by its name in the report.
    checks
        What has to hold.

    """

    submitted: int = 0
    accepted: int = 0
    rejected: int = 0
    conflicts: int = 0
    unanswered: int = 0
    repeats: int = 0
    settled: int = 0
    failed: int = 0
    held: int = 0
    lost: int = 0
    duplicated: int = 0
    flagged: int = 0
    contradictory: int = 0
    unexpected: int = 0
    by_status: dict[str, int] = field(default_factory=dict)
    http_answers: dict[str, int] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict)
    confusion: Optional[Confusion] = None
    policies: dict[str, PolicyCount] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)

    @property
    def balanced(self) -> bool:
        """Whether everything that has to hold does."""
        return all(check.holds for check in self.checks)

    def add_duplicates(self, count: int, what: str) -> None:
        """Count what was done more often than once, and keep it as an example."""
        self.duplicated += count
        self.note("duplicated", what)

    def note(self, kind: str, what: str) -> None:
        """Keep an example of something that should not have happened."""
        kept = self.examples.setdefault(kind, [])
        if len(kept) < EXAMPLES_KEPT:
            kept.append(what)


def submissions(sent: Iterable[Sent]) -> list[Submission]:
    """Group sendings into submissions, in the order of sending."""
    groups: dict[tuple[str, str], list[Sent]] = defaultdict(list)
    for one in sent:
        groups[one.transaction.transaction_id, one.fingerprint].append(one)
    return [_submission(group) for group in groups.values()]


def _submission(group: Sequence[Sent]) -> Submission:
    by_outcome: dict[str, Sent] = {}
    for one in group:
        by_outcome.setdefault(outcome_of(one.status), one)
    final = next(outcome for outcome in (ACCEPTED, CONFLICT, REJECTED, UNANSWERED) if outcome in by_outcome)
    definite = set(by_outcome) - {UNANSWERED}
    return Submission(by_outcome[final], final, len(group), len(definite) > 1)


def outcome_of(status: Optional[int]) -> str:
    """Return what an HTTP status says about a submission."""
    if status in _ACCEPTED_CODES:
        return ACCEPTED
    if status == _CONFLICT_CODE:
        return CONFLICT
    if status is not None and 400 <= status < 500 and status != _TOO_MANY_REQUESTS:
        return REJECTED
    return UNANSWERED


def outcomes_of(made: Iterable[Submission], rows: Mapping[str, Row]) -> Outcomes:
    """Find the rows of the accepted submissions."""
    accepted = [submission for submission in made if submission.outcome == ACCEPTED]
    return Outcomes([(submission, _own_row(submission, rows)) for submission in accepted], rows)


def _own_row(submission: Submission, rows: Mapping[str, Row]) -> Optional[Row]:
    """Return the row of an accepted submission; a row that holds another body is not its own."""
    transaction = submission.first.transaction
    row = rows.get(submission.transaction_id)
    if row is None or row.account_id not in (None, transaction.account_id):
        return None
    ours = (transaction.merchant_id, transaction.amount, transaction.currency)
    return row if (row.merchant_id, row.amount, row.currency) == ours else None


def count(sent: Sequence[Sent], snapshot: Snapshot) -> Books:
    """Count the books of a run.

    Parameters
    ----------
    sent
        All sendings with their answers.
    snapshot
        What is in the tables and in the system's parts now.

    """
    books = Books()
    made = submissions(sent)
    outcomes = outcomes_of(made, snapshot.rows)
    _count_answers(books, sent, made)
    _count_settlement(books, outcomes)
    _count_duplicates(books, snapshot)
    books.flagged = sum(1 for row in outcomes.decided if row.flagged)
    books.confusion = _confusion(outcomes)
    books.policies = _verdicts(outcomes)
    for findings in snapshot.findings:
        findings.enter(books, outcomes)
    books.checks = [*_checks(books, snapshot), *books.checks]
    return books


def _count_answers(books: Books, sent: Sequence[Sent], made: Sequence[Submission]) -> None:
    outcomes = Counter(submission.outcome for submission in made)
    books.submitted = len(made)
    books.conflicts = outcomes[CONFLICT]
    books.rejected = outcomes[REJECTED]
    books.unanswered = outcomes[UNANSWERED]
    books.repeats = len(sent) - len(made)
    answers = Counter(str(one.status) if one.status else "none" for one in sent)
    books.http_answers = dict(sorted(answers.items()))
    for submission in made:
        transaction = submission.first.transaction
        if submission.outcome == UNANSWERED:
            books.note("unanswered", submission.transaction_id)
        if submission.contradictory:
            books.contradictory += 1
            books.note("contradictory", submission.transaction_id)
        if transaction.expected not in (None, submission.outcome):
            books.unexpected += 1
            books.note("unexpected", f"{submission.transaction_id}: {submission.outcome}, not {transaction.expected}")


def _count_settlement(books: Books, outcomes: Outcomes) -> None:
    """Count what became of the accepted submissions."""
    books.accepted = len(outcomes.accepted)
    for submission, row in outcomes.accepted:
        transaction_id = submission.transaction_id
        if row is not None and (row.outcome is not None or row.status == state.REJECTED):
            books.settled += 1
        elif row is not None and row.status == state.FAILED:
            books.failed += 1
            books.note("failed", transaction_id)
        elif row is not None and row.status == state.HELD:
            books.held += 1
            books.note("held", transaction_id)
        else:
            books.lost += 1
            books.note("lost", f"{transaction_id}: {f'still {row.status}' if row else 'no row with its body'}")
    statuses = Counter(row.status for _, row in outcomes.accepted if row is not None)
    books.by_status = dict(sorted(statuses.items()))


def _count_duplicates(books: Books, snapshot: Snapshot) -> None:
    """Count decisions beyond one for each row, and rows beyond one for each id."""
    for row in snapshot.rows.values():
        if row.commits > 1:
            books.add_duplicates(row.commits - 1, f"{row.transaction_id}: decided {row.commits} times")
    for transaction_id, surplus in snapshot.surplus.items():
        books.add_duplicates(surplus, f"{transaction_id}: {surplus + 1} rows")


def _confusion(outcomes: Outcomes) -> Optional[Confusion]:
    confusion = Confusion()
    labelled = 0
    for submission, row in outcomes.accepted:
        fraud = submission.first.transaction.fraud
        if fraud is not None and row is not None and row.outcome is not None:
            confusion.add(fraud, row.flagged)
            labelled += 1
    return confusion if labelled else None


def _verdicts(outcomes: Outcomes) -> dict[str, PolicyCount]:
    found = ((row, submission.first.transaction.fraud) for submission, row in outcomes.accepted)
    return verdicts.count((row, fraud) for row, fraud in found if row is not None and row.outcome is not None)


def _checks(books: Books, snapshot: Snapshot) -> list[Check]:
    """Return what has to hold in every system."""
    outcomes = books.accepted + books.rejected + books.conflicts
    return [
        Check(
            "Every submission has one outcome",
            books.submitted == outcomes and books.submitted > 0 and not books.contradictory,
            f"{books.submitted:,} submitted = {books.accepted:,} accepted + {books.rejected:,} rejected"
            f" + {books.conflicts:,} conflicts; {books.unanswered:,} unanswered",
        ),
        Check(
            "Answers are the expected ones",
            books.unexpected == 0 and snapshot.unreadable == 0,
            f"{books.unexpected:,} unexpected; {snapshot.unreadable:,} unreadable queue messages",
        ),
        Check(
            "Everything accepted is settled",
            books.settled == books.accepted,
            f"{books.settled:,} of {books.accepted:,} settled; {books.failed:,} failed, {books.held:,} held",
        ),
        Check("Nothing is lost", books.lost == 0, f"{books.lost:,} lost"),
        Check("Nothing is decided twice", books.duplicated == 0, f"{books.duplicated:,} duplicated"),
    ]
