"""Settling an account in order: sequences, rejections, quarantine."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.settlement import plan_hold, plan_settlement
from pipeline.domain.status import Status
from tests.factories import account, engine, finder, merchant, queued

ENGINE = engine()
MERCHANTS = finder(merchant())


def test_commits_are_numbered_in_queue_order() -> None:
    plan = plan_settlement(account(commits=7, version=9), [queued("a"), queued("b"), queued("c")], MERCHANTS, ENGINE)

    assert [change.sequence for change in plan.changes] == [8, 9, 10]
    assert (plan.after.commits, plan.after.version) == (10, 10)


def test_an_unknown_merchant_rejects_the_transaction_and_does_not_block_the_next() -> None:
    plan = plan_settlement(account(), [queued("a", merchant_id="nobody"), queued("b")], MERCHANTS, ENGINE)

    assert [change.status for change in plan.changes] == [Status.REJECTED, Status.APPROVED]
    assert [change.sequence for change in plan.changes] == [None, 1]


def test_each_decision_sees_the_state_that_the_one_before_left() -> None:
    plan = plan_settlement(account(), [queued("a"), queued("b")], MERCHANTS, ENGINE)

    seen = [change.decision.features["account_transactions"] for change in plan.changes if change.decision]
    assert seen == [0, 1]


def test_nothing_overtakes_the_transaction_that_blocks_its_account() -> None:
    plan = plan_settlement(account(blocked_by="first"), [queued("second"), queued("third")], MERCHANTS, ENGINE)

    assert [change.status for change in plan.changes] == [Status.HELD, Status.HELD]
    assert [change.hold_sequence for change in plan.changes] == [1, 2]
    assert plan.after.blocked_by == "first"


def test_the_commit_of_the_blocking_transaction_lifts_the_block_for_what_follows() -> None:
    plan = plan_settlement(account(blocked_by="first"), [queued("first"), queued("second")], MERCHANTS, ENGINE)

    assert [change.status for change in plan.changes] == [Status.APPROVED, Status.APPROVED]
    assert plan.after.blocked_by is None


def test_a_rejection_moves_the_version_so_that_a_fence_set_meanwhile_is_noticed() -> None:
    plan = plan_settlement(account(version=4), [queued("a", merchant_id="nobody")], MERCHANTS, ENGINE)

    assert plan.after.version == 5


def test_a_late_transaction_never_moves_the_last_time_backwards() -> None:
    noon, later = "2026-11-20T08:00:00.000000Z", "2026-11-20T08:30:00.000000Z"

    plan = plan_settlement(
        account(), [queued("a", occurred_at=later), queued("b", occurred_at=noon)], MERCHANTS, ENGINE
    )

    assert (plan.after.last_transaction_id, plan.after.last_occurred_at) == ("a", later)


def test_holding_keeps_the_order_of_the_line() -> None:
    plan = plan_hold(account(blocked_by="x", held=3), [queued("a"), queued("b")])

    assert [(c.held_behind, c.hold_sequence) for c in plan.changes] == [("x", 4), ("x", 5)]


@given(st.lists(st.sampled_from(["shop", "nobody"]), min_size=1, max_size=10), st.integers(0, 9))
def test_splitting_a_batch_anywhere_settles_the_same(merchants: list[str], cut: int) -> None:
    items = [queued(f"t{i}", merchant_id=name) for i, name in enumerate(merchants)]

    whole = plan_settlement(account(), items, MERCHANTS, ENGINE)
    first = plan_settlement(account(), items[:cut], MERCHANTS, ENGINE)
    second = plan_settlement(first.after, items[cut:], MERCHANTS, ENGINE)

    assert whole.changes == first.changes + second.changes
    assert whole.after.commits == second.after.commits
