from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from scripts.demo import books
from scripts.demo.client import Sent
from scripts.demo.model import Transaction
from scripts.demo.parts.accounts import Accounts
from scripts.demo.parts.archive import Archive
from scripts.demo.parts.cases import Cases
from scripts.demo.parts.dead_letters import DeadLetters
from scripts.demo.parts.priority import PriorityRoute
from scripts.demo.state import Row, Snapshot
from tests.unit.demo.builders import archive, row, sent, snapshot, transaction, waiting_row


def counted(answers: Sequence[Sent], state: Snapshot) -> books.Books:
    return books.count(answers, state)


def failing(counts: books.Books) -> list[str]:
    return [check.name for check in counts.checks if not check.holds]


@dataclass
class Run:
    """A run that went well, to be spoilt in one place."""

    answers: list[Sent]
    rows: list[Row]

    @property
    def state(self) -> Snapshot:
        return snapshot(self.rows)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    accounts = draw(st.lists(st.integers(2, 6), min_size=1, max_size=4))
    pool = [f"a{number}" for number, length in enumerate(accounts) for _ in range(length)]
    pool = draw(st.permutations(pool))
    amounts = draw(st.lists(st.sampled_from(["5", "10000", "10000.01"]), min_size=len(pool), max_size=len(pool)))
    answers, rows, taken = [], [], dict.fromkeys(pool, 0)
    for order, (account, amount) in enumerate(zip(pool, amounts)):
        one = transaction(f"t{order}", account_id=account, amount=Decimal(amount))
        taken[account] += 1
        answers.append(sent(one, order))
        outcome = "APPROVED" if amount == "5" else "REVIEW_REQUIRED"
        rows.append(row(one, taken[account], status=outcome, outcome=outcome))
    return Run(answers, rows)


@given(runs())
def test_a_faultless_run_balances(run: Run) -> None:
    counts = counted(run.answers, run.state)

    assert failing(counts) == []
    assert counts.submitted == counts.accepted == counts.settled == len(run.answers)
    assert (counts.lost, counts.duplicated, counts.parts["out_of_order"]) == (0, 0, 0)


@given(runs(), st.data())
def test_each_row_that_is_gone_is_lost(run: Run, data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.sampled_from([one.transaction_id for one in run.rows]), min_size=1))
    state = snapshot([one for one in run.rows if one.transaction_id not in gone])

    counts = counted(run.answers, state)

    assert counts.lost == len(gone)
    assert counts.settled == counts.accepted - len(gone)
    assert not counts.balanced
    assert counts.examples["lost"][0].split(":")[0] in gone


@given(runs(), st.data())
def test_each_surplus_commit_of_an_account_is_a_duplicate(run: Run, data: st.DataObject) -> None:
    commits = Counter(one.account_id or "" for one in run.rows)
    account, surplus = data.draw(st.sampled_from(sorted(commits))), data.draw(st.integers(1, 3))
    commits[account] += surplus

    counts = counted(run.answers, snapshot(run.rows, accounts=Accounts(commits)))

    assert counts.duplicated == surplus
    assert failing(counts) == ["Nothing is decided twice"]


@given(runs(), st.data())
def test_two_rows_with_the_same_place_are_a_duplicate(run: Run, data: st.DataObject) -> None:
    spoilt = data.draw(st.sampled_from([n for n, one in enumerate(run.rows) if one.sequence == 2]))
    run.rows[spoilt] = replace(run.rows[spoilt], sequence=1)

    assert counted(run.answers, run.state).duplicated == 1


@given(runs(), st.data())
def test_two_neighbours_that_changed_places_are_out_of_order_once(run: Run, data: st.DataObject) -> None:
    account = data.draw(st.sampled_from([one.account_id for one in run.rows]))
    places = [n for n, one in enumerate(run.rows) if one.account_id == account]
    at = data.draw(st.integers(0, len(places) - 2))
    first, second = places[at], places[at + 1]
    run.rows[first], run.rows[second] = (
        replace(run.rows[first], sequence=run.rows[second].sequence),
        replace(run.rows[second], sequence=run.rows[first].sequence),
    )

    counts = counted(run.answers, run.state)

    assert counts.parts["out_of_order"] == 1
    assert failing(counts) == ["Each account's order is kept"]


@given(runs(), st.data())
def test_a_transaction_announced_as_two_events_is_a_duplicate(run: Run, data: st.DataObject) -> None:
    spoilt = data.draw(st.sampled_from([one.transaction_id for one in run.rows]))
    events = {one.transaction_id: {f"{one.transaction_id}#2"} for one in run.rows}
    events[spoilt].add(f"{spoilt}#3")

    assert counted(run.answers, snapshot(run.rows, archive=archive(events))).duplicated == 1


def test_an_event_delivered_twice_is_no_duplicate() -> None:
    one = transaction()
    events = Archive({"t1": {"t1#2"}})
    events.deliveries.update(["t1#2", "t1#2"])

    counts = counted([sent(one)], snapshot([row(one)], archive=events))

    assert counts.balanced
    assert counts.parts["events"]["delivered_again"] == 1


def test_a_row_that_was_decided_twice_is_a_duplicate() -> None:
    one = transaction()

    assert counted([sent(one)], snapshot([row(one, commits=2)])).duplicated == 1


def test_a_row_that_still_waits_is_lost() -> None:
    one = transaction()

    counts = counted([sent(one)], snapshot([waiting_row(one)]))

    assert counts.lost == 1
    assert counts.examples["lost"] == ["t1: still RECEIVED"]


def test_a_row_with_another_body_does_not_settle_a_submission() -> None:
    one = transaction()

    counts = counted([sent(one)], snapshot([row(replace(one, amount=Decimal("99")))]))

    assert counts.lost == 1
    assert not counts.balanced


def test_failed_and_held_rows_are_neither_settled_nor_lost() -> None:
    failed, held = transaction("t1"), transaction("t2", account_id="a2")
    state = snapshot([waiting_row(failed, "FAILED"), waiting_row(held, "HELD")])

    counts = counted([sent(failed, 0), sent(held, 1)], state)

    assert (counts.failed, counts.held, counts.lost, counts.settled) == (1, 1, 0, 0)
    assert failing(counts) == ["Everything accepted is settled"]


def test_a_row_that_the_pipeline_rejected_is_settled() -> None:
    one = transaction()

    assert counted([sent(one)], snapshot([waiting_row(one, "REJECTED")])).settled == 1


def test_a_repeat_is_counted_beside_the_submissions() -> None:
    one = transaction()

    counts = counted([sent(one, 0, 202), sent(one, 1, 200), sent(one, 2, 202)], snapshot([row(one)]))

    assert (counts.submitted, counts.accepted, counts.repeats) == (1, 1, 2)
    assert counts.balanced


def test_the_same_id_with_another_body_is_a_submission_of_its_own() -> None:
    one = transaction()
    other = replace(one, amount=Decimal("13"))

    counts = counted([sent(one, 0, 202), sent(other, 1, 409)], snapshot([row(one)]))

    assert (counts.submitted, counts.accepted, counts.conflicts) == (2, 1, 1)
    assert counts.balanced


def test_a_submission_without_an_answer_keeps_the_books_from_balancing() -> None:
    counts = counted([sent(transaction(), status=None), sent(transaction("t2"), 1, 503)], snapshot([]))

    assert counts.unanswered == 2
    assert "Every submission has one outcome" in failing(counts)


def test_a_submission_answered_later_counts_by_its_final_outcome() -> None:
    one = transaction()

    counts = counted([sent(one, 0, None), sent(one, 1, 202)], snapshot([row(one)]))

    assert (counts.accepted, counts.unanswered) == (1, 0)
    assert counts.balanced


def test_the_same_body_answered_in_two_ways_is_contradictory() -> None:
    one = transaction()

    counts = counted([sent(one, 0, 202), sent(one, 1, 409)], snapshot([row(one)]))

    assert counts.contradictory == 1
    assert not counts.balanced


def test_an_answer_that_the_generator_did_not_expect_is_found() -> None:
    one = transaction(expected="rejected")

    counts = counted([sent(one)], snapshot([row(one)]))

    assert counts.examples["unexpected"] == ["t1: accepted, not rejected"]
    assert not counts.balanced


def test_exactly_ten_thousand_must_not_take_the_priority_route() -> None:
    one = transaction(amount=Decimal("10000"))

    counts = counted([sent(one)], snapshot([row(one, routes=("high_value",))]))

    assert counts.parts["high_value"]["wrongly_routed"] == 1
    assert failing(counts) == ["High values took the priority route"]


def test_a_high_value_without_its_message_is_found() -> None:
    one = transaction(amount=Decimal("10000.01"))

    counts = counted([sent(one)], snapshot([row(one)], priority=PriorityRoute(0)))

    assert failing(counts) == ["High values took the priority route"]


def test_a_flagged_transaction_without_a_case_is_found() -> None:
    one = transaction()
    flagged = row(one, outcome="FRAUD_SUSPECTED", status="FRAUD_SUSPECTED")

    counts = counted([sent(one)], snapshot([flagged], cases=Cases({})))

    assert failing(counts) == ["Every flagged transaction has a case"]
    assert counts.examples["without_case"] == ["t1"]


def test_a_decision_that_was_never_announced_is_found() -> None:
    one = transaction()

    counts = counted([sent(one)], snapshot([row(one)], archive=Archive()))

    assert failing(counts) == ["Every decision was announced and archived"]


def test_rows_of_an_earlier_run_do_not_count_as_duplicates() -> None:
    earlier, one = transaction("t0"), transaction("t1")

    assert counted([sent(one)], snapshot([row(earlier, 1), row(one, 2)])).balanced


def test_labels_are_compared_with_the_decision_also_when_the_case_changed_the_status() -> None:
    kinds = [(True, "REVIEW_REQUIRED"), (False, "REVIEW_REQUIRED"), (True, "APPROVED"), (False, "APPROVED")]
    made: list[tuple[Transaction, str]] = [
        (transaction(f"t{n}", account_id=f"a{n}", fraud=fraud), outcome) for n, (fraud, outcome) in enumerate(kinds)
    ]
    rows = [row(one, outcome=outcome, status="DECLINED") for one, outcome in made]

    counts = counted([sent(one, n) for n, (one, _) in enumerate(made)], snapshot(rows))

    assert counts.confusion == books.Confusion(tp=1, fp=1, tn=1, fn=1)


def test_without_labels_there_is_no_confusion() -> None:
    one = transaction()

    assert counted([sent(one)], snapshot([row(one)])).confusion is None


def test_a_run_that_sent_nothing_does_not_balance() -> None:
    assert not counted([], snapshot([])).balanced


def test_a_message_in_a_dead_letter_queue_is_found() -> None:
    one = transaction()

    counts = counted([sent(one)], snapshot([row(one)], dead_letters=DeadLetters({"dlq-1": 2, "dlq-2": 0})))

    assert failing(counts) == ["The dead-letter queues are empty"]
    assert counts.examples["dead_letters"] == ["2 in dlq-1"]


def test_a_second_row_of_one_id_is_a_duplicate() -> None:
    one = transaction()
    state = snapshot([row(one)])

    counts = counted([sent(one)], replace(state, surplus={"t1": 1}))

    assert counts.duplicated == 1
    assert failing(counts) == ["Nothing is decided twice"]


def test_a_row_of_another_account_does_not_settle_a_submission() -> None:
    one = transaction(account_id="a1")

    assert counted([sent(one)], snapshot([row(replace(one, account_id="a2"))])).lost == 1
