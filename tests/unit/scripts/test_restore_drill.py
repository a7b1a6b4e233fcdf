"""The restore drill's judgement: what an archive tells, what a row becomes by it, what is lost, what is refused."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.domain.announcement import announcements_of
from pipeline.domain.evidence import pack
from pipeline.domain.transaction import Transaction
from scripts.errors import CommandError
from scripts.restore_drill import __main__ as command
from scripts.restore_drill import archive, changes, cloud, report, systems
from scripts.restore_drill.changes import UnreadableLineError, after, event_change, lake_change
from scripts.restore_drill.reconcile import Reconciliation, reconcile

AT = "2026-11-20T10:00:00.000000Z"
NOW = datetime(2026, 11, 20, 11, 0, tzinfo=timezone.utc)
KEY = ("t1",)


def received(**changed: Any) -> dict[str, Any]:
    """Return the row of a transaction that waits for its decision, as the table gives it back."""
    transaction = Transaction("t1", "a1", "m1", Decimal("12.50"), "EUR", AT)
    return {
        "transaction_id": "t1",
        "account_id": "a1",
        "merchant_id": "m1",
        "amount": Decimal("12.50"),
        "currency": "EUR",
        "occurred_at": AT,
        "received_at": AT,
        "correlation_id": "c1",
        "fingerprint": transaction.fingerprint,
        "status": "RECEIVED",
        "revision": Decimal(1),
        "received_shard": "3",
        "sweep_after": AT,
        "history": [{"status": "RECEIVED", "at": AT, "actor": "ingest", "reason": "ACCEPTED"}],
        **changed,
    }


def decided(at: str = "2026-11-20T10:00:01.000000Z", **changed: Any) -> dict[str, Any]:
    """Return the same row once decided."""
    row = received()
    row.pop("received_shard")
    row.pop("sweep_after")
    return {
        **row,
        "status": "APPROVED",
        "revision": Decimal(2),
        "sequence": Decimal(1),
        "decided_at": at,
        "decision": {
            "score": Decimal(10),
            "outcome": "APPROVED",
            "policy": "points",
            "policy_version": "1",
            "reasons": [{"code": "ROUND_AMOUNT", "points": Decimal(10), "text": "a round amount"}],
            "routes": ["standard"],
            "document_version": "7",
            "decided_by": "champion",
        },
        "evidence": pack({"amount_minor": 1250}, []),
        "history": [*row["history"], {"status": "APPROVED", "at": at, "actor": "process", "reason": "SCORED"}],
        **changed,
    }


def declined() -> dict[str, Any]:
    """Return the same row once a case has declined it."""
    row = decided(status="DECLINED", revision=Decimal(3))
    closed = {"status": "DECLINED", "at": "2026-11-20T10:05:00.000000Z", "actor": "analyst", "reason": "CASE"}
    return {**row, "history": [*row["history"], closed]}


def event_lines(new: dict[str, Any], old: dict[str, Any] | None, time: str = AT) -> Iterator[str]:
    """Yield what the archive holds of a change: the events that the relay makes of it."""
    for one in announcements_of(new, old):
        yield json.dumps({"detail-type": one.detail_type, "detail": one.detail, "time": time}, default=float)


def change_of(new: dict[str, Any], old: dict[str, Any] | None) -> changes.Change:
    (line,) = event_lines(new, old)
    found = event_change(line)
    assert found is not None
    return found


# --- what the archive tells ------------------------------------------------------------------------------------------


def test_a_decision_in_the_archive_brings_a_waiting_row_to_where_it_was() -> None:
    row = after(received(), change_of(decided(), received()))

    assert row is not None
    assert (row["status"], row["revision"], row["decided_at"]) == ("APPROVED", 2, "2026-11-20T10:00:01.000000Z")
    assert row["decision"]["score"] == 10
    assert "received_shard" not in row
    assert "sweep_after" not in row


def test_an_amount_comes_back_exact() -> None:
    change = change_of(decided(amount=Decimal("0.1")), received())

    assert change.attributes["amount"] == Decimal("0.1")


def test_a_row_that_was_made_after_the_backup_comes_back_with_its_history() -> None:
    row = after(None, change_of(decided(), received()))

    assert row is not None
    assert [entry["status"] for entry in row["history"]] == ["RECEIVED", "APPROVED"]
    assert {entry["actor"] for entry in row["history"]} == {"archive"}


def test_a_rebuilt_row_says_from_which_change() -> None:
    row = after(received(), change_of(decided(), received()))

    assert row is not None
    assert row["restored_from"] == "t1#2"


def test_a_change_that_the_row_holds_already_is_not_made_again() -> None:
    assert after(decided(), change_of(decided(), received())) is None


def test_a_later_change_leaves_the_restored_decision_whole() -> None:
    row = after(decided(), change_of(declined(), decided()))

    assert row is not None
    assert row["status"] == "DECLINED"
    assert row["decision"] == decided()["decision"]


def test_a_label_comes_back_without_moving_the_revision() -> None:
    label = {"value": "fraud", "source": "chargeback", "confirmed_at": AT, "recorded_at": AT, "actor": "key-1"}
    labelled = decided(label=label, labels=[label], label_revision=Decimal(1))

    row = after(decided(), change_of(labelled, decided()))

    assert row is not None
    assert (row["label"], row["labels"], row["label_revision"], row["revision"]) == (label, [label], 1, 2)


def test_an_event_that_changed_no_row_is_passed_over() -> None:
    assert event_change(json.dumps({"detail-type": "CaseClosed", "detail": {"case_id": "t1"}, "time": AT})) is None


@pytest.mark.parametrize("line", ["not json", "{}", '{"detail-type": "TransactionDecided", "detail": {}, "time": "x"}'])
def test_a_line_that_is_no_event_is_named_as_such(line: str) -> None:
    with pytest.raises(UnreadableLineError):
        event_change(line)


def test_the_fingerprint_of_a_body_that_is_archived_whole_is_the_clients_own() -> None:
    row = after(None, change_of(decided(), received()))

    assert row is not None
    assert changes.with_fingerprint(row)["fingerprint"] == received()["fingerprint"]


# --- the lake of securebank ------------------------------------------------------------------------------------------

LINE = {
    "transaction_id": "t1", "customer_id": "c1", "merchant_id": "m1", "merchant_category": "grocery",
    "transaction_type": None, "channel": "online", "amount": 12.5, "currency": "EUR", "latitude": 48.1,
    "longitude": 2.3,
    "occurred_at": AT, "received_at": AT, "processed_timestamp": "2026-11-20T10:00:02.000000Z", "status": "APPROVED",
    "is_fraud": False, "risk_score": 0.3, "reasons": ["VELOCITY"], "policy": "weights", "policy_version": "1",
    "document_version": "1", "label": None, "revision": 2, "label_revision": 0, "event_id": "t1#2",
}  # fmt: skip


def lake_change_of(**changed: Any) -> changes.Change:
    change = lake_change(json.dumps({**LINE, **changed}))
    assert change is not None
    return change


def test_a_line_of_the_lake_becomes_a_row_of_its_customer() -> None:
    change = lake_change_of()
    row = after(None, change)

    assert change.key == ("c1", f"{AT}#t1")
    assert row is not None
    assert (row["customer_id"], row["timestamp"], row["amount"]) == ("c1", f"{AT}#t1", Decimal("12.5"))
    assert row["location"] == {"latitude": Decimal("48.1"), "longitude": Decimal("2.3")}
    assert row["risk_score"] == Decimal("0.3")
    assert row["decision"]["reasons"] == [{"code": "VELOCITY"}]
    assert "transaction_type" not in row


def test_of_two_lines_the_higher_revision_stands() -> None:
    later = lake_change_of(revision=3, status="DECLINED", event_id="t1#3")
    rows, count = archive.replayed({}, {later.key: [lake_change_of(), later]})

    assert count == 2
    assert rows[later.key]["status"] == "DECLINED"


def test_a_label_that_was_taken_back_is_unknown_again() -> None:
    labelled = after(None, lake_change_of(label="fraud", label_revision=1, event_id="t1#2#label-1"))
    row = after(labelled, lake_change_of(label=None, label_revision=2, event_id="t1#2#label-2"))

    assert row is not None
    assert (row["label"], row["label_revision"]) == ({"value": "unknown"}, 2)


@pytest.mark.parametrize("missing", ["customer_id", "occurred_at"])
def test_a_refused_message_is_nobodys_row(missing: str) -> None:
    assert lake_change(json.dumps({**LINE, missing: None})) is None


def test_a_line_that_is_none_of_the_lakes_is_named_as_such() -> None:
    with pytest.raises(UnreadableLineError):
        lake_change(json.dumps({"transaction_id": "t1"}))


# --- reading it ------------------------------------------------------------------------------------------------------


class Bucket:
    """An S3 client over a few objects."""

    def __init__(self, objects: dict[str, tuple[datetime, bytes]]) -> None:
        self.objects = objects
        self.asked: dict[str, Any] = {}
        self.read: list[str] = []

    def get_paginator(self, _: str) -> Bucket:
        return self

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        self.asked = asked
        keys = [key for key in sorted(self.objects) if key.startswith(asked["Prefix"]) and key > asked["StartAfter"]]
        yield {"Contents": [{"Key": key, "LastModified": self.objects[key][0]} for key in keys]}

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803 - AWS's name
        self.read.append(Key)
        return {"Body": SimpleNamespace(read=lambda: self.objects[Key][1])}


def packed(*lines: str) -> bytes:
    return gzip.compress("".join(f"{line}\n" for line in lines).encode())


def test_of_the_event_archive_only_the_hours_since_the_backup_are_listed() -> None:
    lines = packed(*event_lines(decided(), received()))
    bucket = Bucket(
        {
            "events/year=2026/month=11/day=20/hour=07/old.jsonl.gz": (NOW, lines),
            "events/year=2026/month=11/day=20/hour=10/new.jsonl.gz": (NOW, lines),
        }
    )

    assert systems.FLAGSHIP.archive is not None
    found = archive.changes_since(bucket, "b", systems.FLAGSHIP.archive, NOW)  # type: ignore[arg-type]

    assert bucket.read == ["events/year=2026/month=11/day=20/hour=10/new.jsonl.gz"]
    assert list(found.changes) == [KEY]


def test_of_a_lake_filed_by_event_time_everything_new_is_read_wherever_it_lies() -> None:
    bucket = Bucket(
        {
            "raw/transactions/year=2020/month=01/day=01/hour=00/late.jsonl.gz": (NOW, packed(json.dumps(LINE))),
            "raw/transactions/year=2026/month=11/day=20/hour=10/old.jsonl.gz": (NOW - timedelta(days=2), b""),
        }
    )

    assert systems.SECUREBANK.archive is not None
    found = archive.changes_since(bucket, "b", systems.SECUREBANK.archive, NOW)  # type: ignore[arg-type]

    assert bucket.read == ["raw/transactions/year=2020/month=01/day=01/hour=00/late.jsonl.gz"]
    assert list(found.changes) == [("c1", f"{AT}#t1")]


def test_repeats_in_the_archive_count_once_and_bad_lines_are_counted() -> None:
    lines = [*event_lines(decided(), received())] * 2
    bucket = Bucket({"events/year=2026/month=11/day=20/hour=10/n.jsonl.gz": (NOW, packed(*lines, "not json"))})

    assert systems.FLAGSHIP.archive is not None
    found = archive.changes_since(bucket, "b", systems.FLAGSHIP.archive, NOW)  # type: ignore[arg-type]

    assert len(found.changes[KEY]) == 1
    assert found.unreadable == 1


# --- reconciling -----------------------------------------------------------------------------------------------------


def rebuilt() -> dict[str, Any]:
    row = after(None, change_of(decided(), received()))
    assert row is not None
    return changes.with_fingerprint(row)


def test_a_rebuilt_row_agrees_and_what_it_lacks_is_counted() -> None:
    found = reconcile({KEY: decided()}, {KEY: rebuilt()})

    assert (found.rebuilt, found.clean, found.sums_agree) == (1, True, True)
    assert found.lacking == {"evidence": 1}


def test_a_rebuilt_row_with_another_amount_differs() -> None:
    found = reconcile({KEY: decided()}, {KEY: {**rebuilt(), "amount": Decimal(13)}})

    assert found.differing == [KEY]
    assert not found.sums_agree


def test_a_rebuilt_row_with_another_score_differs() -> None:
    other = rebuilt()
    other["decision"] = {**other["decision"], "score": Decimal(90)}

    assert reconcile({KEY: decided()}, {KEY: other}).differing == [KEY]


def test_a_row_that_is_older_than_it_was_is_lost_and_so_is_the_time_of_its_change() -> None:
    found = reconcile({KEY: decided()}, {KEY: received()})

    assert found.lost == [KEY]
    assert found.oldest_loss == datetime(2026, 11, 20, 10, 0, 1, tzinfo=timezone.utc)


def test_a_row_that_waited_for_its_decision_is_not_lost_because_its_message_decides_it() -> None:
    found = reconcile({KEY: received()}, {})

    assert (found.waiting, found.lost) == (1, [])


def test_a_row_that_was_never_there_is_told() -> None:
    assert reconcile({}, {KEY: decided()}).surplus == [KEY]


def test_a_row_that_was_not_rebuilt_and_says_something_else_differs() -> None:
    assert reconcile({KEY: decided()}, {KEY: decided(status="DECLINED")}).differing == [KEY]


def test_sums_are_compared_by_currency() -> None:
    found = reconcile({KEY: decided(), ("t2",): decided(currency="JPY", amount=Decimal(100))}, {KEY: decided()})

    assert found.sums == {"EUR": (Decimal("12.50"), Decimal("12.50")), "JPY": (Decimal(100), Decimal(0))}


# --- the verdict -----------------------------------------------------------------------------------------------------


def result(reconciliation: Reconciliation, **changed: Any) -> report.Result:
    return report.Result(
        **{
            "system": "flagship",
            "where": "here",
            "table": "t",
            "restored_as": "t-restored",
            "how": "somehow",
            "restored_to": NOW - timedelta(minutes=4),
            "failed_at": NOW,
            "whole_at": NOW + timedelta(minutes=20),
            "rows_before": 1,
            "rows_restored": 1,
            "changes_replayed": 0,
            "unreadable_lines": 0,
            "reconciliation": reconciliation,
            "has_archive": True,
            **changed,
        }
    )


def test_a_drill_that_lost_nothing_within_an_hour_passed() -> None:
    found = result(reconcile({KEY: decided()}, {KEY: rebuilt()}))

    assert found.problems() == []
    assert (found.rpo, found.rto) == (timedelta(), timedelta(minutes=20))
    assert found.rpo_of_the_backup_alone == timedelta(minutes=4)


def test_more_than_an_hour_fails() -> None:
    assert result(Reconciliation(), whole_at=NOW + timedelta(minutes=61)).problems()


def test_a_lost_row_that_the_archive_should_hold_fails_however_young_it_was() -> None:
    lost = reconcile({KEY: decided("2026-11-20T10:59:59.000000Z")}, {})

    assert any("archive" in problem for problem in result(lost).problems())


def test_without_an_archive_what_is_younger_than_five_minutes_may_be_lost() -> None:
    young = reconcile({KEY: decided("2026-11-20T10:56:00.000000Z")}, {})
    old = reconcile({KEY: decided("2026-11-20T10:54:00.000000Z")}, {})

    assert result(young, has_archive=False).problems() == []
    assert any("6 min 00 s old" in problem for problem in result(old, has_archive=False).problems())


def test_a_system_that_does_not_serve_again_fails() -> None:
    assert result(Reconciliation(), service={"a new transaction is decided": False}).problems()


def test_the_report_is_written_as_json(tmp_path: Path) -> None:
    file = report.write(result(reconcile({KEY: decided()}, {})), tmp_path)

    document = json.loads(file.read_text())
    assert document["passed"] is False
    assert document["rows"]["lost"] == 1
    assert document["rows"]["examples"]["lost"] == ["t1"]
    assert document["rpo"]["promised_seconds"] == 300


# --- the command -----------------------------------------------------------------------------------------------------


def forbidden(service: str) -> Any:
    return SimpleNamespace(meta=SimpleNamespace(endpoint_url=f"https://{service}.eu-west-1.amazonaws.com"))


def test_an_aws_that_is_not_local_is_refused_unless_it_was_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--table", "txn-prod-transactions"], forbidden) == 1

    assert "--i-know-this-is-not-local" in capsys.readouterr().err


def test_the_choice_is_for_all_services_or_none() -> None:
    clients = [SimpleNamespace(meta=SimpleNamespace(endpoint_url="http://127.0.0.1:4566")), forbidden("s3")]

    with pytest.raises(CommandError):
        cloud.refuse_unless_chosen(clients, allowed=False)
    cloud.refuse_unless_chosen(clients, allowed=True)
    cloud.refuse_unless_chosen(clients[:1], allowed=False)


@pytest.mark.parametrize(
    ("endpoint", "local"),
    [
        ("http://127.0.0.1:4566", True),
        ("http://localhost:4566", True),
        ("https://dynamodb.eu-west-1.amazonaws.com", False),
        ("http://127.0.0.1.example.com", False),
    ],
)
def test_what_is_local_is_told_by_the_host_alone(endpoint: str, local: bool) -> None:
    assert cloud.is_local(endpoint) is local


def test_a_dry_run_prints_the_plan_and_calls_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--table", "txn-prod-transactions", "--dry-run"], forbidden) == 0

    assert "never write to txn-prod-transactions" in capsys.readouterr().out


@pytest.mark.parametrize("name", systems.ALL)
def test_every_system_has_a_plan(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--system", name, "--dry-run"]) == 0

    assert "delete every row" in capsys.readouterr().out


def test_a_system_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--system", "nobodys", "--dry-run"]) == 1

    assert "SYSTEM must be" in capsys.readouterr().err


@pytest.mark.parametrize(
    "given",
    [
        ["--before", "0"],
        ["--archive-bucket", "b"],
        ["--keep"],
        ["--table", "t", "--at", "yesterday"],
        ["--system", "merchant_api", "--table", "t", "--archive-bucket", "b"],
    ],
)
def test_arguments_that_mean_nothing_are_refused(given: list[str]) -> None:
    with pytest.raises(SystemExit):
        command.arguments(given)
