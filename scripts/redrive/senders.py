"""The ways back into the pipeline: the transaction queue, or the stream that stands for it."""

from __future__ import annotations

from typing import Any, Callable

from pipeline.aws.kinesis import TransactionStream
from pipeline.domain.queued import Acceptance
from scripts.redrive.place import Place
from scripts.redrive.release import Sender


class QueueSender:
    """Sends to an SQS queue; in a FIFO queue into the account's message group.

    A message has its own deduplication id for each release: the first sending may be less than five minutes ago, and
    SQS would take this one for a repeat of it.

    Parameters
    ----------
    client, url
        An SQS client, and the queue.
    """

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, acceptance: Acceptance, revision: int) -> None:
        """Queue the transaction."""
        order = {}
        if self._url.endswith(".fifo"):
            order["MessageGroupId"] = acceptance.account_key
            order["MessageDeduplicationId"] = f"{acceptance.transaction.transaction_id}#{revision}"[-128:]
        self._client.send_message(QueueUrl=self._url, MessageBody=acceptance.to_body(), **order)


class StreamSender:
    """Puts on a Kinesis stream; a second copy has no effect there.

    Parameters
    ----------
    client, name
        A Kinesis client, and the stream.
    """

    def __init__(self, client: Any, name: str) -> None:
        self._stream = TransactionStream(client, name)

    def send(self, acceptance: Acceptance, _revision: int) -> None:
        """Put the transaction on the stream."""
        self._stream.send(acceptance)


def sender(place: Place, client: Callable[[str], Any]) -> Sender:
    """Return the way back into a system.

    Parameters
    ----------
    place
        The system.
    client
        Makes clients by the name of their service.
    """
    if place.stream_name is not None:
        return StreamSender(client("kinesis"), place.stream_name)
    assert place.queue_url is not None
    return QueueSender(client("sqs"), place.queue_url)
