"""What must hold of stream_alerts when everything has come to rest."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.aws.dynamo import from_item
from pipeline.domain.status import FLAGGED, Status
from pipeline.domain.times import to_unix
from tests.property.simulation.invariants import answers_allowed, history_is_whole
from tests.property.simulation.scenario import Submission
from tests.property.simulation.stream_alerts import POISON, StreamAlerts

Row = Mapping[str, Any]


def violations(system: StreamAlerts) -> list[str]:
    """Return what does not hold, in words."""
    return [f"{check.__name__}: {problem}" for check in CHECKS for problem in check(system)]


def _items(system: StreamAlerts) -> dict[str, list[Row]]:
    """Return the items of transactions, those of each id together."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in system.items():
        if not row["transaction_id"].startswith(POISON):
            found[row["transaction_id"]].append(row)
    return found


def _is(row: Row, submission: Submission) -> bool:
    """Tell whether a row holds what was submitted."""
    at = to_unix(submission.occurred_at)
    return (row["amount"], row["timestamp"]) == (submission.amount, at)


def answers_stand(system: StreamAlerts) -> Iterator[str]:
    """Check that who was told 200 or 202 finds the transaction as it was sent, and who was told 409 another one."""
    items = _items(system)
    allowed = answers_allowed(system)
    for answer in system.answers:
        submission = answer.submission
        key, rows = submission.transaction_id, items.get(submission.transaction_id, [])
        if answer.status not in allowed:
            yield f"{key} was answered with {answer.status}"
        if answer.status in (200, 202) and not any(_is(row, submission) for row in rows):
            yield f"{key} was accepted and is not there as it was sent"
        if answer.status == 409 and any(_is(row, submission) for row in rows):
            yield f"{key} was refused as another's, and is there as it was sent"


def one_item_each(system: StreamAlerts) -> Iterator[str]:
    """Check that an id has one item, at whatever times it was sent, and that the claim of it leads there."""
    items = _items(system)
    claims = {
        row["transaction_id"]: row for row in map(from_item, system.database.tables["transaction-ids"].rows.values())
    }
    if set(claims) != set(items):
        yield f"claimed are {sorted(claims)}, stored {sorted(items)}"
    for key, rows in items.items():
        if len(rows) != 1:
            yield f"{key} has {len(rows)} items"
        if key in claims and claims[key]["timestamp"] != rows[0]["timestamp"]:
            yield f"the claim of {key} leads elsewhere"


def each_is_decided_once(system: StreamAlerts) -> Iterator[str]:
    """Check that every transaction has been decided, by one change."""
    for key, rows in _items(system).items():
        for row in rows:
            if row["status"] == Status.RECEIVED:
                yield f"{key} still waits"
            yield from history_is_whole(key, row)


def poison_is_set_aside(system: StreamAlerts) -> Iterator[str]:
    """Check that a row which is no transaction is left as it is, and that people hear of it; the rest went on."""
    told = [json.loads(message.body) for message in system.detect_dead.messages]
    named = {each["keys"]["transaction_id"] for each in told if each.get("kind") == "POISON_RECORD"}
    poison = {row["transaction_id"] for row in system.items() if row["transaction_id"].startswith(POISON)}
    if poison - named - system.given_up or named - poison:
        yield f"no transactions are {sorted(poison)}, set aside {sorted(named)}"
    if system.given_up and not any("DDBStreamBatchInfo" in each for each in told):
        yield f"nobody was told that the stream gave up {sorted(system.given_up)}"


def one_alert_each(system: StreamAlerts) -> Iterator[str]:
    """Check that the team hears of each flagged transaction, and of no other; and once, but for the stated window.

    A second alert is allowed for each call of `notify` for that transaction that was struck: SNS had taken the alert,
    and `notify` died, or got no answer, or could not mark it.
    """
    sent = Counter(each.subject.rpartition(" ")[2] for each in system.topics.published)
    flagged = {key for key, rows in _items(system).items() if any(row["status"] in FLAGGED for row in rows)}
    if set(sent) != flagged:
        yield f"flagged are {sorted(flagged)}, told of {sorted(sent)}"
    for key, times in sent.items():
        excused = sum(
            point.function == "notify" and key in _about(arguments) for point, arguments in system.network.hindered
        )
        if times > 1 + excused:
            yield f"{times} alerts of {key} were sent, {excused} calls were struck"


def _about(arguments: Mapping[str, Any]) -> str:
    """Return the transaction that a call of `notify` is about."""
    if "Key" in arguments:
        return str(arguments["Key"]["transaction_id"]["S"])
    return str(arguments["Subject"]).rpartition(" ")[2]


def sent_alerts_are_marked(system: StreamAlerts) -> Iterator[str]:
    """Check that a row says SENT if nothing kept `notify` from writing it."""
    hindered = {_about(arguments) for point, arguments in system.network.hindered if point.function == "notify"}
    for key, rows in _items(system).items():
        if rows[0]["status"] in FLAGGED and key not in hindered and rows[0].get("alert", {}).get("state") != "SENT":
            yield f"the alert of {key} was sent, and its row does not say so"


def nothing_is_left(system: StreamAlerts) -> Iterator[str]:
    """Check that the queues of alerts are empty."""
    for queue in (system.alerts, system.alerts_dead):
        if queue.messages:
            yield f"{len(queue.messages)} messages are left in {queue.name}"


CHECKS = (
    answers_stand,
    one_item_each,
    each_is_decided_once,
    poison_is_set_aside,
    one_alert_each,
    sent_alerts_are_marked,
    nothing_is_left,
)
