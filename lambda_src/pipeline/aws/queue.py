"""The transaction queue: sending, reading the records of a batch, and asking for a later redelivery."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.aws.backoff import Jitter, full_jitter

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from pipeline.domain.queued import Acceptance

RETRY_GROWTH = 8.0
RETRY_CAP_SECONDS = 300.0
"""Three receives are few: the waits between them grow fast, so that an outage of minutes outlasts none."""


@dataclass(frozen=True)
class Message:
    """One SQS record of a Lambda event.

    Parameters
    ----------
    message_id, receipt_handle
        SQS's id of the message, and of this delivery of it.
    body
        The text, unchecked.
    group
        The message group: the account. "" in a standard queue, which has no groups.
    sequence_number
        Grows within a group; "" in a standard queue.
    receive_count
        How often the message was delivered, this time included.
    """

    message_id: str
    receipt_handle: str
    body: str
    group: str
    sequence_number: str
    receive_count: int


def read_messages(event: Mapping[str, Any]) -> list[Message]:
    """Return the messages of a Lambda event, in the order of delivery."""
    return [
        Message(
            message_id=record["messageId"],
            receipt_handle=record["receiptHandle"],
            body=record["body"],
            group=record["attributes"].get("MessageGroupId", ""),
            sequence_number=record["attributes"].get("SequenceNumber", ""),
            receive_count=int(record["attributes"].get("ApproximateReceiveCount", 1)),
        )
        for record in event["Records"]
    ]


def batch_item_failures(messages: Sequence[Message]) -> dict[str, Any]:
    """Return the answer that has Lambda deliver `messages` again, and only those."""
    return {"batchItemFailures": [{"itemIdentifier": message.message_id} for message in messages]}


class TransactionQueue:
    """The queue between acceptance and decision; in a FIFO queue the message group is the account.

    Parameters
    ----------
    client
        An SQS client.
    url
        URL of the queue; a FIFO queue's ends in ".fifo".
    retry_base_seconds
        The most that the first redelivery waits; each later one waits up to eight times as long.
    draw
        Draws the wait.
    """

    def __init__(
        self, client: SQSClient, url: str, retry_base_seconds: float = 20.0, draw: Jitter = random.uniform
    ) -> None:
        self._client = client
        self._url = url
        self._retry_base_seconds = retry_base_seconds
        self._draw = draw

    def send(self, acceptance: Acceptance) -> None:
        """Queue an accepted transaction; sent again within five minutes a FIFO queue holds it once."""
        order: Any = {}  # a standard queue refuses to be told
        if self._url.endswith(".fifo"):
            order["MessageGroupId"] = acceptance.account_key
            order["MessageDeduplicationId"] = acceptance.transaction.transaction_id
        self._client.send_message(QueueUrl=self._url, MessageBody=acceptance.to_body(), **order)

    def back_off(self, messages: Sequence[Message]) -> None:
        """Let the messages of one group come back after a wait with full jitter.

        All get the same wait: a group is delivered again only when its last message is visible.
        """
        attempt = max(message.receive_count for message in messages)
        wait = full_jitter(attempt, self._retry_base_seconds, RETRY_CAP_SECONDS, self._draw, RETRY_GROWTH)
        self._hide(messages, round(wait))

    def release(self, messages: Sequence[Message]) -> None:
        """Let the messages be visible at once: after a last receive, for the dead-letter queue to get them soon."""
        self._hide(messages, 0)

    def _hide(self, messages: Sequence[Message], seconds: int) -> None:
        for message in messages:  # one by one: the batch call has no IAM action of its own, and this path is rare
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=message.receipt_handle, VisibilityTimeout=seconds
            )


class NoQueue:
    """Stands for the queue where the table's stream brings what was accepted to the decision."""

    def send(self, acceptance: Acceptance) -> None:
        """Do nothing: the row is the message."""
