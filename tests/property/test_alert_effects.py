"""Whatever is delivered how often, and whatever call fails: each flagged transaction is alerted, and once.

Once, unless something falls into the window that `notify` names: SNS took the alert, and the function never
came to know it, or died or failed before it could mark it. Then a second alert may follow, but never none.

The real functions run against a real table; SNS and SQS are stood for by lists, and time is set by hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count, product
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from detect.detector import Detector
from detect.outbox import Outbox
from detect.rows import StreamedRows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.aws.queue import Message
from pipeline.aws.stream import read_records
from pipeline.domain.records import received_row
from tests.factories import NOW, FixedPolicies, acceptance
from tests.property.troubles import CrashError
from tests.unit.functions.alert_world import LEASE_SECONDS, VISIBILITY_SECONDS, AlertWorld, alert, message, sns_error
from tests.unit.functions.conftest import Faulty
from tests.unit.functions.stream import event, stream_record
from tests.unit.functions.timed_table import TIMESTAMP, TimedTable

TIMEOUT = ReadTimeoutError(endpoint_url="local")
AWAY = EndpointConnectionError(endpoint_url="local")


@dataclass(frozen=True)
class Fault:
    """What goes wrong in one delivery of an alert.

    Parameters
    ----------
    steps
        Which call fails with what: the operation, the number of the call, before or after its effect, how often.
    in_window
        Whether SNS may take the alert without a mark of it.
    """

    steps: tuple[tuple[str, int, str, BaseException, int], ...] = ()
    in_window: bool = False


LEASE, MARK = 1, 2
"""The updates of a delivery in their order; the second is the release, if SNS refuses."""

FAULTS = {
    "none": Fault(),
    "lease fails": Fault((("update_item", LEASE, "before", TIMEOUT, 1),)),
    "lease is written, its answer lost": Fault((("update_item", LEASE, "after", TIMEOUT, 1),)),
    "death after the lease": Fault((("update_item", LEASE, "after", CrashError(), 1),)),
    "refused": Fault((("publish", 1, "before", sns_error(400), 3),)),
    "throttled once": Fault((("publish", 1, "before", sns_error(429), 1),)),
    "away": Fault((("publish", 1, "before", AWAY, 3),)),
    "refused, release fails": Fault(
        (("publish", 1, "before", sns_error(400), 3), ("update_item", MARK, "before", TIMEOUT, 1))
    ),
    "refused, death at the release": Fault(
        (("publish", 1, "before", sns_error(400), 3), ("update_item", MARK, "after", CrashError(), 1))
    ),
    "time-out, not taken": Fault((("publish", 1, "before", TIMEOUT, 1),)),
    "error 500, not taken": Fault((("publish", 1, "before", sns_error(500), 1),)),
    "death before publishing": Fault((("publish", 1, "before", CrashError(), 1),)),
    "marked, its answer lost": Fault((("update_item", MARK, "after", TIMEOUT, 1),)),
    "death after the mark": Fault((("update_item", MARK, "after", CrashError(), 1),)),
    "time-out, taken": Fault((("publish", 1, "after", TIMEOUT, 1),), in_window=True),
    "error 500, taken": Fault((("publish", 1, "after", sns_error(500), 1),), in_window=True),
    "death after publishing": Fault((("publish", 1, "after", CrashError(), 1),), in_window=True),
    "death before the mark": Fault((("update_item", MARK, "before", CrashError(), 1),), in_window=True),
    "mark fails": Fault((("update_item", MARK, "before", TIMEOUT, 1),), in_window=True),
}

ENDINGS = (
    "none",  # the message leaves, the row says SENT
    "refused",  # it stays, the row says nothing
    "death after the lease",  # it stays, the row says SENDING, SNS took nothing
    "time-out, taken",  # the same, and SNS took it
    "death after the mark",  # it stays, the row says SENT
    "mark fails",  # it leaves, the row says SENDING
)
"""One fault for each way in which a delivery can end."""


@pytest.fixture(scope="module")
def table(client: Any) -> TimedTable:
    """Make a table that all examples share; each has transactions of its own in it."""
    return TimedTable(client).create()


EXAMPLES = count()


class Rivalled:
    """A topic at which another consumer has a copy of the message, just before SNS takes it and just after."""

    def __init__(self, topic: Any, rival: Callable[[], None]) -> None:
        self._topic = topic
        self._rival = rival

    def publish(self, **arguments: str) -> Any:
        self._rival()
        try:
            return self._topic.publish(**arguments)
        finally:
            self._rival()


class Deliveries:
    """Delivers messages to consumers, and keeps account of the window."""

    def __init__(self, world: AlertWorld) -> None:
        self.world = world
        self.most = 0
        """How many alerts the window excuses besides the one of each transaction."""

    def deliver(self, told: Message, fault: Fault = FAULTS["none"], rival: Message | None = None) -> bool:
        """Deliver a message, with a rival or without; tell whether it left the queue."""
        dynamodb, topic = Faulty(self.world.table.client), Faulty(self.world.sns)
        for operation, nth, when, error, times in fault.steps:
            client = topic if operation == "publish" else dynamodb
            client.fail(operation, error, when=when, nth=nth, times=times)
        before = len(self.world.sns.published)
        sns = topic if rival is None else Rivalled(topic, lambda: self._is_kept_out(rival))
        try:
            again = self.world.notifier(dynamodb, sns).notify([told])
        except CrashError:
            again = [told]
        if fault.in_window:
            self.most += len(self.world.sns.published) - before
        return not again

    def _is_kept_out(self, rival: Message) -> None:
        assert self.world.notifier(Faulty(self.world.table.client), self.world.sns).notify([rival]) == [rival]

    def until_it_leaves(self, told: Message) -> None:
        """Deliver a message as the queue does, without further trouble."""
        for _ in range(2):
            self.world.passes(VISIBILITY_SECONDS)
            if self.deliver(told):
                return
        pytest.fail("the message does not leave the queue")


@pytest.mark.parametrize("first", FAULTS)
def test_two_deliveries_with_any_trouble_end_in_one_alert(table: TimedTable, first: str) -> None:
    """Every fault, then every ending that there is: the model is small enough to leave nothing to chance."""
    for wait, second in product([1, VISIBILITY_SECONDS], ENDINGS):
        world = AlertWorld(table)
        queue = Deliveries(world)
        transaction_id = f"model-{next(EXAMPLES)}"
        told = message(world.decided(transaction_id))

        left = queue.deliver(told, FAULTS[first])
        world.passes(wait)
        left = queue.deliver(told, FAULTS[second]) or left  # once more even if it left: queues repeat
        if not left:
            queue.until_it_leaves(told)
        world.passes(VISIBILITY_SECONDS)
        queue.deliver(message(told.body, copy=2))

        assert 1 <= len(world.sns.published) <= 1 + queue.most, (wait, second)
        assert world.state(transaction_id)["state"] == "SENT", (wait, second)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_second_consumer_sends_nothing_while_the_first_is_at_it(table: TimedTable, fault: str) -> None:
    world = AlertWorld(table)
    queue = Deliveries(world)
    told = message(world.decided(f"rival-{next(EXAMPLES)}"), copy=0)

    queue.deliver(told, FAULTS[fault], rival=message(told.body, copy=1))
    queue.until_it_leaves(message(told.body, copy=1))

    assert 1 <= len(world.sns.published) <= 1 + queue.most


@pytest.mark.parametrize("name", FAULTS)
def test_the_window_is_as_wide_as_is_said(table: TimedTable, name: str) -> None:
    """Each fault in it repeats the alert when the message comes again; so the model above can tell."""
    world = AlertWorld(table)
    queue = Deliveries(world)
    told = message(world.decided(f"window-{next(EXAMPLES)}"))

    queue.deliver(told, FAULTS[name])
    world.passes(LEASE_SECONDS)
    queue.deliver(told)

    assert len(world.sns.published) == (2 if FAULTS[name].in_window else 1)


class Queues:
    """Keeps the bodies of the alerts that were queued."""

    def __init__(self) -> None:
        self.alerts: list[str] = []

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803
        assert QueueUrl == "alerts"
        self.alerts.append(MessageBody)


STREAM_TROUBLE = st.tuples(
    st.sampled_from(["update_item", "send_message"]),
    st.integers(1, 4),
    st.sampled_from(["before", "after"]),
    st.sampled_from([TIMEOUT, CrashError()]),
)


@settings(derandomize=True, max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    flagged=st.lists(st.booleans(), min_size=1, max_size=4),
    batches=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.none() | STREAM_TROUBLE), max_size=5),
    deliveries=st.lists(st.tuples(st.integers(0, 9), st.sampled_from(sorted(FAULTS)), st.booleans()), max_size=6),
)
def test_from_the_stream_to_the_topic_each_flagged_transaction_is_told_of(
    table: TimedTable, flagged: list[bool], batches: list[Any], deliveries: list[Any]
) -> None:
    """The stream goes back as it likes, the queue delivers in any order and as often as it likes."""
    example = next(EXAMPLES)
    world, queues = AlertWorld(table), Queues()
    ids = [f"{example}-{i}" for i in range(len(flagged))]
    stream = [_accepted(table, one, suspicious) for one, suspicious in zip(ids, flagged)]

    place = 0
    for back, size, trouble in batches:
        place = _detect(table, queues, stream, max(place - back, 0), size, trouble)
    while place < len(stream):
        place = _detect(table, queues, stream, place, 4, None)

    queue = Deliveries(world)
    waiting = [message(body, copy) for copy, body in enumerate(queues.alerts)]
    for i, fault, soon in deliveries:
        if waiting:
            queue.deliver(waiting[i % len(waiting)], FAULTS[fault])
            world.passes(1 if soon else VISIBILITY_SECONDS)
    for each in waiting:
        queue.until_it_leaves(each)

    expected = {alert(one).subject for one, suspicious in zip(ids, flagged) if suspicious}
    told = Counter(sent["Subject"] for sent in world.sns.published)
    assert set(told) == expected
    assert sum(told.values()) <= len(expected) + queue.most
    assert [table.row(one)["status"] for one in ids] == [
        "FRAUD_SUSPECTED" if suspicious else "APPROVED" for suspicious in flagged
    ]


def _accepted(table: TimedTable, transaction_id: str, suspicious: bool) -> dict[str, Any]:
    """Store a transaction as `ingest` does; return its record of the stream."""
    changes = {"amount": "6000", "currency": "JPY"} if suspicious else {}
    accepted = acceptance(transaction_id, occurred_at="2026-11-20T08:59:00.500000Z", **changes)
    row = {**received_row(accepted), "timestamp": TIMESTAMP}
    table.put(row)
    return stream_record(1, row)


def _detect(table: TimedTable, queues: Queues, stream: list[Any], place: int, size: int, trouble: Any) -> int:
    """Hand the next batch to a detector; return where the stream goes on."""
    dynamodb: Any = Faulty(table.client)
    sqs: Any = Faulty(queues)
    policies: Any = FixedPolicies()
    if trouble is not None:
        operation, nth, when, error = trouble
        (sqs if operation == "send_message" else dynamodb).fail(operation, error, when=when, nth=nth)
    detector = Detector(StreamedRows(dynamodb, table.name), Outbox(sqs, "alerts", "dead"), policies, now=lambda: NOW)
    batch = read_records(event(*stream[place : place + size]))
    try:
        first = detector.detect(batch)
    except CrashError:
        return place
    return place + (len(batch) if first is None else first.place)
