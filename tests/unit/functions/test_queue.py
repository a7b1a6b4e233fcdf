"""The transaction queue as `process` uses it, on real SQS semantics of the local AWS."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from pipeline.aws.queue import Message, TransactionQueue
from tests.factories import acceptance


@pytest.fixture
def queue_url(aws: Any) -> str:
    answer = aws("sqs").create_queue(
        QueueName=f"{uuid.uuid4().hex}.fifo", Attributes={"FifoQueue": "true", "VisibilityTimeout": "600"}
    )
    return str(answer["QueueUrl"])


def receive(sqs: Any, queue_url: str) -> list[Message]:
    answer = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, AttributeNames=["All"])
    return [
        Message(
            each["MessageId"],
            each["ReceiptHandle"],
            each["Body"],
            each["Attributes"]["MessageGroupId"],
            each["Attributes"]["SequenceNumber"],
            int(each["Attributes"]["ApproximateReceiveCount"]),
        )
        for each in answer.get("Messages", [])
    ]


def test_what_is_sent_twice_is_queued_once_in_the_accounts_group(aws: Any, queue_url: str) -> None:
    queue = TransactionQueue(aws("sqs"), queue_url)

    queue.send(acceptance("t1"))
    queue.send(acceptance("t1"))

    assert [message.group for message in receive(aws("sqs"), queue_url)] == ["acc"]


def test_a_standard_queue_is_told_of_no_group_and_no_repetition(aws: Any) -> None:
    sqs = aws("sqs")
    url = str(sqs.create_queue(QueueName=uuid.uuid4().hex)["QueueUrl"])

    TransactionQueue(sqs, url).send(acceptance("t1"))

    (received,) = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    assert received["Body"] == acceptance("t1").to_body()
    assert not {"MessageGroupId", "MessageDeduplicationId"} & received["Attributes"].keys()


def test_released_messages_come_back_at_once_in_their_order(aws: Any, queue_url: str) -> None:
    queue = TransactionQueue(aws("sqs"), queue_url)
    for name in ("t1", "t2", "t3"):
        queue.send(acceptance(name))
    first = receive(aws("sqs"), queue_url)

    queue.release(first)

    again = receive(aws("sqs"), queue_url)
    assert [message.body for message in again] == [message.body for message in first]
    assert {message.receive_count for message in again} == {2}


def test_the_waits_grow_eightfold_and_all_of_an_account_wait_alike() -> None:
    class Recorder:
        def __init__(self) -> None:
            self.waits: list[int] = []

        def change_message_visibility(self, VisibilityTimeout: int, **_: Any) -> None:  # noqa: N803
            self.waits.append(VisibilityTimeout)

    client: Any = Recorder()
    queue = TransactionQueue(client, "url", retry_base_seconds=20, draw=max)
    messages = [Message(f"m{i}", "r", "", "acc", "1", 1) for i in range(2)]

    queue.back_off(messages)
    queue.back_off([Message("m", "r", "", "acc", "1", 2)])
    queue.back_off([Message("m", "r", "", "acc", "1", 3)])

    assert client.waits == [20, 20, 160, 300]
