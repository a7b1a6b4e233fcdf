"""What goes wrong: three receives, the dead-letter queue, quarantine, and nobody else hurt."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.aws.dynamo import to_item
from tests.e2e.conftest import Flagship
from tests.e2e.deployed import wait_for

Purchase = Callable[..., dict[str, Any]]


def break_account(flagship: Flagship, account_id: str) -> None:
    """Store a state that `process` cannot read, so that the account's next transaction fails."""
    row = {"account_id": account_id, "version": 1, "last_occurred_at": "garbage"}
    flagship.client("dynamodb").put_item(TableName=flagship.outputs["accounts_table_name"], Item=to_item(row))


@pytest.mark.needs("three-receives")
def test_a_message_reaches_the_dead_letter_queue_after_exactly_three_receives(
    flagship: Flagship, purchase: Purchase
) -> None:
    document = purchase()
    break_account(flagship, document["account_id"])

    with flagship.paused(flagship.outputs["function_names"]["failed"]):
        flagship.submit(document)
        message = flagship.messages(
            flagship.outputs["transaction_dead_letter_queue_url"],
            lambda message: document["transaction_id"] in message["Body"],
        )

    assert attempts(flagship, document["account_id"]) == 3
    assert flagship.row(document["transaction_id"])["status"] == "RECEIVED"
    assert message["Attributes"]["MessageGroupId"] == document["account_id"]


def attempts(flagship: Flagship, account_id: str) -> int:
    """Count, in the function's log, how often it tried to settle the account."""
    lines = flagship.log_texts(flagship.outputs["function_names"]["process"])
    return sum("account could not be settled" in line and account_id in line for line in lines)


def test_a_failed_transaction_quarantines_its_account_and_nothing_overtakes_it(
    flagship: Flagship, purchase: Purchase
) -> None:
    first, second = purchase("1"), purchase("2")
    break_account(flagship, first["account_id"])
    flagship.submit(first)

    row = wait_for(
        lambda: (row := flagship.row(first["transaction_id"])) and row["status"] == "FAILED" and row, "the failure"
    )
    flagship.submit(second)
    later = flagship.settled(second["transaction_id"], seconds=120.0)  # three attempts with all their waits

    assert json.loads(row["failure"]["original_message"])["transaction"]["transaction_id"] == first["transaction_id"]
    assert [line["status"] for line in row["history"]] == ["RECEIVED", "FAILED"]
    assert flagship.account(first["account_id"])["blocked_by"] == first["transaction_id"]
    assert (later["status"], later["held_behind"]) == ("HELD", first["transaction_id"])


@pytest.mark.needs("fifo-order")
def test_those_that_were_queued_behind_it_wait_in_their_order(flagship: Flagship, purchase: Purchase) -> None:
    documents = [purchase(str(i)) for i in range(4)]
    break_account(flagship, documents[0]["account_id"])
    for document in documents:
        flagship.submit(document)

    rows = [flagship.settled(document["transaction_id"]) for document in documents]

    assert [row["status"] for row in rows] == ["FAILED", "HELD", "HELD", "HELD"]
    assert [int(row["hold_sequence"]) for row in rows[1:]] == [1, 2, 3]


def test_the_other_accounts_go_on_while_one_fails(
    flagship: Flagship, purchase: Purchase, new_id: Callable[[str], str]
) -> None:
    sick, well = purchase("sick", account_id=new_id("sick")), purchase("well", account_id=new_id("well"))
    break_account(flagship, sick["account_id"])
    flagship.submit(sick)
    flagship.submit(well)

    assert flagship.settled(well["transaction_id"])["status"] == "APPROVED"
    assert flagship.settled(sick["transaction_id"])["status"] == "FAILED"


def test_a_message_that_is_no_transaction_is_rejected_recorded_and_does_not_block(
    flagship: Flagship, purchase: Purchase
) -> None:
    good = purchase()
    sent = flagship.client("sqs").send_message(
        QueueUrl=flagship.outputs["transaction_queue_url"],
        MessageBody='{"transaction": {"card_number": "4111111111111111"}}',
        MessageGroupId=good["account_id"],
        MessageDeduplicationId=good["transaction_id"] + "-bad",
    )
    flagship.submit(good)

    assert flagship.settled(good["transaction_id"])["status"] == "APPROVED"
    recorded = flagship.row("message#" + sent["MessageId"])
    assert (recorded["status"], recorded["rejection"]["code"]) == ("REJECTED", "INVALID_MESSAGE")
    assert "4111111111111111" not in str(recorded)


def test_a_failure_is_alerted(flagship: Flagship, purchase: Purchase, new_id: Callable[[str], str]) -> None:
    inbox = flagship.inbox(flagship.outputs["processing_failures_topic_arn"], new_id("inbox"))
    document = purchase()
    break_account(flagship, document["account_id"])

    flagship.submit(document)

    alert = json.loads(flagship.messages(inbox, lambda message: document["transaction_id"] in message["Body"])["Body"])
    assert json.loads(alert["Message"])["kind"] == "TRANSACTION_FAILED"


@pytest.mark.needs("message-move")
def test_what_the_banks_consumer_gave_up_can_be_given_back_in_its_order(flagship: Flagship, purchase: Purchase) -> None:
    """The order is the one in which the queue had them: the bus before it promises none (decision 12)."""
    sqs, queue = flagship.client("sqs"), flagship.outputs["priority_queue_url"]
    documents = [purchase(str(number), amount=20_000) for number in range(3)]
    ids = [document["transaction_id"] for document in documents]
    for document in documents:
        flagship.submit(document)
    redrive = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedrivePolicy"])["Attributes"]["RedrivePolicy"]
    dead_letters_arn = json.loads(redrive)["deadLetterTargetArn"]
    arrived: list[str] = []

    def all_given_up() -> bool:
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
        received_now = [json.loads(message["Body"])["transaction_id"] for message in answer.get("Messages", [])]
        arrived.extend(each for each in received_now if each in ids and each not in arrived)
        left = sqs.get_queue_attributes(
            QueueUrl=queue,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )
        return len(arrived) == len(ids) and set(left["Attributes"].values()) == {"0"}

    wait_for(all_given_up, "three dead letters")
    sqs.start_message_move_task(SourceArn=dead_letters_arn)

    received: list[str] = []

    def all_received() -> bool:
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            received.append(json.loads(message["Body"])["transaction_id"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])  # else it is soon given up again
        return set(ids) <= set(received)

    wait_for(all_received, "what was given back")
    assert [transaction_id for transaction_id in received if transaction_id in ids] == arrived
