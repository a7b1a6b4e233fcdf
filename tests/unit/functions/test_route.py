"""`route`: a decided transaction of high value reaches the priority queue in its account's group, once."""

from __future__ import annotations

import importlib
import json
import uuid
from typing import Any

import pytest

DETAIL = {"transaction_id": "t1", "account_id": "acc", "event_id": "t1#2", "amount": 15000.5, "sequence": 3}


@pytest.fixture
def queue_url(aws: Any) -> str:
    answer = aws("sqs").create_queue(QueueName=f"priority-{uuid.uuid4().hex}.fifo", Attributes={"FifoQueue": "true"})
    return str(answer["QueueUrl"])


def test_the_account_is_the_group_and_a_repeat_is_dropped(
    aws: Any, queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRIORITY_QUEUE_URL", queue_url)
    module = importlib.import_module("route.handler")
    monkeypatch.setattr(module, "SQS", aws("sqs"))
    monkeypatch.setattr(module, "SETTINGS", module.Settings(queue_url))

    module.handler(dict(DETAIL), None)
    module.handler(dict(DETAIL), None)

    received = aws("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, AttributeNames=["All"])
    (message,) = received["Messages"]
    assert message["Attributes"]["MessageGroupId"] == "acc"
    assert json.loads(message["Body"]) == DETAIL
