"""A release: in the order of the line, nothing overtakes, nothing twice, whatever happens in between."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest

from scripts import paths
from scripts.errors import CommandError
from scripts.redrive.books import Books, in_order
from scripts.redrive.release import Result
from tests.unit.redrive.conftest import World

ACTIONS = {
    "get_item": ("dynamodb:GetItem",),
    "query": ("dynamodb:Query",),
    "scan": ("dynamodb:Scan",),
    "update_item": ("dynamodb:UpdateItem",),
    "transact_write_items": ("dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"),
}
"""What IAM asks for each call."""


class CrashError(Exception):
    """The tool dies."""


def test_the_failed_one_goes_first_and_the_line_follows_in_its_order(world: World) -> None:
    world.fail("t1", "t2", "t3")

    outcome = world.releaser().release("acc")

    assert outcome.result is Result.RELEASED
    assert [key for key, _ in outcome.decided] == ["t1", "t2", "t3"]
    world.check_released()


def test_every_step_is_in_the_history_with_who_and_why(world: World) -> None:
    world.fail("t1", "t2")

    world.releaser().release("acc")

    lines = [(line["status"], line["actor"], line["reason"]) for line in world.tables.rows()["t2"]["history"]]
    assert lines[1] == ("RECEIVED", "operator:ana-7", "RELEASED: bug 12 is mended")
    assert world.told == [
        ("begins", "t1"), ("let go", "t1"), ("settled", "t1"), ("let go", "t2"), ("settled", "t2"), ("released", ""),
    ]  # fmt: skip


def calls_of_a_release(world: World) -> int:
    world.fail("t1", "t2", "t3")
    world.client.calls = 0
    world.releaser().release("acc")
    return world.client.calls


def test_what_arrives_meanwhile_never_gets_before_the_line(world: World) -> None:
    world.fail("t1", "t2", "t3")
    arrivals = iter(f"n{number}" for number in range(12))

    def arrive(_: int) -> None:
        new = next(arrivals, None)
        if new is not None:
            world.submit(new)
            world.deliver()

    world.client.before = arrive

    assert world.releaser().release("acc").result is Result.RELEASED
    world.check_released()
    assert len(world.arrived) > 10


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_that_died_at_any_call_goes_on_where_it_stopped(world: World, when: str) -> None:
    total = calls_of_a_release(world)
    for place in range(1, total + 1):
        round_of = world.arrived[-1]
        world.fail(f"{round_of}a", f"{round_of}b"[-60:])
        world.client.calls = 0

        def die(number: int, place: int = place) -> None:
            if number == place:
                raise CrashError

        setattr(world.client, when, die)
        with contextlib.suppress(CrashError):
            world.releaser(f"run-{place}").release("acc")
        setattr(world.client, when, lambda _: None)
        new = f"n{place}"
        world.submit(new)
        world.deliver()

        if world.tables.account().get("blocked_by"):
            assert world.releaser(f"again-{place}").release("acc", f"run-{place}").result is Result.RELEASED
        world.check_released()


def test_two_runs_at_once_do_not_mix(world: World) -> None:
    world.fail("t1", "t2")
    seen: list[Any] = []

    def intrude(number: int) -> None:
        if number == world.client.calls and not seen and world.tables.account().get("released_by"):
            seen.append(world.releaser("run-2", world.tables.client).release("acc"))

    world.client.after = intrude

    assert world.releaser().release("acc").result is Result.RELEASED
    assert seen[0].result is Result.NOT_OURS
    world.check_released()


def test_a_run_that_lost_its_account_to_another_lets_go_of_nothing_more(world: World) -> None:
    world.fail("t1", "t2", "t3")

    def take_over(number: int) -> None:
        account = world.tables.account()
        if account.get("released_by") == "run-1" and account["blocked_by"] == "t2":
            other = world.releaser("run-2", world.tables.client)
            assert other.release("acc", "run-1").result is Result.RELEASED

    world.client.after = take_over

    outcome = world.releaser().release("acc")

    assert outcome.result is Result.NOT_OURS
    world.check_released()


def test_what_fails_again_blocks_as_before_and_a_later_run_releases_all(world: World) -> None:
    world.fail("t1", "t2", "t3")
    world.decider.breaks.add("t2")

    outcome = world.releaser().release("acc")

    assert (outcome.result, outcome.decided) == (Result.FAILED_AGAIN, [("t1", "APPROVED"), ("t2", "FAILED")])
    assert world.statuses() == {"t1": "APPROVED", "t2": "FAILED", "t3": "HELD"}
    assert "released_by" not in world.tables.account()
    world.submit("n1")
    world.deliver()
    assert world.statuses()["n1"] == "HELD"

    world.decider.breaks.clear()
    assert world.releaser("run-2").release("acc").result is Result.RELEASED
    world.check_released()


@pytest.mark.parametrize(("breaks", "result"), [(set(), Result.RELEASED), ({"t1"}, Result.FAILED_AGAIN)])
def test_one_without_an_account_is_released_alone_and_told_where_it_fails_again(
    world: World, breaks: set[str], result: Result
) -> None:
    world.fail("t1")
    world.tables.client.delete_item(TableName=world.tables.accounts, Key={"account_id": {"S": "acc"}})
    world.decider.breaks = breaks

    outcome = world.releaser().release_alone(world.tables.rows()["t1"])

    assert outcome.result is result
    assert [what for what, _ in world.told] == ["let go", "settled", result.value]


def test_a_run_that_died_before_it_had_the_account_is_known_to_the_next(world: World) -> None:
    """The journal is told first: whoever reads it may take over what the run took without knowing that it had."""
    world.fail("t1", "t2")

    def die(number: int) -> None:
        if "released_by" in world.tables.account():
            raise CrashError

    world.client.after = die
    with pytest.raises(CrashError):
        world.releaser().release("acc")

    assert world.told == [("begins", "t1")]


def test_an_abandoned_one_stays_failed_and_the_line_goes_on(world: World) -> None:
    world.fail("t1", "t2")

    world.releaser().abandon("acc", "t1")
    outcome = world.releaser("run-2").release("acc")

    assert outcome.result is Result.RELEASED
    row = world.tables.rows()["t1"]
    assert (row["status"], row["history"][-1]["reason"]) == ("FAILED", "ABANDONED: bug 12 is mended")
    assert world.decided() == ["t2"]
    assert "blocked_by" not in world.tables.account()


def test_only_what_blocks_its_account_can_be_abandoned(world: World) -> None:
    world.fail("t1", "t2")

    with pytest.raises(CommandError, match="acc waits for t1, not for t2"):
        world.releaser().abandon("acc", "t2")


def test_an_account_that_is_only_fenced_is_left_alone(world: World) -> None:
    world.tables.put(world.tables.accounts, {"account_id": "acc", "version": 3, "blocked_by": "t1"})

    outcome = world.releaser().release("acc")

    assert outcome.result is Result.NOT_OURS
    assert "nobody has recorded" in outcome.why
    assert "released_by" not in world.tables.account()


def test_the_block_is_not_lifted_before_the_index_shows_the_whole_line(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.fail("t1", "t2", "t3")
    real, lags = Books._held, iter([True] * 5)

    def behind(books: Books, account_id: str) -> Any:
        rows = list(real(books, account_id))
        return iter(rows[:-1] if next(lags, False) else rows)

    monkeypatch.setattr(Books, "_held", behind)

    assert world.releaser().release("acc").result is Result.RELEASED
    world.check_released()


def test_a_line_that_never_adds_up_is_left_blocked_unless_it_is_counted_anew(world: World) -> None:
    world.fail("t1", "t2")
    world.tables.client.update_item(
        TableName=world.tables.accounts,
        Key={"account_id": {"S": "acc"}},
        UpdateExpression="SET held = held + :two",
        ExpressionAttributeValues={":two": {"N": "2"}},
    )

    outcome = world.releaser().release("acc")
    assert (outcome.result, world.statuses()["t2"]) == (Result.STILL_WAITS, "HELD")
    assert "RECOUNT=1" in outcome.why

    assert world.releaser("run-2", recounts=True).release("acc", "run-1").result is Result.RELEASED
    assert world.decided() == ["t1", "t2"]


def test_the_guide_names_every_permission_that_is_used(world: World) -> None:
    world.fail("t1", "t2")
    list(world.books.blocked())
    list(world.books.failed())
    world.releaser().abandon("acc", "t1")
    world.releaser("run-2", recounts=True).release("acc")

    guide = (paths.ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    section = guide.split("\n### Release a quarantined account\n")[1].split("\n### ")[0]
    policy = json.loads(section.split("```json\n")[1].split("```")[0])
    granted = {action for statement in policy["Statement"] for action in statement["Action"]}
    used = {ACTIONS[operation] for operation in world.client.operations}
    assert {action for actions in used for action in actions} == {
        each for each in granted if each.startswith("dynamodb:")
    }


def test_what_a_case_holds_is_not_taken_for_a_part_of_the_line(world: World) -> None:
    """It was in line once, was released by hand, which leaves `held_behind`, and decided."""
    world.fail("t1", "t2", "t3")
    row = world.tables.rows()["t3"]
    history = [
        *row["history"],
        {"status": "HELD", "at": row["received_at"], "actor": "case-workflow", "reason": "CASE_HOLD"},
    ]
    world.tables.put(world.tables.transactions, {**row, "history": history})

    outcome = world.releaser(recounts=True).release("acc")

    assert [key for key, _ in outcome.decided] == ["t1", "t2"]
    assert world.tables.rows()["t3"]["status"] == "HELD"
    assert "blocked_by" not in world.tables.account()


def test_a_row_that_does_not_hold_what_was_accepted_is_named_and_changes_nothing(world: World) -> None:
    world.fail("t1", "t2")
    world.tables.put(world.tables.transactions, {**world.tables.rows()["t1"], "amount": 99})
    before = world.tables.rows()

    outcome = world.releaser().release("acc")

    assert outcome.result is Result.NOT_OURS
    assert "the row of t1 does not hold what was accepted" in outcome.why
    assert world.tables.rows() == before
    assert world.tables.account()["blocked_by"] == "t1"
    assert "released_by" not in world.tables.account()


def test_one_that_was_held_late_stands_where_it_was_received() -> None:
    def row(key: str, sequence: int, received_at: str, actor: str = "process") -> dict[str, Any]:
        return {"id": key, "hold_sequence": sequence, "received_at": received_at, "history": [{"actor": actor}]}

    rows = [row("a", 1, "09:01"), row("b", 2, "09:03"), row("c", 4, "09:05"), row("late", 3, "09:02", "failed")]

    assert [each["id"] for each in in_order(rows)] == ["a", "late", "b", "c"]
