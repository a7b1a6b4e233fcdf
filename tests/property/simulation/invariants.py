"""What must hold of the flagship when everything has come to rest, whatever went wrong on the way."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from pipeline.aws.dynamo import to_bytes
from pipeline.domain.account import Account
from pipeline.domain.records import MESSAGE_PREFIX, acceptance_of
from pipeline.domain.settlement import BEHIND_FAILED
from pipeline.domain.status import FLAGGED, Status
from scripts.redrive.books import RELEASED
from tests.property.simulation.flagship import Flagship
from tests.property.simulation.queues import Queue
from tests.property.simulation.system import System

Row = Mapping[str, Any]

SETTLING = frozenset(
    {
        "SCORED",
        "UNKNOWN_MERCHANT",
        "RECEIVES_EXHAUSTED",
        "BEHIND_FAILED_TRANSACTION",
        "NOT_PROCESSABLE",
        "RETRIES_EXHAUSTED",
    }
)
"""Reasons of the one change that ends a transaction's wait."""


class Books:
    """What is left of a schedule, read once for all checks."""

    def __init__(self, system: Flagship) -> None:
        self.system = system
        everything = system.rows()
        self.rows = {key: row for key, row in everything.items() if not key.startswith(MESSAGE_PREFIX)}
        self.messages = {key: row for key, row in everything.items() if key.startswith(MESSAGE_PREFIX)}
        self.accounts = system.rows("accounts")
        self.cases = system.rows("cases")
        self.alerts = [each for each in system.topics.published if each.topic == "fraud"]
        self.failures = [each.content for each in system.topics.published if each.topic == "failures"]
        self.places = _places(system.queue)
        self.buried = _places(system.dead)
        self.by_account: dict[str, dict[str, Row]] = defaultdict(dict)
        for key, row in self.rows.items():
            self.by_account[row.get("account_id", "")][key] = row

    def released(self, account_id: str) -> bool:
        """Tell whether an operator has released something of an account."""
        return any(releases_in(row) for row in self.by_account[account_id].values())

    def committed(self, account_id: str) -> list[str]:
        """Return an account's decided transactions in the order of their decisions."""
        rows = self.by_account[account_id]
        return sorted((key for key in rows if "sequence" in rows[key]), key=lambda key: int(rows[key]["sequence"]))


def _places(queue: Queue) -> dict[str, int]:
    """Return the place of each transaction in the order in which a queue took them."""
    places: dict[str, int] = {}
    for place, message in enumerate(queue.taken):
        if message.body.startswith("{"):
            places.setdefault(json.loads(message.body)["transaction"]["transaction_id"], place)
    return places


Check = Callable[[Books], Iterator[str]]


def violations(system: Flagship) -> list[str]:
    """Return what does not hold of the flagship, in words."""
    return _broken(system, CHECKS)


def violations_without_accounts(system: Flagship) -> list[str]:
    """Return what does not hold of a system that decides each transaction on its own, and tells nobody."""
    return _broken(
        system, (answers_stand, each_ends_once, failures_are_told, nothing_fails_for_nothing, nothing_is_left)
    )


def _broken(system: Flagship, checks: tuple[Check, ...]) -> list[str]:
    books = Books(system)
    return [f"{check.__name__}: {problem}" for check in checks for problem in check(books)]


def answers_allowed(system: System) -> set[int]:
    """Return the answers that a client may get."""
    allowed = {200, 202, 409, 422, 503}
    if any(system.scenario.chances.skews):
        allowed.add(400)  # the clock of the function says that it lies in the future
    return allowed


def history_is_whole(key: str, row: Row) -> Iterator[str]:
    """Check that a row's history tells of each of its revisions, and of one change that ended each of its waits."""
    if row["revision"] != len(row["history"]):
        yield f"{key} has {len(row['history'])} lines of history at revision {row['revision']}"
    settled = [entry["reason"] for entry in row["history"] if entry["reason"] in SETTLING]
    if len(settled) != 1 + releases_in(row) and row["status"] != Status.RECEIVED:
        yield f"{key} was settled {len(settled)} times: {settled}"
    if row["history"][-1]["status"] != row["status"]:
        yield f"{key} says {row['status']}, its history {row['history'][-1]['status']}"


def answers_stand(books: Books) -> Iterator[str]:
    """Check that whoever was told that a transaction is accepted finds it, as it was sent."""
    allowed = answers_allowed(books.system)
    for answer in books.system.answers:
        key, row = answer.submission.transaction_id, books.rows.get(answer.submission.transaction_id)
        if answer.status not in allowed:
            yield f"{key} was answered with {answer.status}"
        if answer.status in (200, 202) and (row is None or row["amount"] != answer.submission.amount):
            yield f"{key} was accepted and is not there as it was sent"


def each_ends_once(books: Books) -> Iterator[str]:
    """Check that every transaction has reached one terminal status, by one change."""
    for key, row in books.rows.items():
        if row["status"] == Status.RECEIVED:
            yield f"{key} still waits"
        yield from history_is_whole(key, row)


def accounts_are_folds(books: Books) -> Iterator[str]:
    """Check that an account is what its decided transactions make of a new one, one after the other."""
    for account_id, rows in books.by_account.items():
        if account_id in books.system.scenario.unreadable:
            continue
        committed, stored = books.committed(account_id), books.accounts.get(account_id, {})
        sequences = [int(rows[key]["sequence"]) for key in committed]
        if sequences != list(range(1, len(committed) + 1)):
            yield f"{account_id} has the sequences {sequences}"
        account = Account(account_id)
        for key in committed:
            account = account.committed(acceptance_of(rows[key]))
        if committed and to_bytes(stored["profile"]) != account.profile.pack():
            yield f"the profile of {account_id} is not that of {committed}"
        if stored.get("last_transaction_id") != account.last_transaction_id:
            yield f"the last transaction of {account_id} is {stored.get('last_transaction_id')}"
        held = sum("held_behind" in row for row in rows.values())
        in_line = stored.get("held", 0) - stored.get("let_go", 0)
        if (stored.get("commits", 0), in_line) != (len(committed), held):
            counted = f"{stored.get('commits', 0)} commits of {len(committed)}, {in_line} in line of {held}"
            yield f"{account_id} counts {counted}"


def nothing_overtakes(books: Books) -> Iterator[str]:
    """Check that an account is decided in the order of the queue, and nothing of it after what failed or waits."""
    for account_id, rows in books.by_account.items():
        if account_id in books.system.unfenced:
            continue
        ranked = {key: books.places[key] for key in rows if key in books.places and not came_late(rows[key])}
        committed = [key for key in books.committed(account_id) if key in ranked]
        places = [ranked[key] for key in committed]
        if places != sorted(places):
            yield f"{account_id} decided {committed}, the queue had them at {places}"
        stopped = [key for key in ranked if rows[key]["status"] == Status.FAILED or "held_behind" in rows[key]]
        for key in committed:
            passed = [each for each in stopped if ranked[each] < ranked[key]]
            if passed:
                yield f"{key} was decided although {passed} came before it"


def releases_in(row: Row) -> int:
    """Return how often an operator has released a transaction."""
    return sum(str(entry["reason"]).startswith(RELEASED) for entry in row["history"])


def came_late(row: Row) -> bool:
    """Tell whether a transaction used up its own receives and was held then: its place in the line is a known limit."""
    reasons = [(entry["reason"], entry["actor"]) for entry in row["history"]]
    return any(reason == BEHIND_FAILED and actor != "process" for reason, actor in reasons) and releases_in(row) > 0


def quarantine_holds(books: Books) -> Iterator[str]:
    """Check that an account is blocked if and only if one of its transactions failed, and that others stand in line."""
    for account_id in sorted({*books.by_account, *books.accounts} - books.system.unfenced):
        rows = books.by_account[account_id]
        blocked_by = books.accounts.get(account_id, {}).get("blocked_by")
        failed = {key for key, row in rows.items() if row["status"] == Status.FAILED}
        if (blocked_by in failed) != bool(failed) or (blocked_by and not failed):
            yield f"{account_id} is blocked by {blocked_by}, failed are {sorted(failed)}"
        held = sorted((key for key in rows if "held_behind" in rows[key]), key=lambda key: rows[key]["hold_sequence"])
        behind = {rows[key]["held_behind"] for key in held}
        if behind - failed and not (books.released(account_id) and failed):  # who stays was held behind who is released
            yield f"{account_id} holds {held} behind what has not failed"
        held = [key for key in held if key not in books.buried]  # those come late into the line: a known limit
        if [books.places[key] for key in held] != sorted(books.places[key] for key in held):
            yield f"{account_id} holds {held} in another order than the queue's"


def commits_are_announced(books: Books) -> Iterator[str]:
    """Check that each change is announced at least once, with an id and a content that repeats share; and no other."""
    expected = {
        f"{key}#{revision}"
        for key, row in {**books.rows, **books.messages}.items()
        for revision, entry in enumerate(row["history"], 1)
        if entry["status"] != Status.RECEIVED
    }
    found: dict[str, str] = {}
    for event in books.system.bus.events:
        if event["detail-type"] in ("TransactionDecided", "TransactionStatusChanged"):
            detail = json.dumps(event["detail"], sort_keys=True)
            if found.setdefault(event["detail"]["event_id"], detail) != detail:
                yield f"{event['detail']['event_id']} was announced with two contents"
    if set(found) != expected:
        yield f"not announced: {sorted(expected - set(found))}; announced for nothing: {sorted(set(found) - expected)}"


def one_case_each(books: Books) -> Iterator[str]:
    """Check that a flagged transaction has one case, closed unless its execution failed; and that others have none."""
    flagged = {key for key, row in books.rows.items() if row.get("decision", {}).get("outcome") in FLAGGED}
    executions = books.system.workflows.executions.values()
    status = {each.arn: each.status for each in executions}
    broken = {each.document["detail"]["transaction_id"] for each in executions if each.status == "FAILED"}
    if set(books.cases) - flagged or flagged - set(books.cases) - broken:
        yield f"flagged are {sorted(flagged)}, cases {sorted(books.cases)}, failed executions {sorted(broken)}"
    if "RUNNING" in status.values():
        yield "an execution does not end"
    for key, case in books.cases.items():
        if case["status"] != "CLOSED" and status[case["execution_arn"]] != "FAILED":  # which raises an alarm
            yield f"the case of {key} is {case['status']}, its execution {status[case['execution_arn']]}"
        if case["status"] == "CLOSED" and case["transaction_status"] != books.rows[key]["status"]:
            yield f"the case of {key} says {case['transaction_status']}, the row {books.rows[key]['status']}"


def one_alert_each(books: Books) -> Iterator[str]:
    """Check that people hear of a case once, unless nobody could know whether the topic took the alert.

    A case whose execution failed may be opened again, and then is told of again.
    """
    doubtful = {
        json.dumps(arguments) for operation, arguments in books.system.network.doubtful if operation == "publish"
    }
    told = Counter((each.content.get("case", {}).get("case_id"), each.content["alert"]) for each in books.alerts)
    certain = Counter(
        (each.content["case"]["case_id"], each.content["alert"], each.content["execution_arn"])
        for each in books.alerts
        if "case" in each.content
        and json.dumps({"TopicArn": each.topic, "Subject": each.subject, "Message": each.text}) not in doubtful
    )
    for (key, alert, _), times in certain.items():
        if times > 1:
            yield f"{alert} of {key} was sent {times} times"
    failed = {each.arn for each in books.system.workflows.executions.values() if each.status == "FAILED"}
    tellers = Counter((key, alert) for key, alert, execution in certain if execution not in failed)
    for (key, alert), times in tellers.items():
        if times > 1:
            yield f"{alert} of {key} was sent by {times} executions"
    for key, case in books.cases.items():
        if case["execution_arn"] in failed:  # which raises an alarm, whatever became of its alerts
            continue
        wanted = {"alert": "CASE_FLAGGED", "hold": "CASE_HELD"}.get(case.get("action", ""))
        if case["status"] == "CLOSED" and wanted and (key, wanted) not in told:
            yield f"nobody was told {wanted} of {key}"
        if case["status"] == "CLOSED" and case["unanswered"] and (key, "CASE_UNANSWERED") not in told:
            yield f"nobody was told that {key} was left unanswered"


def failures_are_told(books: Books) -> Iterator[str]:
    """Check that every failure has an alert."""
    told = {each.get("transaction_id") for each in books.failures}
    failed = {key for key, row in books.rows.items() if row["status"] == Status.FAILED}
    if not failed <= told:
        yield f"nobody was told of {sorted(failed - told)}"


def nothing_fails_for_nothing(books: Books) -> Iterator[str]:
    """Check that transactions fail only where something went wrong."""
    scenario = books.system.scenario
    wrong = books.system.network.hindered or scenario.failures or scenario.deadly or scenario.unreadable
    failed = sorted(key for key, row in books.rows.items() if row["status"] == Status.FAILED)
    if failed and not wrong:
        yield f"nothing went wrong, and {failed} failed"


def high_values_are_routed(books: Books) -> Iterator[str]:
    """Check that the priority queue holds each decision of its route, in its account's group, and no other."""
    undelivered = {event["detail"]["event_id"] for event in books.system.undelivered}
    wanted = {
        event["detail"]["event_id"]: event["detail"]["account_id"]
        for event in books.system.bus.events
        if event["detail-type"] == "TransactionDecided" and "high_value" in event["detail"]["routes"]
    }
    found = {json.loads(message.body)["event_id"]: message.group for message in books.system.priority.taken}
    if found.items() - wanted.items() or set(wanted) - set(found) - undelivered:
        yield f"on the route are {wanted}, in the queue {found}, undelivered {undelivered}"


def everything_is_archived(books: Books) -> Iterator[str]:
    """Check that the archive holds every event, and that its decisions add up to the amounts of the decided rows."""
    archived: dict[str, Any] = {}
    for (_, key), body in books.system.buckets.objects.items():
        if key.startswith("events/"):
            for line in gzip.decompress(body).decode().splitlines():
                event = json.loads(line)
                archived[event["detail"]["event_id"]] = event
    for message in books.system.archive_dead.messages:
        event = json.loads(message.body)
        archived[event["detail"]["event_id"]] = event
    missing = {event["detail"]["event_id"] for event in books.system.bus.events} - set(archived)
    if missing:
        yield f"not in the archive: {sorted(missing)}"
    decided = [event["detail"] for event in archived.values() if event["detail-type"] == "TransactionDecided"]
    total = sum(Decimal(str(detail["amount"])) for detail in decided)
    expected = sum(row["amount"] for row in books.rows.values() if "decision" in row)
    if total != expected:
        yield f"decisions of {total} are archived, and {expected} were made"


def nothing_is_left(books: Books) -> Iterator[str]:
    """Check that the queues are empty."""
    system = books.system
    for queue in (system.queue, system.dead, system.archive_queue):
        if queue.messages:
            yield f"{len(queue.messages)} messages are left in {queue.name}"


CHECKS: tuple[Check, ...] = (
    answers_stand,
    each_ends_once,
    accounts_are_folds,
    nothing_overtakes,
    quarantine_holds,
    commits_are_announced,
    one_case_each,
    one_alert_each,
    failures_are_told,
    nothing_fails_for_nothing,
    high_values_are_routed,
    everything_is_archived,
    nothing_is_left,
)
