"""A release: in the order of the line, nothing overtakes, nothing twice, whatever happens in between."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest

from scripts import paths
from scripts.errors import CommandError
from scripts.redrive.books import Books
from scripts.redrive.line import Waiting, in_order
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
    real, lags = Books.held, iter([True] * 5)

    def behind(books: Books, *given: Any) -> Any:
        rows = real(books, *given)
        return rows[:-1] if next(lags, False) else rows

    monkeypatch.setattr(Books, "held", behind)

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
    a, b, c = (Waiting(key, at, place, False) for key, at, place in (("a", "1", 1), ("b", "3", 2), ("c", "5", 4)))
    late = Waiting("late", "2", 3, True)

    assert in_order([a, b, c, late]) == [a, late, b, c]


class Counting:
    """A client that counts its calls, and the rows of the index that DynamoDB looks at for them."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.calls = 0
        self.rows = 0

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            answer = getattr(self._client, operation)(**arguments)
            self.calls += 1
            self.rows += answer.get("ScannedCount", 0)
            return answer

        return call


def cost_of_a_line(world: World, account_id: str, length: int, *, joins: bool) -> tuple[int, int]:
    """Return the calls, and the rows of the index, that a line takes in an account with a history."""
    ids = [f"{account_id}-{number}" for number in range(40 + length + 1)]
    world.submit(*ids[:40], account_id=account_id)
    world.deliver()
    failed, *followers = ids[40:]
    world.fail(failed, *(followers[: length // 2] if joins else followers), account_id=account_id)
    joining = iter(followers[length // 2 :] if joins else [])
    counting = Counting(world.tables.client)
    releaser, send = world.releaser(client=counting), world.send

    def send_and_join(accepted: Any, revision: int) -> None:
        send(accepted, revision)
        new = next(joining, None)
        if new is not None:
            world.submit(new, account_id=account_id)

    releaser._sender = Sending(send_and_join)
    outcome = releaser.release(account_id)
    assert [key for key, _ in outcome.decided] == [failed, *followers]
    return counting.calls, counting.rows


class Sending:
    """A way back into the pipeline."""

    def __init__(self, send: Any) -> None:
        self.send = send


@pytest.mark.parametrize("joins", [False, True], ids=["all were held before", "half of them join meanwhile"])
def test_the_cost_of_a_line_grows_with_its_length_and_no_faster(world: World, joins: bool) -> None:
    """Read whole at each step, a line of twice the length takes four times the rows."""
    calls, rows = cost_of_a_line(world, "short", 20, joins=joins)
    more_calls, more_rows = cost_of_a_line(world, "long", 40, joins=joins)

    assert more_calls <= 2 * calls
    assert more_rows <= 2 * rows
    assert rows <= (20 + 25) + (10 * 26 if joins else 0)
