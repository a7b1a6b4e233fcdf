"""`make redrive`: what it lists and shows, what it refuses, and what it keeps of a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts import aws_environment
from scripts.errors import CommandError
from scripts.ministack import MiniStack
from scripts.redrive import __main__ as command
from scripts.redrive import journal
from scripts.redrive.books import Blocked, Books
from scripts.redrive.place import of
from tests.unit.redrive.conftest import World


@pytest.fixture
def outputs(
    world: World, emulator: MiniStack, aws: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Return the file of outputs of a system whose queues are real, and nobody reads."""
    for name, value in aws_environment.exports(emulator.endpoint).items():
        monkeypatch.setenv(name, value)
    sqs = aws("sqs")
    fifo = {"FifoQueue": "true"}
    queues = [
        sqs.create_queue(QueueName=f"{kind}-{world.tables.suffix}.fifo", Attributes=fifo)["QueueUrl"]
        for kind in ("transactions", "dead")
    ]
    found = {
        "transactions_table_name": world.tables.transactions,
        "accounts_table_name": world.tables.accounts,
        "transaction_queue_url": queues[0],
        "transaction_dead_letter_queue_url": queues[1],
    }
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps({name: {"value": value} for name, value in found.items()}))
    return file


def test_without_more_it_lists_who_waits_for_what_and_why(
    world: World, outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.fail("t1", "t2", "t3")

    assert command.main(["--outputs", str(outputs)]) == 0

    printed = capsys.readouterr().out
    assert "1 accounts blocked, 1 transactions or messages failed" in printed
    assert "acc: waits for t1, 2 in line, since 2026-11-20" in printed
    assert "why: ZeroDivisionError" in printed


def test_without_execute_it_shows_the_order_and_changes_nothing(
    world: World, outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.fail("t1", "t2", "t3")
    before = (world.tables.rows(), world.tables.account())

    assert command.main(["--outputs", str(outputs), "--account", "acc"]) == 0

    printed = capsys.readouterr().out
    assert [line.strip() for line in printed.splitlines() if line.startswith("  ")] == [
        "1. t1",
        "2. t2",
        "3. t3",
        "4. the block is lifted, once nobody stands in line",
    ]
    assert (world.tables.rows(), world.tables.account()) == before


def test_it_does_not_begin_while_failures_are_not_recorded(
    world: World, outputs: Path, aws: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    world.fail("t1")
    dead = json.loads(outputs.read_text())["transaction_dead_letter_queue_url"]["value"]
    aws("sqs").send_message(QueueUrl=dead, MessageBody="x", MessageGroupId="acc", MessageDeduplicationId="x")

    assert command.main(["--outputs", str(outputs), "--account", "acc", "--execute"]) == 1

    assert "1 failures are not recorded so far" in capsys.readouterr().err
    assert "released_by" not in world.tables.account()


def test_one_that_is_not_decided_in_time_leaves_the_account_to_the_next_run_on_this_machine(
    world: World, outputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody reads the queue here; so the second run finds what the first let go, and sends it once more."""
    monkeypatch.setattr(journal, "FOLDER", tmp_path / "journal")
    world.fail("t1", "t2")
    release = ["--outputs", str(outputs), "--account", "acc", "--execute", "--patience", "0.2"]

    assert command.main(release) == 1
    first = world.tables.account()["released_by"]
    assert command.main(release) == 1
    second = world.tables.account()["released_by"]

    assert first != second
    assert world.statuses() == {"t1": "RECEIVED", "t2": "HELD"}
    assert "t1 is not decided after 0.2 s; run this again" in capsys.readouterr().out
    steps = [json.loads(line) for line in (tmp_path / "journal" / "flagship.jsonl").read_text().splitlines()]
    assert [step["what"] for step in steps] == ["begins", "let go", "still waits", "begins", "still waits"]
    (tmp_path / "journal" / "flagship.jsonl").unlink()  # as on another machine
    assert command.main(release) == 1
    assert world.tables.account()["released_by"] == second
    assert command.main([*release, "--take-over"]) == 1
    assert world.tables.account()["released_by"] != second


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--rate", "0"], "RATE: must lie above 0"),
        (["--patience", "-1"], "PATIENCE: must be seconds"),
        (["--abandon", "t1"], "ABANDON: needs a REASON"),
        (["--account", "a", "--all"], "not allowed with argument"),
        (["--parallel", "11"], "PARALLEL: must be 1 to 10"),
        (["--reason", "x" * 201], "REASON: must have at most 200"),
    ],
)
def test_a_wrong_argument_is_named_in_makes_words(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(given)

    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', "no json"])
def test_a_file_that_holds_no_outputs_is_named(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "outputs.json"
    file.write_text(text)

    assert command.main(["--outputs", str(file)]) == 1

    assert "outputs.json" in capsys.readouterr().err


def test_outputs_of_another_system_are_told() -> None:
    with pytest.raises(CommandError, match="the outputs have no "):
        of("securebank", {"api_endpoint": "https://x"})
    with pytest.raises(CommandError, match="stream_alerts has nothing to release"):
        of("stream_alerts", {})


def without_accounts(world: World, outputs: Path) -> str:
    """Make the outputs those of a system that keeps no accounts; return its queue."""
    queue = str(json.loads(outputs.read_text())["transaction_queue_url"]["value"])
    own = {"transaction_table_name": world.tables.transactions, "queue_url": queue}
    outputs.write_text(json.dumps({name: {"value": value} for name, value in own.items()}))
    return queue


@pytest.mark.parametrize("named", [["--account", "acc"], ["--abandon", "t1", "--reason", "gone"]])
def test_an_account_is_not_looked_for_where_there_are_none(
    named: list[str], world: World, outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Taken for a transaction, it would be shown as one to send again."""
    without_accounts(world, outputs)

    assert command.main(["--system", "merchant_api", "--outputs", str(outputs), *named]) == 1

    assert "merchant_api has no accounts, and nothing waits there: name a TRANSACTION" in capsys.readouterr().err


def test_a_journal_is_one_runs_at_a_time_and_is_read_past_a_cut_off_line(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    now = datetime.now(timezone.utc)

    with journal.opened(path, lambda: now) as lines:
        lines.write(run="run-1", what="taken")
        with pytest.raises(CommandError, match="another run writes"), journal.opened(path, lambda: now):
            pass
    with path.open("a") as file:
        file.write('{"run": "run-2", "wh')

    assert journal.runs(path) == {"run-1"}


def test_all_goes_on_with_the_others_where_one_cannot_be_released(
    world: World, outputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(journal, "FOLDER", tmp_path / "journal")
    for account_id in ("acc-1", "acc-2", "acc-3"):
        world.fail(f"{account_id}-t", account_id=account_id)
    real = Books.let_go

    def refused(books: Books, account: Blocked, *given: Any) -> None:
        if account.account_id == "acc-2":
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "TransactWriteItems")
        real(books, account, *given)

    monkeypatch.setattr(Books, "let_go", refused)

    assert command.main(["--outputs", str(outputs), "--all", "--execute", "--patience", "0.1", "--rate", "100"]) == 1

    steps = [json.loads(line) for line in (tmp_path / "journal" / "flagship.jsonl").read_text().splitlines()]
    ends = {step["account_id"]: step["what"] for step in steps}
    assert ends == {"acc-1": "still waits", "acc-2": "broken off", "acc-3": "still waits"}
    assert "acc-2: broken off, 0 settled: AWS did not do what it was asked" in capsys.readouterr().out


def test_all_lets_every_failed_transaction_go_where_there_are_no_accounts(
    world: World, outputs: Path, aws: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "FOLDER", tmp_path / "journal")
    world.fail("t1", account_id="acc-1")
    world.fail("t2", account_id="acc-2")
    queue = without_accounts(world, outputs)
    asked = ["--system", "merchant_api", "--outputs", str(outputs), "--all", "--execute", "--patience", "0.1"]

    assert command.main(asked) == 1  # nobody decides them here

    assert world.statuses() == {"t1": "RECEIVED", "t2": "RECEIVED"}
    sent = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
    assert sent["Attributes"]["ApproximateNumberOfMessages"] == "2"
