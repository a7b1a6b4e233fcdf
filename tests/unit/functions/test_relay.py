"""`relay`: what is committed is announced, at least once, always under the same event id."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from pipeline.aws.bus import EventBus
from pipeline.aws.dynamo import to_item
from pipeline.domain.announcement import Announcement, announcements_of
from pipeline.domain.queued import accept
from pipeline.domain.records import change_attributes, received_row
from pipeline.domain.settlement import plan_settlement
from tests.factories import NOW, RECEIVED_AT, account, engine, finder, merchant, queued, transaction


def received() -> dict[str, Any]:
    """Return a row as `ingest` writes it."""
    from datetime import timedelta

    return received_row(accept(transaction("t1", amount="15000.5"), NOW, "r1"), timedelta(minutes=15))


def decided() -> dict[str, Any]:
    """Return the same row after its decision."""
    change = plan_settlement(account(), [queued("t1", amount="15000.5")], finder(merchant()), engine()).changes[0]
    attributes = {k: v for k, v in change_attributes(change, RECEIVED_AT).items() if v is not None}
    return {**received(), **attributes, "status": change.status.value, "revision": 2}


def test_a_decision_is_announced_with_all_that_rules_route_by() -> None:
    (announcement,) = announcements_of(decided(), received())

    assert announcement.detail_type == "TransactionDecided"
    detail = announcement.detail
    assert detail["event_id"] == "t1#2"
    assert detail["amount"] == 15000.5
    assert detail["status"] == "REVIEW_REQUIRED"
    assert detail["previous_status"] == "RECEIVED"
    assert detail["routes"] == ["high_value"]
    assert detail["reasons"] == ["HIGH_AMOUNT"]
    assert (detail["document_version"], detail["decided_by"]) == ("test-1", "champion")


def test_an_event_carries_no_names_and_no_features() -> None:
    (announcement,) = announcements_of(decided(), received())

    assert "Corner Shop" not in str(announcement.detail)
    assert not {"features", "fingerprint", "history", "location", "shadows"} & set(announcement.detail)


def test_a_later_change_of_status_is_announced_as_such() -> None:
    after = {**decided(), "status": "DECLINED", "revision": 3}

    (announcement,) = announcements_of(after, decided())

    assert (announcement.detail_type, announcement.detail["event_id"]) == ("TransactionStatusChanged", "t1#3")


@pytest.mark.parametrize(
    ("new", "old"),
    [(received(), None), ({**received(), "sweeps": 1}, received()), (decided(), decided())],
    ids=["accepted", "swept", "revision unchanged"],
)
def test_what_decides_nothing_is_not_announced(new: dict[str, Any], old: dict[str, Any] | None) -> None:
    assert announcements_of(new, old) == []


def labelled(value: str = "fraud", **changes: Any) -> dict[str, Any]:
    """Return the decided row with a label."""
    label = {
        "value": value,
        "source": "chargeback",
        "confirmed_at": "2026-11-20T08:00:00.000000Z",
        "recorded_at": RECEIVED_AT,
        "actor": "api-key:k1",
    }
    return {**decided(), "label": label, "labels": [label], "label_revision": 1, **changes}


def test_a_label_is_announced_with_an_id_of_its_own() -> None:
    (announcement,) = announcements_of(labelled(), decided())

    assert announcement.detail_type == "TransactionLabelled"
    assert announcement.detail == {
        "event_id": "t1#label-1",
        "label_revision": 1,
        "transaction_id": "t1",
        "account_id": "acc",
        "merchant_id": "shop",
        "amount": 15000.5,
        "currency": "USD",
        "occurred_at": "2026-11-20T08:59:00.000000Z",
        "status": "REVIEW_REQUIRED",
        "correlation_id": "request-t1",
        "label": "fraud",
        "previous_label": None,
        "source": "chargeback",
        "confirmed_at": "2026-11-20T08:00:00.000000Z",
        "recorded_at": RECEIVED_AT,
        "actor": "api-key:k1",
        "outcome": "REVIEW_REQUIRED",
        "policy": "points",
        "policy_version": "1",
    }


def test_a_flip_is_announced_each_way() -> None:
    (announcement,) = announcements_of(labelled("genuine", label_revision=2), labelled())

    assert (announcement.detail["event_id"], announcement.detail["label"]) == ("t1#label-2", "genuine")
    assert announcement.detail["previous_label"] == "fraud"


def test_a_case_that_is_closed_announces_the_status_and_the_label() -> None:
    found = announcements_of(labelled(status="DECLINED", revision=3), decided())

    assert [one.detail_type for one in found] == ["TransactionStatusChanged", "TransactionLabelled"]
    assert [one.detail["event_id"] for one in found] == ["t1#3", "t1#label-1"]


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (labelled(label_revision=2, labels=[1, 2]), labelled()),
        (labelled(label_counted=1), labelled()),
        (decided(), labelled()),
    ],
    ids=["one more proof, or one that was superseded", "counted", "removed by an operator"],
)
def test_what_changes_no_label_is_not_announced(new: dict[str, Any], old: dict[str, Any]) -> None:
    assert announcements_of(new, old) == []


class Bus:
    """An EventBridge client that refuses what the test says; the real one is tested end to end."""

    def __init__(self, refusals: list[set[str]]) -> None:
        self.refusals = refusals
        self.calls: list[list[str]] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        kinds = [entry["DetailType"] for entry in Entries]
        self.calls.append(kinds)
        refused = self.refusals.pop(0) if self.refusals else set()
        if "*" in refused:
            raise EndpointConnectionError(endpoint_url="local")
        return {"Entries": [{"ErrorCode": "ThrottlingException"} if kind in refused else {} for kind in kinds]}


def announcements(count: int) -> list[Announcement]:
    return [Announcement(str(i), {}) for i in range(count)]


def test_events_go_out_in_tens_and_only_the_refused_are_sent_again() -> None:
    client: Any = Bus([{"3", "7"}, set()])

    unsent = EventBus(client, "bus", sleep=lambda _: None).announce(announcements(12))

    assert unsent == set()
    assert [len(call) for call in client.calls] == [10, 2, 2]
    assert client.calls[1] == ["3", "7"]


@pytest.mark.parametrize("refusals", [[{"1"}] * 4, [{"*"}]], ids=["throttled", "out of reach"])
def test_what_the_bus_does_not_take_is_reported(refusals: list[set[str]]) -> None:
    client: Any = Bus(refusals)

    unsent = EventBus(client, "bus", sleep=lambda _: None).announce(announcements(3))

    assert 1 in unsent


def test_the_stream_delivers_again_from_the_first_event_that_was_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENT_BUS_NAME", "bus")
    module = importlib.import_module("relay.handler")
    monkeypatch.setattr(module, "BUS", EventBus(Bus([{"TransactionDecided"}] * 4), "bus", sleep=lambda _: None))  # type: ignore[arg-type]
    record = {"NewImage": to_item(decided()), "OldImage": to_item(received())}
    waiting = {"NewImage": to_item(received())}

    answer = module.handler(
        {
            "Records": [
                {"dynamodb": {**waiting, "SequenceNumber": "1"}},
                {"dynamodb": {**record, "SequenceNumber": "2"}},
                {"dynamodb": {"SequenceNumber": "3", "OldImage": to_item(received())}},
            ]
        },
        None,
    )

    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}


def test_of_two_events_of_one_record_the_record_comes_again_if_either_is_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EVENT_BUS_NAME", "bus")
    module = importlib.import_module("relay.handler")
    monkeypatch.setattr(module, "BUS", EventBus(Bus([{"TransactionLabelled"}] * 4), "bus", sleep=lambda _: None))  # type: ignore[arg-type]
    closed = {"NewImage": to_item(labelled(status="DECLINED", revision=3)), "OldImage": to_item(decided())}

    answer = module.handler({"Records": [{"dynamodb": {**closed, "SequenceNumber": "7"}}]}, None)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "7"}]}
