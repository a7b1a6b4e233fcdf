"""From queue to case: order, duplicates, routes, cases, archive."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.cases import answer, review_of, submit_suspect
from tests.e2e.conftest import Flagship
from tests.e2e.deployed import wait_for

Purchase = Callable[..., dict[str, Any]]
NewId = Callable[[str], str]


@pytest.mark.needs("fifo-order")
def test_each_account_is_decided_in_the_order_of_its_acceptance_under_load(
    flagship: Flagship, purchase: Purchase, new_id: NewId
) -> None:
    accounts = [new_id(f"acc{i}") for i in range(8)]

    def send(account: str) -> list[str]:
        documents = [purchase(f"{account}-{i}", account_id=account) for i in range(25)]
        assert [flagship.submit(document).status_code for document in documents] == [202] * 25
        return [document["transaction_id"] for document in documents]

    with ThreadPoolExecutor(max_workers=8) as pool:
        sent = dict(zip(accounts, pool.map(send, accounts)))

    for account, ids in sent.items():
        rows = [flagship.settled(transaction_id) for transaction_id in ids]
        assert [int(row["sequence"]) for row in rows] == list(range(1, 26))
        assert flagship.account(account)["commits"] == 25


def test_a_message_delivered_again_changes_nothing(flagship: Flagship, purchase: Purchase) -> None:
    document = purchase()
    flagship.submit(document)
    first = flagship.settled(document["transaction_id"])
    sqs = flagship.client("sqs")
    body = queue_body(document, first)

    for copy in range(3):  # other deduplication ids: as if the window of five minutes had passed
        sqs.send_message(
            QueueUrl=flagship.outputs["transaction_queue_url"],
            MessageBody=body,
            MessageGroupId=document["account_id"],
            MessageDeduplicationId=f"{document['transaction_id']}-{copy}",
        )
    marker = purchase("marker")
    flagship.submit(marker)
    flagship.settled(marker["transaction_id"])  # the queue is past the copies

    assert flagship.row(document["transaction_id"]) == first
    assert flagship.account(document["account_id"])["commits"] == 2


def queue_body(document: dict[str, Any], row: dict[str, Any]) -> str:
    """Return the queue message of a submitted transaction."""
    from pipeline.domain.records import acceptance_of

    return acceptance_of(row).to_body()


@pytest.mark.needs("event-rules")
@pytest.mark.parametrize(("amount", "routed"), [(10000, False), (10000.01, True)])
def test_only_above_ten_thousand_a_transaction_takes_the_priority_queue(
    flagship: Flagship, purchase: Purchase, amount: float, routed: bool
) -> None:
    document, marker = purchase(amount=amount), purchase("marker", amount=20000)
    flagship.submit(document)
    flagship.submit(marker)

    wanted = {each["transaction_id"] for each in ((document, marker) if routed else (marker,))}
    seen: set[str] = set()

    def all_came(message: dict[str, Any]) -> bool:
        seen.add(json.loads(message["Body"])["transaction_id"])
        return wanted <= seen

    # The bus promises no order, but what was sent before the marker and has not come with it was most likely not sent.
    message = flagship.messages(flagship.outputs["priority_queue_url"], all_came)

    assert message["Attributes"]["MessageGroupId"] == marker["account_id"]
    assert (document["transaction_id"] in seen) is routed


def far_above_usual(flagship: Flagship, purchase: Purchase) -> dict[str, Any]:
    """Submit a suspected fraud that is also far above what its account usually pays: a case for a hold."""
    flagship.put_merchant("fake-shop", name="Fake Shop")
    usual = [purchase(f"usual{i}", amount=20, currency="CHF") for i in range(3)]
    document = purchase(merchant_id="fake-shop", amount=7000, currency="CHF")
    for each in (*usual, document):
        flagship.submit(each)
    return document


@pytest.mark.needs("case-starts", "task-tokens")
def test_a_suspected_fraud_is_held_and_declined_when_the_analyst_says_so(
    flagship: Flagship, purchase: Purchase
) -> None:
    document = far_above_usual(flagship, purchase)

    question = review_of(flagship, document["transaction_id"])
    held = flagship.row(document["transaction_id"])["status"]
    answer(flagship, question, "fraud")
    row = wait_for(
        lambda: (row := flagship.row(document["transaction_id"])) and row["status"] == "DECLINED" and row, "a decline"
    )

    assert held == "HELD"
    assert [line["status"] for line in row["history"]] == ["RECEIVED", "FRAUD_SUSPECTED", "HELD", "DECLINED"]
    assert flagship.case(document["transaction_id"])["status"] == "CLOSED"
    assert (row["label"]["value"], row["label"]["source"]) == ("fraud", "analyst")


@pytest.mark.needs("case-starts", "task-tokens")
def test_a_suspicion_that_the_analyst_does_not_share_is_approved(flagship: Flagship, purchase: Purchase) -> None:
    transaction_id = submit_suspect(flagship, purchase)

    answer(flagship, review_of(flagship, transaction_id), "genuine")

    wait_for(lambda: flagship.row(transaction_id)["status"] == "APPROVED", "an approval")
    wait_for(lambda: flagship.case(transaction_id)["status"] == "CLOSED", "the case to be closed")
    assert flagship.row(transaction_id)["label"]["value"] == "genuine"


@pytest.mark.needs("case-starts", "task-tokens")
def test_a_held_transaction_nobody_answers_for_is_declined_and_told(
    flagship: Flagship, purchase: Purchase, new_id: NewId
) -> None:
    alerts = flagship.inbox(flagship.outputs["fraud_alerts_topic_arn"], new_id("unanswered"))
    document = far_above_usual(flagship, purchase)

    wait_for(
        lambda: flagship.row(document["transaction_id"]).get("status") == "DECLINED", "the review to time out", 90.0
    )

    told = [document["transaction_id"], "CASE_UNANSWERED"]
    flagship.messages(alerts, lambda message: all(text in message["Body"] for text in told))
    assert flagship.case(document["transaction_id"])["outcome"] == "NO_ANSWER"
    assert "label" not in flagship.row(document["transaction_id"])  # silence proves nothing


def test_an_approved_transaction_opens_no_case(flagship: Flagship, purchase: Purchase) -> None:
    document = purchase()
    flagship.submit(document)
    flagship.settled(document["transaction_id"])
    wait_for(
        lambda: [e for e in flagship.archived() if e["detail"].get("transaction_id") == document["transaction_id"]],
        "the decision to be archived",
    )

    assert flagship.case(document["transaction_id"]) == {}


@pytest.mark.needs("stream-records")
def test_every_decision_is_archived_with_a_stable_event_id(flagship: Flagship, purchase: Purchase) -> None:
    documents = [purchase(str(i)) for i in range(5)]
    for document in documents:
        flagship.submit(document)
    ids = {document["transaction_id"] for document in documents}

    found = wait_for(
        lambda: (
            (events := [e for e in flagship.archived() if e["detail"].get("transaction_id") in ids])
            and len(events) >= 5
            and events
        ),
        "five archived decisions",
    )

    assert {event["detail"]["event_id"] for event in found} == {f"{transaction_id}#2" for transaction_id in ids}
    assert all(event["detail-type"] == "TransactionDecided" for event in found)


def test_what_ingest_could_not_queue_is_swept_up(flagship: Flagship, purchase: Purchase) -> None:
    from datetime import datetime, timedelta, timezone

    from pipeline.aws.dynamo import to_item
    from pipeline.domain import strict_json
    from pipeline.domain.queued import accept
    from pipeline.domain.records import received_row
    from pipeline.domain.request_schemas import request_schema
    from pipeline.domain.transaction import parse_request

    now = datetime.now(timezone.utc)
    document = purchase()
    parsed = parse_request(strict_json.loads(json.dumps(document)), now, request_schema("flagship"))
    row = received_row(accept(parsed, now - timedelta(hours=1), "crashed-request"), timedelta(minutes=1))
    flagship.client("dynamodb").put_item(TableName=flagship.outputs["transactions_table_name"], Item=to_item(row))

    flagship.invoke("sweep")  # unless the schedule has just done it
    assert flagship.settled(document["transaction_id"])["status"] == "APPROVED"
