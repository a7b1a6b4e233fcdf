"""SQS: FIFO and standard queues, with groups, visibility timeouts, receive counts and dead-letter queues."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Optional

from tests.property.simulation.errors import refused

DEDUPLICATION_SECONDS = 300.0


@dataclass
class Message:
    """A message as the queue keeps it.

    Parameters
    ----------
    message_id, body, group, sequence
        Fixed when it is sent; group and sequence are "" in a standard queue.
    visible_at
        From when on it can be received.
    received
        When it was received, each time.
    handle
        The latest receipt handle.
    """

    message_id: str
    body: str
    group: str
    sequence: str
    visible_at: float
    received: list[float] = field(default_factory=list)
    handle: str = ""

    def record(self) -> dict[str, Any]:
        """Return the record of a Lambda event."""
        attributes = {"ApproximateReceiveCount": str(len(self.received))}
        if self.group:
            attributes.update(MessageGroupId=self.group, SequenceNumber=self.sequence)
        return {
            "messageId": self.message_id,
            "receiptHandle": self.handle,
            "body": self.body,
            "attributes": attributes,
            "eventSource": "aws:sqs",
        }


@dataclass
class Queue:
    """One queue.

    Parameters
    ----------
    name, now
        Its name, which ends in ".fifo" for a FIFO queue; and the clock.
    visibility_seconds
        How long a received message is hidden.
    dead_letters, most_receives
        Where messages go that were received so often; None: they stay.
    """

    name: str
    now: Callable[[], float]
    visibility_seconds: float
    dead_letters: Optional[Queue] = None
    most_receives: int = 3
    messages: list[Message] = field(default_factory=list)
    taken: list[Message] = field(default_factory=list)
    watchers: list[Callable[[], None]] = field(default_factory=list)
    mourners: list[Callable[[Message], None]] = field(default_factory=list)
    """Called with each message that the queue gives up."""
    _known: dict[str, tuple[float, Message]] = field(default_factory=dict)
    _count: int = 0

    @property
    def is_fifo(self) -> bool:
        """Whether it keeps an order."""
        return self.name.endswith(".fifo")

    def send(self, body: str, group: str = "", deduplication_id: str = "") -> Message:
        """Take a message; a FIFO queue takes the same deduplication id once within five minutes."""
        if self.is_fifo != bool(group and deduplication_id):
            raise refused("InvalidParameterValue", "a FIFO queue, and no other, takes a group and a deduplication id")
        known = self._known.get(deduplication_id)
        if known is not None and self.now() < known[0] + DEDUPLICATION_SECONDS:
            return known[1]
        self._count += 1
        sequence = f"{self._count:020}" if self.is_fifo else ""
        message = Message(f"{self.name}-{self._count}", body, group, sequence, self.now())
        self._take(message)
        if self.is_fifo:
            self._known[deduplication_id] = (self.now(), message)
        return message

    def receive(self, most: int, allowed: Callable[[Message], bool] = lambda _: True) -> list[Message]:
        """Hand over what is visible; of a group nothing, while a message of it is under way.

        Parameters
        ----------
        most
            The size of a batch.
        allowed
            Which messages the receiver takes at present.
        """
        now = self.now()
        batch: list[Message] = []
        blocked = {each.group for each in self.messages if each.group and each.visible_at > now}
        for message in list(self.messages):
            if len(batch) == most:
                break
            if message.visible_at > now or message.group in blocked or not allowed(message):
                continue
            if self.dead_letters is not None and len(message.received) >= self.most_receives:
                self.messages.remove(message)
                self.dead_letters.bury(message)
                for mourner in self.mourners:
                    mourner(message)
                continue
            message.received.append(now)
            message.visible_at = now + self.visibility_seconds
            message.handle = f"{message.message_id}/{len(message.received)}"
            batch.append(message)
        return batch

    def bury(self, message: Message) -> None:
        """Take a message that another queue gives up; it keeps its id and its place in its group."""
        self._take(Message(message.message_id, message.body, message.group, message.sequence, self.now()))

    def delete(self, handle: str) -> None:
        """Delete a message; a FIFO queue does so while the receipt handle is in force only."""
        message = self._by(handle)
        if message is not None:
            self.messages.remove(message)
            self._wake()

    def hide(self, handle: str, seconds: int) -> None:
        """Change when a received message is visible again."""
        message = self._by(handle)
        if message is None or message.visible_at <= self.now():
            raise refused("InvalidParameterValue", "The receipt handle has expired")
        message.visible_at = self.now() + seconds
        self._wake()

    def next_visible(self) -> Optional[float]:
        """Return when the next hidden message is visible again."""
        return min((each.visible_at for each in self.messages if each.visible_at > self.now()), default=None)

    def _by(self, handle: str) -> Optional[Message]:
        for message in self.messages:
            if message.handle == handle and (not self.is_fifo or message.visible_at > self.now()):
                return message
        return None

    def _take(self, message: Message) -> None:
        self.messages.append(message)
        self.taken.append(message)
        self._wake()

    def _wake(self) -> None:
        for watcher in self.watchers:
            watcher()


class Queues:
    """The service: operations by their names in boto3."""

    def __init__(self, *queues: Queue) -> None:
        self._queues = {queue_url(queue.name): queue for queue in queues}

    def send_message(
        self,
        QueueUrl: str,  # noqa: N803
        MessageBody: str,  # noqa: N803
        MessageGroupId: str = "",  # noqa: N803
        MessageDeduplicationId: str = "",  # noqa: N803
    ) -> dict[str, Any]:
        """Send a message."""
        message = self._queue(QueueUrl).send(MessageBody, MessageGroupId, MessageDeduplicationId)
        return {"MessageId": message.message_id}

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: N803
        """Return how many messages can be received, and how many are under way."""
        queue = self._queue(QueueUrl)
        hidden = sum(each.visible_at > queue.now() for each in queue.messages)
        found = {
            "ApproximateNumberOfMessages": len(queue.messages) - hidden,
            "ApproximateNumberOfMessagesNotVisible": hidden,
        }
        return {"Attributes": {name: str(found[name]) for name in AttributeNames}}

    def change_message_visibility(
        self,
        QueueUrl: str,  # noqa: N803
        ReceiptHandle: str,  # noqa: N803
        VisibilityTimeout: int,  # noqa: N803
    ) -> dict[str, Any]:
        """Change when a message is visible again."""
        self._queue(QueueUrl).hide(ReceiptHandle, VisibilityTimeout)
        return {}

    def _queue(self, url: str) -> Queue:
        if url not in self._queues:
            raise refused("AWS.SimpleQueueService.NonExistentQueue")
        return self._queues[url]


def queue_url(name: str) -> str:
    """Return the URL by which a queue is called."""
    return f"https://sqs/{name}"
