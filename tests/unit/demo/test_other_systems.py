"""The books of systems that lack parts of the flagship: what is not there is not checked, what is, is."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from scripts.demo import books
from scripts.demo.client import Sent
from scripts.demo.model import Transaction
from scripts.demo.parts.alerts import Alerts
from scripts.demo.parts.dead_letters import DeadLetters
from scripts.demo.state import Row, Snapshot
from tests.unit.demo.builders import alerts, row, sent, transaction, waiting_row

COMMON = [
    "Every submission has one outcome",
    "Answers are the expected ones",
    "Everything accepted is settled",
    "Nothing is lost",
    "Nothing is decided twice",
]
ALERTED_ONCE = "Every flagged transaction was alerted exactly once"


def merchant_api_row(given: Transaction, **changes: Any) -> Row:
    return row(given, **{"account_id": None, "sequence": None, **changes})


def flagged_row(given: Transaction, **changes: Any) -> Row:
    return row(given, **{"sequence": None, "outcome": "FRAUD_SUSPECTED", "status": "FRAUD_SUSPECTED", **changes})


def merchant_api(answers: Sequence[Sent], *rows: Row, **changes: Any) -> books.Books:
    return books.count(answers, Snapshot({one.transaction_id: one for one in rows}, **changes))


def stream_alerts(answers: Sequence[Sent], rows: Sequence[Row], sent_alerts: Alerts) -> books.Books:
    findings = [sent_alerts, DeadLetters({"alerts-dlq": 0, "stream-dlq": 0})]
    return books.count(answers, Snapshot({one.transaction_id: one for one in rows}, findings))


def failing(counts: books.Books) -> list[str]:
    return [check.name for check in counts.checks if not check.holds]


def test_a_system_without_parts_has_the_common_checks_and_no_other() -> None:
    one, two = transaction("t1"), transaction("t2", amount=Decimal("10000.01"))

    counts = merchant_api([sent(one), sent(two, 1)], merchant_api_row(one), merchant_api_row(two))

    assert [check.name for check in counts.checks] == COMMON
    assert counts.balanced
    assert counts.parts == {}


def test_without_accounts_a_second_decision_shows_in_the_history() -> None:
    one = transaction()

    counts = merchant_api([sent(one)], merchant_api_row(one, commits=2))

    assert counts.duplicated == 1
    assert failing(counts) == ["Nothing is decided twice"]


def test_without_accounts_a_row_that_waits_or_is_gone_is_lost() -> None:
    one, two = transaction("t1"), transaction("t2")

    counts = merchant_api([sent(one), sent(two, 1)], waiting_row(one))

    assert counts.lost == 2
    assert not counts.balanced


def test_flagged_transactions_are_counted_where_nothing_follows_them() -> None:
    one, two = transaction("t1"), transaction("t2")

    assert merchant_api([sent(one), sent(two, 1)], flagged_row(one), merchant_api_row(two)).flagged == 1


def test_one_alert_for_each_flagged_transaction_and_none_for_the_others_balances() -> None:
    one, two = transaction("t1"), transaction("t2")

    counts = stream_alerts([sent(one), sent(two, 1)], [flagged_row(one), row(two)], alerts("t1"))

    assert [check.name for check in counts.checks] == [*COMMON, ALERTED_ONCE, "The dead-letter queues are empty"]
    assert counts.balanced
    assert counts.parts["alerts"] == {"flagged": 1, "alerted": 1, "repeated": 0, "unfounded": 0}


def test_a_flagged_transaction_without_an_alert_is_found() -> None:
    one = transaction()

    counts = stream_alerts([sent(one)], [flagged_row(one)], alerts())

    assert failing(counts) == [ALERTED_ONCE]
    assert counts.examples["not_alerted"] == ["t1"]


def test_an_alert_too_many_is_a_duplicate() -> None:
    one = transaction()

    counts = stream_alerts([sent(one)], [flagged_row(one)], alerts("t1", "t1", "t1"))

    assert counts.duplicated == 2
    assert failing(counts) == ["Nothing is decided twice", ALERTED_ONCE]


def test_an_alert_about_a_transaction_that_is_not_flagged_is_found() -> None:
    one = transaction()

    counts = stream_alerts([sent(one)], [row(one, sequence=None)], alerts("t1"))

    assert failing(counts) == [ALERTED_ONCE]
    assert counts.examples["alerted_without_a_reason"] == ["t1"]


def test_an_alert_about_a_flagged_transaction_of_an_earlier_run_is_none_too_many() -> None:
    earlier, one = transaction("t0"), transaction("t1")

    counts = stream_alerts([sent(one)], [flagged_row(earlier), row(one, sequence=None)], alerts("t0"))

    assert counts.balanced


def test_a_run_is_not_over_while_alerts_are_missing_or_may_still_come() -> None:
    one, two = transaction("t1"), transaction("t2")
    made = books.submissions([sent(one), sent(two, 1)])
    outcomes = books.outcomes_of(made, {"t1": flagged_row(one), "t2": flagged_row(two)})

    assert alerts("t1", queued=3).unfinished(outcomes) == {"alerts": 1, "queued alerts": 3}
