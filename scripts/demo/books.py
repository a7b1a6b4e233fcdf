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
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from scripts.demo import verdicts
from scripts.demo.client import Sent
from scripts.demo.observe import Row, Snapshot
from scripts.demo.system import System
from scripts.demo.verdicts import PolicyCount

ACCEPTED, CONFLICT, REJECTED, UNANSWERED = "accepted", "conflict", "rejected", "unanswered"
EXAMPLES_KEPT = 20
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
    """The counts of a run, and what has to hold among them."""

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
    out_of_order: int = 0
    contradictory: int = 0
    unexpected: int = 0
    by_status: dict[str, int] = field(default_factory=dict)
    http_answers: dict[str, int] = field(default_factory=dict)
    high_value: dict[str, int] = field(default_factory=dict)
    cases: dict[str, Any] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    confusion: Optional[Confusion] = None
    policies: dict[str, PolicyCount] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)

    @property
    def balanced(self) -> bool:
        """Whether everything that has to hold does."""
        return all(check.holds for check in self.checks)

    def note(self, kind: str, what: str) -> None:
        """Keep an example of something that should not have happened."""
        kept = self.examples.setdefault(kind, [])
        if len(kept) < EXAMPLES_KEPT:
            kept.append(what)


def submissions(sent: Iterable[Sent], system: System) -> list[Submission]:
    """Group sendings into submissions, in the order of sending."""
    groups: dict[tuple[str, str], list[Sent]] = defaultdict(list)
    for one in sent:
        groups[one.transaction.transaction_id, one.fingerprint].append(one)
    return [_submission(group, system) for group in groups.values()]


def _submission(group: Sequence[Sent], system: System) -> Submission:
    by_outcome: dict[str, Sent] = {}
    for one in group:
        by_outcome.setdefault(outcome_of(one.status, system), one)
    final = next(outcome for outcome in (ACCEPTED, CONFLICT, REJECTED, UNANSWERED) if outcome in by_outcome)
    definite = set(by_outcome) - {UNANSWERED}
    return Submission(by_outcome[final], final, len(group), len(definite) > 1)


def outcome_of(status: Optional[int], system: System) -> str:
    """Return what an HTTP status says about a submission."""
    if status in system.accepted_codes:
        return ACCEPTED
    if status == 409:
        return CONFLICT
    if status is not None and 400 <= status < 500 and status != _TOO_MANY_REQUESTS:
        return REJECTED
    return UNANSWERED


def count(sent: Sequence[Sent], snapshot: Snapshot, system: System) -> Books:
    """Count the books of a run.

    Parameters
    ----------
    sent
        All sendings with their answers.
    snapshot
        What is in the tables, the queue and the archive now.
    system
        What rows and answers mean.

    """
    books = Books()
    made = submissions(sent, system)
    _count_answers(books, sent, made)
    accepted = [submission for submission in made if submission.outcome == ACCEPTED]
    committed = _count_settlement(books, accepted, snapshot.rows, system)
    _count_duplicates(books, {row.account_id for row in committed}, snapshot)
    _count_disorder(books, accepted, snapshot.rows)
    _count_high_value(books, accepted, committed, snapshot, system)
    _count_cases(books, committed, snapshot, system)
    _count_events(books, committed, snapshot)
    books.confusion = _confusion(accepted, snapshot.rows, system)
    books.policies = _verdicts(accepted, snapshot.rows, system)
    books.checks = _checks(books, snapshot)
    return books


def own_row(submission: Submission, rows: Mapping[str, Row]) -> Optional[Row]:
    """Return the row of an accepted submission; a row that holds another body is not its own."""
    transaction = submission.first.transaction
    row = rows.get(transaction.transaction_id)
    if row is None:
        return None
    ours = (transaction.account_id, transaction.merchant_id, transaction.amount, transaction.currency)
    return row if (row.account_id, row.merchant_id, row.amount, row.currency) == ours else None


def _count_answers(books: Books, sent: Sequence[Sent], made: Sequence[Submission]) -> None:
    outcomes = Counter(submission.outcome for submission in made)
    books.submitted = len(made)
    books.accepted = outcomes[ACCEPTED]
    books.conflicts = outcomes[CONFLICT]
    books.rejected = outcomes[REJECTED]
    books.unanswered = outcomes[UNANSWERED]
    books.repeats = len(sent) - len(made)
    answers = Counter(str(one.status) if one.status else "none" for one in sent)
    books.http_answers = dict(sorted(answers.items()))
    for submission in made:
        transaction = submission.first.transaction
        if submission.outcome == UNANSWERED:
            books.note("unanswered", transaction.transaction_id)
        if submission.contradictory:
            books.contradictory += 1
            books.note("contradictory", transaction.transaction_id)
        if transaction.expected not in (None, submission.outcome):
            books.unexpected += 1
            books.note("unexpected", f"{transaction.transaction_id}: {submission.outcome}, not {transaction.expected}")


def _count_settlement(
    books: Books, accepted: Sequence[Submission], rows: Mapping[str, Row], system: System
) -> list[Row]:
    """Count what became of the accepted submissions; return the rows that carry a decision."""
    committed: list[Row] = []
    statuses: Counter[str] = Counter()
    for submission in accepted:
        transaction_id = submission.first.transaction.transaction_id
        row = own_row(submission, rows)
        if row is not None:
            statuses[row.status] += 1
        if row is not None and (row.outcome is not None or row.status == system.rejected):
            books.settled += 1
            if row.outcome is not None:
                committed.append(row)
        elif row is not None and row.status == system.failed:
            books.failed += 1
            books.note("failed", transaction_id)
        elif row is not None and row.status == system.held:
            books.held += 1
            books.note("held", transaction_id)
        else:
            books.lost += 1
            books.note("lost", f"{transaction_id}: {f'still {row.status}' if row else 'no row with its body'}")
    books.by_status = dict(sorted(statuses.items()))
    return committed


def _count_duplicates(books: Books, accounts: set[str], snapshot: Snapshot) -> None:
    """Count commits beyond one per transaction: in the accounts, in the histories, and in the announcements.

    An account's count is compared with all of its rows, also those of earlier runs.
    """
    sequences: dict[str, list[int]] = defaultdict(list)
    for row in snapshot.rows.values():
        if row.account_id not in accounts:
            continue
        if row.sequence is not None:
            sequences[row.account_id].append(row.sequence)
        if row.commits > 1:
            books.duplicated += row.commits - 1
            books.note("duplicated", f"{row.transaction_id}: decided {row.commits} times")
        announced = snapshot.archive.decided.get(row.transaction_id, set())
        if len(announced) > 1:
            books.duplicated += len(announced) - 1
            books.note("duplicated", f"{row.transaction_id}: announced as {', '.join(sorted(announced))}")
    for account in sorted(accounts):
        taken = sequences[account]
        commits = snapshot.commits.get(account, 0)
        surplus = abs(commits - len(taken)) + len(taken) - len(set(taken))
        if surplus:
            books.duplicated += surplus
            books.note("duplicated", f"{account}: {commits} commits, {len(taken)} rows, {len(set(taken))} places")


def _count_disorder(books: Books, accepted: Sequence[Submission], rows: Mapping[str, Row]) -> None:
    """Count neighbours in an account's order of commits that were accepted the other way round."""
    per_account: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for submission in accepted:
        row = own_row(submission, rows)
        if row is not None and row.sequence is not None:
            per_account[row.account_id].append((row.sequence, submission.first.order, row.transaction_id))
    for account, commits in sorted(per_account.items()):
        commits.sort()
        for before, after in zip(commits, commits[1:]):
            if before[1] > after[1]:
                books.out_of_order += 1
                books.note("out_of_order", f"{account}: {after[2]} was accepted before {before[2]}")


def _count_high_value(
    books: Books, accepted: Sequence[Submission], committed: Sequence[Row], snapshot: Snapshot, system: System
) -> None:
    above = system.high_value_above
    routed = [row for row in committed if system.high_value_route in row.routes]
    all_routed = sum(1 for row in snapshot.rows.values() if system.high_value_route in row.routes)
    books.high_value = {
        "transactions": sum(1 for submission in accepted if submission.first.transaction.amount > above),
        "exactly_at_threshold": sum(1 for submission in accepted if submission.first.transaction.amount == above),
        "rows": len(routed),
        "wrongly_routed": sum(1 for row in routed if row.amount <= above),
        "rows_of_all_runs": all_routed,
        "priority_messages": snapshot.priority_messages,
    }


def _count_cases(books: Books, committed: Sequence[Row], snapshot: Snapshot, system: System) -> None:
    flagged = [row for row in committed if row.outcome in system.flagged]
    cases = [snapshot.cases[row.transaction_id] for row in flagged if row.transaction_id in snapshot.cases]
    for row in flagged:
        if row.transaction_id not in snapshot.cases:
            books.note("without_case", row.transaction_id)
    books.cases = {
        "flagged": len(flagged),
        "opened": len(cases),
        "by_status": dict(sorted(Counter(case.status for case in cases).items())),
        "by_outcome": dict(sorted(Counter(case.outcome or "none yet" for case in cases).items())),
    }


def _count_events(books: Books, committed: Sequence[Row], snapshot: Snapshot) -> None:
    archive = snapshot.archive
    unannounced = [row.transaction_id for row in committed if row.transaction_id not in archive.decided]
    for transaction_id in unannounced:
        books.note("unannounced", transaction_id)
    books.events = {
        "archived": len(archive.deliveries),
        "decisions": len(committed) - len(unannounced),
        "unannounced": len(unannounced),
        "delivered_again": sum(archive.deliveries.values()) - len(archive.deliveries),
    }


def _confusion(accepted: Sequence[Submission], rows: Mapping[str, Row], system: System) -> Optional[Confusion]:
    confusion = Confusion()
    labelled = 0
    for submission in accepted:
        row = own_row(submission, rows)
        fraud = submission.first.transaction.fraud
        if fraud is not None and row is not None and row.outcome is not None:
            confusion.add(fraud, row.outcome in system.flagged)
            labelled += 1
    return confusion if labelled else None


def _verdicts(accepted: Sequence[Submission], rows: Mapping[str, Row], system: System) -> dict[str, PolicyCount]:
    found = ((own_row(submission, rows), submission.first.transaction.fraud) for submission in accepted)
    return verdicts.count(((row, fraud) for row, fraud in found if row is not None and row.outcome is not None), system)


def _checks(books: Books, snapshot: Snapshot) -> list[Check]:
    outcomes = books.accepted + books.rejected + books.conflicts
    high, cases, events = books.high_value, books.cases, books.events
    return [
        Check(
            "Every submission has one outcome",
            books.submitted == outcomes and books.submitted > 0 and not books.contradictory,
            f"{books.submitted:,} submitted = {books.accepted:,} accepted + {books.rejected:,} rejected"
            f" + {books.conflicts:,} conflicts; {books.unanswered:,} unanswered",
        ),
        Check(
            "Everything accepted is settled",
            books.settled == books.accepted,
            f"{books.settled:,} of {books.accepted:,} settled; {books.failed:,} failed, {books.held:,} held",
        ),
        Check("Nothing is lost", books.lost == 0, f"{books.lost:,} lost"),
        Check("Nothing is decided twice", books.duplicated == 0, f"{books.duplicated:,} duplicated"),
        Check("Each account's order is kept", books.out_of_order == 0, f"{books.out_of_order:,} out of order"),
        Check(
            "Answers are the expected ones",
            books.unexpected == 0 and snapshot.rejected_messages == 0,
            f"{books.unexpected:,} unexpected; {snapshot.rejected_messages:,} unreadable queue messages",
        ),
        Check(
            "High values took the priority route",
            high["rows"] == high["transactions"]
            and not high["wrongly_routed"]
            and high["priority_messages"] == high["rows_of_all_runs"],
            f"{high['transactions']:,} above the threshold, {high['rows']:,} routed,"
            f" {high['priority_messages']:,} of {high['rows_of_all_runs']:,} messages in the priority queue",
        ),
        Check(
            "Every flagged transaction has a case",
            cases["opened"] == cases["flagged"],
            f"{cases['opened']:,} of {cases['flagged']:,} flagged have one",
        ),
        Check(
            "Every decision was announced and archived",
            events["unannounced"] == 0,
            f"{events['decisions']:,} of {events['decisions'] + events['unannounced']:,} announced;"
            f" {events['archived']:,} events in the archive",
        ),
    ]
