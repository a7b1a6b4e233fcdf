"""What has to hold after faults."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from scripts.demo.books import Books, count
from scripts.demo.state import Row, Snapshot
from scripts.soak.chaos import Episode
from scripts.soak.judgement import judge
from scripts.soak.operator import Release
from scripts.soak.schedule import BUS, KILL
from tests.unit.demo.builders import row, sent, transaction

NOTHING = Release()
GOT_OVER = Episode(KILL, began=1.0, backlog_before=0, ended=2.0, recovered=3.0)


def judged(
    *rows: Row,
    before: tuple[Row, ...] = (),
    release: Release = NOTHING,
    struck: Any = (KILL,),
    episodes: tuple[Episode, ...] = (GOT_OVER,),
) -> Books:
    given = [sent(transaction(each.transaction_id), order=order) for order, each in enumerate(rows)]
    books = count(given, Snapshot({each.transaction_id: each for each in rows}))
    judge(books, before or rows, release, [KILL], dict.fromkeys(struck, 1), episodes)
    return books


def undecided(transaction_id: str, status: str) -> Row:
    return replace(row(transaction(transaction_id)), status=status, outcome=None, sequence=None, commits=0)


def test_decided_transactions_balance() -> None:
    assert judged(row(transaction("t1"))).balanced


def test_what_was_given_up_and_released_balances() -> None:
    before = (undecided("t1", "FAILED"), undecided("t2", "HELD"))

    assert judged(row(transaction("t1")), row(transaction("t2")), before=before, release=Release(1, 1, 1)).balanced


def test_what_stays_given_up_fails_the_run() -> None:
    complaint = "it ended with 1: still waits"
    books = judged(undecided("t1", "FAILED"), release=Release(1, 0, 1, complaint=complaint))

    assert complaint in [check.detail for check in books.checks if not check.holds]
    assert books.failed == 1


def test_a_held_transaction_without_a_failed_one_is_named() -> None:
    books = judged(row(transaction("t1")), before=(row(transaction("t1")), undecided("t2", "HELD")))

    assert not books.balanced
    assert books.examples["held without cause"] == ["t2"]


def test_what_a_case_holds_is_decided_and_needs_no_failed_one() -> None:
    held = replace(row(transaction("t1")), status="HELD")

    assert judged(held, before=(held,)).balanced


def test_a_transaction_that_still_waits_is_lost() -> None:
    books = judged(undecided("t1", "RECEIVED"))

    assert not books.balanced
    assert books.lost == 1


def test_a_kind_that_never_struck_fails_the_run() -> None:
    failed = [check.detail for check in judged(row(transaction("t1")), struck=(BUS,)).checks if not check.holds]

    assert failed == [f"never: {KILL}"]


def test_a_fault_that_was_not_got_over_fails_the_run() -> None:
    lasting = replace(GOT_OVER, recovered=None)

    assert not judged(row(transaction("t1")), episodes=(lasting,)).balanced
