"""A standard queue, no accounts: whatever is delivered how often, and whatever call fails, each is settled once.

The real processor and the real recorder of failures run against real tables; Hypothesis decides on the
deliveries and the faults. A transaction is decided once, or failed once and alerted; none is lost.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

from botocore.exceptions import ReadTimeoutError
from failed.recorder import Recorder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from process.processor import Processor

from pipeline.aws.accounts import NoAccounts
from pipeline.aws.ledger import Ledger
from pipeline.aws.merchants import MerchantDirectory
from pipeline.aws.quarantine import Quarantine
from pipeline.aws.queue import Message
from pipeline.domain.queued import MAX_RECEIVES
from tests.factories import NOW, FixedPolicies
from tests.property.troubles import THROTTLED, Moody
from tests.unit.functions.accountless import standard
from tests.unit.functions.conftest import Faulty, RecordingQueue, Tables

OPERATIONS = st.sampled_from(["batch_get_item", "transact_write_items"])
FAULTS = st.tuples(
    OPERATIONS,
    st.integers(1, 3),
    st.sampled_from(["before", "after"]),
    st.sampled_from([ReadTimeoutError(endpoint_url="local"), THROTTLED]),
)
EXAMPLES = count()


class Heard:
    """Keeps which transactions were alerted."""

    def __init__(self) -> None:
        self.ids: set[str] = set()

    def publish(self, subject: str, content: Any) -> None:
        self.ids.add(content["transaction_id"])


def deliver(tables: Tables, client: Any, decider: Moody, batch: list[Message]) -> list[Message]:
    """Let the real processor settle a batch; return what comes again."""
    queue: Any = RecordingQueue()
    policies: Any = FixedPolicies(decider)
    ledger = Ledger(client, tables.transactions, NoAccounts(), sleep=lambda _: None)
    merchants = MerchantDirectory(client, tables.merchants, cache_seconds=60)
    processor = Processor(ledger, merchants, queue, policies, now=lambda: NOW, sleep=lambda _: None)
    return processor.process(batch)


@settings(derandomize=True, max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sent=st.integers(1, 8),
    copies=st.lists(st.integers(0, 7), max_size=4),
    bugs=st.dictionaries(st.integers(0, 7), st.integers(1, 9), max_size=3),
    faults=st.lists(st.one_of(st.none(), FAULTS), max_size=8),
    order=st.randoms(use_true_random=False),
    size=st.integers(1, 10),
)
def test_each_is_decided_once_or_failed_and_alerted(
    tables: Tables, sent: int, copies: list[int], bugs: dict[int, int], faults: list[Any], order: Any, size: int
) -> None:
    example, heard = next(EXAMPLES), Heard()
    ids = [f"{example}-{number}" for number in range(sent)]
    waiting = [standard(key, receive_count=0) for key in ids]
    waiting += [standard(ids[n % sent], receive_count=0, copy=place + 1) for place, n in enumerate(copies)]
    decider = Moody({ids[n]: times for n, times in bugs.items() if n < sent})
    dead: list[Message] = []

    while waiting:
        order.shuffle(waiting)  # a standard queue promises no order
        dead += [each for each in waiting if each.receive_count >= MAX_RECEIVES]
        waiting = [each for each in waiting if each.receive_count < MAX_RECEIVES]
        batch = [replace(each, receive_count=each.receive_count + 1) for each in waiting[:size]]
        client = Faulty(tables.client)
        fault = faults.pop(0) if faults else None
        if fault is not None:
            operation, nth, when, error = fault
            client.fail(operation, error, when=when, nth=nth)
        again = deliver(tables, client, decider, batch) if batch else []
        waiting = again + waiting[size:]

    real: Any = tables.client
    accounts = NoAccounts()
    alerts: Any = heard
    ledger = Ledger(real, tables.transactions, accounts)
    recorder = Recorder(ledger, Quarantine(real, tables.transactions, accounts), alerts, now=lambda: NOW)
    for message in dead:
        recorder.record(message)

    rows = {key: row for key, row in tables.rows().items() if key in ids}
    assert set(rows) == set(ids)  # nothing is lost
    assert {row["revision"] for row in rows.values()} == {1}  # nothing is settled twice
    assert all(len(row["history"]) == 1 for row in rows.values())
    assert {row["status"] for row in rows.values()} <= {"APPROVED", "FAILED"}
    assert heard.ids == {key for key, row in rows.items() if row["status"] == "FAILED"}
    assert not any(key.startswith("message#") for key in tables.rows())
