"""What must hold of securebank when everything has come to rest."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Optional

from pipeline.aws.layout import by_customer
from pipeline.aws.queue import Message
from pipeline.aws.stream_reader import StreamReader
from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.records import MESSAGE_PREFIX
from pipeline.domain.request_schemas import request_schema
from pipeline.domain.status import FLAGGED, Status
from tests.property.simulation import invariants
from tests.property.simulation.kinesis import Entry
from tests.property.simulation.label_invariants import labels_stand
from tests.property.simulation.scenario import Submission
from tests.property.simulation.securebank import SecureBank

Line = Mapping[str, Any]
Version = tuple[str, int, int]
"""A transaction's id, its revision and the revision of its labels."""


class BankBooks(invariants.Books):
    """What is left of a schedule, read once for all checks; customers are the accounts here."""

    def __init__(self, system: SecureBank) -> None:
        self.system: Any = system
        layout = by_customer("transaction-ids")
        everything = [layout.ours(row) for row in system.items()]
        self.rows = {row["transaction_id"]: row for row in everything if not _is_message(row)}
        self.messages = {row["transaction_id"]: row for row in everything if _is_message(row)}
        self.many = Counter(row["transaction_id"] for row in everything)
        self.accounts = system.rows("customers")
        self.failures = [each.content for each in system.topics.published]
        self.is_lost = any(each.get("kind") == "RECORDS_LOST" for each in self.failures)
        self.read = {entry.number: _transaction_in(entry) for entry in system.stream.taken}
        self.places = self._places(system.stream.taken)
        self.buried = self._places([each for each in system.stream.taken if each.sequence_number in system.given_up])
        self.by_account = defaultdict(dict)
        for key, row in self.rows.items():
            self.by_account[row["account_id"]][key] = row
        self.lines = list(_lines(system))

    def _places(self, entries: list[Entry]) -> dict[str, int]:
        """Return the place of each transaction on the stream: of those that share an id, of the one that stands."""
        places: dict[str, int] = {}
        for entry in entries:
            found = self.read[entry.number]
            row = self.rows.get(found[0]) if found else None
            if found and row and row["fingerprint"] == found[1]:
                places.setdefault(found[0], entry.number)
        return places


def _is_message(row: Mapping[str, Any]) -> bool:
    return str(row["transaction_id"]).startswith(MESSAGE_PREFIX)


def _transaction_in(entry: Entry) -> Optional[tuple[str, str]]:
    """Return the id and the fingerprint of what a record holds; None if that is no transaction."""
    body = entry.data.decode("utf-8", "backslashreplace")
    try:
        found = _READER.read(Message(str(entry.number), "", body, entry.key, entry.sequence_number, 1))
    except InvalidTransactionError:
        return None
    return found.transaction_id, found.acceptance.transaction.fingerprint


_READER = StreamReader(request_schema("securebank"))


def _lines(system: SecureBank) -> Iterator[Line]:
    for (_, key), body in system.buckets.objects.items():
        if key.startswith("raw/"):
            yield from map(json.loads, gzip.decompress(body).decode().splitlines())


def violations(system: SecureBank) -> list[str]:
    """Return what does not hold, in words."""
    books = BankBooks(system)
    return [f"{check.__name__}: {problem}" for check in CHECKS for problem in check(books)]


def _is(row: Mapping[str, Any], submission: Submission) -> bool:
    sent = (submission.account_id, submission.amount, submission.occurred_at.replace("Z", ".000000Z"))
    return (row["account_id"], row["amount"], row["occurred_at"]) == sent


def answers_stand(books: BankBooks) -> Iterator[str]:
    """Check that whoever was told that a transaction is accepted finds it as it was sent, or why not.

    What the gateway took itself may turn out later to have another's id: then it is refused, and the refusal found.
    """
    refused = {row.get("claimed_transaction_id") for row in books.messages.values() if row["status"] == Status.REJECTED}
    allowed = invariants.answers_allowed(books.system)
    for answer in books.system.answers:
        key, row = answer.submission.transaction_id, books.rows.get(answer.submission.transaction_id)
        if answer.status not in allowed:
            yield f"{key} was answered with {answer.status}"
        stands = row is not None and _is(row, answer.submission)
        told_later = answer.submission.direct and (key in refused or books.is_lost)
        if answer.status in (200, 202) and not stands and not told_later:
            yield f"{key} was accepted and is not there as it was sent"
        if answer.status == 409 and stands:
            yield f"{key} was refused as another's, and is there as it was sent"


def one_row_each(books: BankBooks) -> Iterator[str]:
    """Check that an id has one row, whoever sends it and when, and that its claim leads there."""
    claims = {row["transaction_id"]: row for row in books.system.items("transaction-ids")}
    for key, row in books.rows.items():
        if books.many[key] != 1:
            yield f"{key} has {books.many[key]} rows"
        if key not in claims or claims[key]["timestamp"] != row["timestamp"]:
            yield f"the claim of {key} does not lead to its row"
    stray = {key for key in claims if "#" not in key} - set(books.rows)
    if stray:
        yield f"claimed and not there: {sorted(stray)}"


def failures_are_told(books: BankBooks) -> Iterator[str]:
    """Check that every failure has an alert, or people hear that records were lost, that one among them."""
    if not books.is_lost:
        yield from invariants.failures_are_told(books)


def customers_are_readable(books: BankBooks) -> Iterator[str]:
    """Check that a customer's row says in words what its decided transactions add up to."""
    for customer, rows in books.by_account.items():
        decided = [row for row in rows.values() if "decision" in row]
        stored = books.accounts.get(customer, {})
        if not decided or customer in books.system.scenario.unreadable:
            continue
        total = sum((row["amount"] for row in decided), Decimal(0))
        if (stored["transaction_count"], stored["total_amount"]) != (len(decided), total):
            said = stored["transaction_count"], stored["total_amount"]
            yield f"{customer} says that {said} were decided, and not {len(decided)}, {total}"


def counters_are_sums(books: BankBooks) -> Iterator[str]:
    """Check that the counters of each day are the sum of its decisions."""
    expected: Counter[tuple[str, str]] = Counter()
    for row in books.rows.values():
        if "decision" in row:
            day = row["occurred_at"][:10]
            expected.update({(day, name): value for name, value in _counted(row).items()})
    found: Counter[tuple[str, str]] = Counter()
    for row in books.system.items("insights"):
        day, _, _ = row["bucket"].partition("#")
        found.update({(day, name): value for name, value in row.items() if name != "bucket"})
    if +expected != +found:
        yield f"counted are {dict(+found)}, decided were {dict(+expected)}"


def _counted(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a decided row adds to the counters of its day."""
    outcome, currency = row["decision"]["outcome"], row["currency"]
    is_fraud = outcome == Status.FRAUD_SUSPECTED
    return {
        "transactions": 1,
        "flagged": int(outcome in FLAGGED),
        "fraud": int(is_fraud),
        f"amount:{currency}": row["amount"],
        f"fraud_amount:{currency}": row["amount"] * int(is_fraud),
        f"risk:{int(row['risk_score'] * 10)}": 1,
        **{f"reason:{reason['code']}": 1 for reason in row["decision"]["reasons"]},
    }


def lake_is_the_table(books: BankBooks) -> Iterator[str]:
    """Check that the lake holds a line for each settled state of each row, and that all lines of a state are alike."""
    found: dict[Version, str] = {}
    for line in books.lines:
        text = json.dumps(line, sort_keys=True)
        version = (line["transaction_id"], line["revision"], line["label_revision"])
        if found.setdefault(version, text) != text:
            yield f"two lines of {version} say different things"
    expected: dict[Version, str] = {}
    for change in books.system.transactions.changes:
        version = _version(change.new)
        if change.new["status"]["S"] != "RECEIVED" and (change.old is None or _version(change.old) != version):
            expected[version] = change.new["status"]["S"]
    said = {version: json.loads(text)["status"] for version, text in found.items()}
    if said != expected:
        yield f"in the lake are {sorted(said.items())}, in the table were {sorted(expected.items())}"
    if books.system.buckets.changed:
        yield f"objects were overwritten with something else: {sorted(books.system.buckets.changed)}"


def _version(row: Mapping[str, Any]) -> Version:
    labelled = row.get("label_revision", {"N": "0"})
    return row["transaction_id"]["S"], int(row["revision"]["N"]), int(labelled["N"])


def sums_reconcile(books: BankBooks) -> Iterator[str]:
    """Check that the amounts of the last line of each decided transaction add up to the table's and the counters'."""
    last: dict[str, Line] = {}
    for line in sorted(books.lines, key=lambda line: (line["revision"], line["label_revision"])):
        last[line["transaction_id"]] = line
    in_lake = sum(Decimal(str(line["amount"])) for line in last.values() if line["risk_score"] is not None)
    in_table = sum(row["amount"] for row in books.rows.values() if "decision" in row)
    counted = sum(
        value for row in books.system.items("insights") for name, value in row.items() if name.startswith("amount:")
    )
    if not in_lake == in_table == counted:
        yield f"decided are {in_table} in the table, {in_lake} in the lake and {counted} in the counters"


def labels_are_kept(books: BankBooks) -> Iterator[str]:
    """Check what must hold of labels."""
    yield from labels_stand(books.system, books.rows)


def nothing_is_left(books: BankBooks) -> Iterator[str]:
    """Check that the queue of given-up batches is empty."""
    for queue in (books.system.queue, books.system.dead):
        if queue.messages:
            yield f"{len(queue.messages)} messages are left in {queue.name}"


CHECKS: tuple[Callable[[Any], Iterator[str]], ...] = (
    answers_stand,
    one_row_each,
    invariants.each_ends_once,
    invariants.accounts_are_folds,
    invariants.nothing_overtakes,
    invariants.quarantine_holds,
    failures_are_told,
    invariants.nothing_fails_for_nothing,
    customers_are_readable,
    counters_are_sums,
    lake_is_the_table,
    sums_reconcile,
    labels_are_kept,
    nothing_is_left,
)
