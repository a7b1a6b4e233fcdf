"""What transactions turned out to be: labels, what is learnt of merchants from them, and drift."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from pipeline.aws.dynamo import to_item
from pipeline.domain import strict_json
from pipeline.domain.queued import accept
from pipeline.domain.records import received_row
from pipeline.domain.request_schemas import request_schema
from pipeline.domain.transaction import parse_request
from tests.e2e.api_document import check_against_document
from tests.e2e.conftest import Flagship
from tests.e2e.deployed import wait_for
from tests.e2e.policies import Purchase, document_of, policy, suspicious

NewId = Callable[[str], str]

NOW = datetime.now(timezone.utc)


def settled(flagship: Flagship, document: dict[str, Any]) -> str:
    """Submit a transaction, wait for its decision and return its id."""
    assert flagship.submit(document).status_code == 202
    flagship.settled(document["transaction_id"])
    return str(document["transaction_id"])


def test_a_label_is_recorded_and_announced_and_changes_no_decision(flagship: Flagship, purchase: Purchase) -> None:
    transaction_id = settled(flagship, purchase())
    before = flagship.row(transaction_id)

    answer = flagship.label(transaction_id)

    check_against_document(answer, "/v1/labels", "post")
    assert (answer.status_code, answer.json()) == (
        200,
        {"transaction_id": transaction_id, "label": "fraud", "status": "recorded"},
    )
    row = flagship.row(transaction_id)
    assert (row["label"]["value"], row["label"]["source"], row["label_revision"]) == ("fraud", "chargeback", 1)
    assert {name: row[name] for name in before} == before
    (event,) = wait_for(
        lambda: [e for e in flagship.archived() if e["detail"]["event_id"] == f"{transaction_id}#label-1"],
        "the label's event in the archive",
    )
    assert (event["detail-type"], event["detail"]["label"]) == ("TransactionLabelled", "fraud")


def test_the_label_that_was_confirmed_last_stands_whatever_comes_when(flagship: Flagship, purchase: Purchase) -> None:
    transaction_id = settled(flagship, purchase())
    early, late = (NOW - timedelta(days=2)).isoformat(), (NOW - timedelta(days=1)).isoformat()

    answers = [
        flagship.label(transaction_id, "fraud", confirmed_at=late).json(),
        flagship.label(transaction_id, "fraud", confirmed_at=late).json(),
        flagship.label(transaction_id, "genuine", confirmed_at=early, source="customer").json(),
        flagship.label(transaction_id, "genuine", source="analyst").json(),
    ]

    assert [answer["status"] for answer in answers] == ["recorded", "unchanged", "superseded", "recorded"]
    assert [answer["label"] for answer in answers] == ["fraud", "fraud", "fraud", "genuine"]
    row = flagship.row(transaction_id)
    assert [label["value"] for label in row["labels"]] == ["fraud", "genuine", "genuine"]
    assert row["label"]["value"] == "genuine"


def test_a_label_for_an_unknown_transaction_is_a_404(flagship: Flagship) -> None:
    answer = flagship.label("never-seen")

    check_against_document(answer, "/v1/labels", "post")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


def test_a_label_for_a_transaction_that_is_not_decided_is_a_409(flagship: Flagship, purchase: Purchase) -> None:
    document = purchase()
    parsed = parse_request(
        strict_json.loads(json.dumps(document)), datetime.now(timezone.utc), request_schema("flagship")
    )
    row = received_row(accept(parsed, NOW, "waits"), timedelta(hours=1))
    flagship.client("dynamodb").put_item(TableName=flagship.outputs["transactions_table_name"], Item=to_item(row))

    answer = flagship.label(document["transaction_id"])

    check_against_document(answer, "/v1/labels", "post")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "TRANSACTION_NOT_DECIDED")
    assert "label" not in flagship.row(document["transaction_id"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"label": "maybe"}, "label"),
        ({"label": None}, "label"),
        ({"source": "rumour"}, "source"),
        ({"transaction_id": "x" * 65}, "transaction_id"),
        ({"confirmed_at": "yesterday"}, "confirmed_at"),
        ({"confirmed_at": (NOW + timedelta(days=2)).isoformat()}, "confirmed_at"),
        ({"analyst": "ana-7"}, "analyst"),
    ],
)
def test_a_bad_label_gets_a_400_that_names_the_field(flagship: Flagship, change: dict[str, Any], field: str) -> None:
    answer = flagship.label(**{"transaction_id": "t", **change})

    check_against_document(answer, "/v1/labels", "post")
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, field)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"label": "fraud", "label": "genuine"}'], ids=repr)
def test_a_body_that_is_no_label_is_a_400(flagship: Flagship, body: bytes) -> None:
    answer = flagship.call("POST", "/v1/labels", data=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    if flagship.provides("gateway-responses"):
        check_against_document(answer, "/v1/labels", "post")


def test_a_merchants_frauds_follow_the_labels_once_each_way(
    flagship: Flagship, purchase: Purchase, new_id: NewId
) -> None:
    merchant = flagship.put_merchant(new_id("learnt"))
    ids = [
        settled(flagship, purchase(str(number), merchant_id=merchant, account_id=new_id(f"acc{number}")))
        for number in range(3)
    ]

    def known() -> tuple[int, int]:
        risk = flagship.merchant_risk(merchant)
        return sum(risk.transactions), sum(risk.frauds)

    wait_for(lambda: known() == (3, 0), "three counted transactions")
    for label, frauds in [("fraud", 1), ("fraud", 1), ("genuine", 0), ("fraud", 1), ("unknown", 0)]:
        flagship.label(ids[0], label)
        wait_for(lambda frauds=frauds: known() == (3, frauds), f"{label} to be counted")  # type: ignore[misc]
        assert flagship.row(ids[0]).get("label_counted", 0) == frauds

    flagship.invoke("learn", {"Records": stream_records(flagship, merchant)})  # as if all was delivered again

    assert known() == (3, 0)


PARTS = ("NewImage", "OldImage", "SequenceNumber")


def stream_records(flagship: Flagship, merchant_id: str) -> list[dict[str, Any]]:
    """Return the records of the transactions' stream that tell of a merchant, as Lambda hands them over."""
    streams = flagship.client("dynamodbstreams")
    table = flagship.client("dynamodb").describe_table(TableName=flagship.outputs["transactions_table_name"])["Table"]
    stream = streams.describe_stream(StreamArn=table["LatestStreamArn"])["StreamDescription"]
    found: list[dict[str, Any]] = []
    for shard in stream["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=table["LatestStreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while iterator:
            page = streams.get_records(ShardIterator=iterator)
            iterator = page.get("NextShardIterator") if page["Records"] else None
            changes = [record["dynamodb"] for record in page["Records"]]
            found += [
                {"dynamodb": {part: change[part] for part in PARTS if part in change}}
                for change in changes
                if change.get("NewImage", {}).get("merchant_id") == {"S": merchant_id}
                and "decided_at" in change["NewImage"]
            ]
    assert found
    return found


def test_decisions_are_counted_by_the_hour_and_the_counts_expire(flagship: Flagship, purchase: Purchase) -> None:
    transaction_id = settled(flagship, purchase())
    hour = flagship.row(transaction_id)["decided_at"][:13]

    row = wait_for(lambda: flagship.drift_row(hour), "the hour's counts")

    champion = document_of(flagship)["champion"]
    assert row["decided"] >= 1
    assert row[f"scored:{champion}"] >= 1
    assert datetime.fromtimestamp(int(row["expires_at"]), timezone.utc) > NOW + timedelta(days=2)


def test_the_breaker_opens_above_the_bar_and_closes_below_it(
    flagship: Flagship, purchase: Purchase, new_id: NewId
) -> None:
    transaction_id = settled(flagship, suspicious(flagship, purchase))
    hour = flagship.row(transaction_id)["decided_at"][:13]
    wait_for(lambda: flagship.drift_row(hour).get("flagged", 0) >= 1, "the flagged decision to be counted")
    lax = {"psi_max_thousandths": 100_000, "alert_rate_max_basis_points": 10_000, "minimum_decisions": 1}

    with policy(flagship, purchase, new_id("tight"), drift={**lax, "alert_rate_max_basis_points": 1}):
        tight = flagship.invoke("drift")
        opened = flagship.drift_row("breaker")
    with policy(flagship, purchase, new_id("lax"), drift=lax):
        loose = flagship.invoke("drift")
        closed = flagship.drift_row("breaker")

    assert (tight["open"], loose["open"]) == (True, False)
    assert opened["open"]
    assert opened["since"]
    assert any("ALERT_RATE" in reason for reason in opened["reasons"])
    assert not closed["open"]
    assert "expires_at" not in opened
    told = [line for line in flagship.log_lines("drift") if "_aws" in line]
    assert {1, 0} <= {int(line["DriftBreakerOpen"][0]) for line in told if "DriftBreakerOpen" in line}
    assert any("AlertRate" in line for line in told)
