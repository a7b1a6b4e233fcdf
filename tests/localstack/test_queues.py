"""SQS as the adapter puts it right: dead letters of a FIFO queue go back at once, in their order."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

FIFO = {"FifoQueue": "true", "VisibilityTimeout": "0"}


def test_dead_letters_of_a_fifo_queue_are_moved_back_within_the_deduplication_interval(
    aws: Callable[[str], Any],
) -> None:
    sqs = aws("sqs")
    dead_letters = sqs.create_queue(QueueName="moved-dead-letter.fifo", Attributes=FIFO)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead_letters, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    queue = sqs.create_queue(QueueName="moved.fifo", Attributes={**FIFO, "RedrivePolicy": redrive})["QueueUrl"]
    for body in ("1", "2"):
        sqs.send_message(QueueUrl=queue, MessageBody=body, MessageGroupId="g", MessageDeduplicationId=body)

    for _ in range(2):  # the second receive finds that each was received often enough
        sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    sqs.start_message_move_task(SourceArn=arn)

    received: list[str] = []
    deadline = time.monotonic() + 5
    while len(received) < 2 and time.monotonic() < deadline:
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=60)
        received += [message["Body"] for message in messages.get("Messages", [])]
    assert received == ["1", "2"]
