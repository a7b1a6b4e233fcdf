"""Whatever is delivered how often, and whatever call fails: order, and each effect exactly once.

The real processor runs against real tables; Hypothesis decides on the deliveries and the faults.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

from botocore.exceptions import ReadTimeoutError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from process.processor import Processor

from pipeline.aws.accounts import AccountTable
from pipeline.aws.ledger import Ledger
from pipeline.aws.merchants import MerchantDirectory
from pipeline.aws.queue import Message
from pipeline.domain.profile import AccountProfile
from tests.factories import NOW, FixedPolicies, message
from tests.property.troubles import THROTTLED, CrashError, Moody
from tests.unit.functions.conftest import Faulty, RecordingQueue, Tables

MAX_RECEIVES = 3
FAULTS = st.tuples(
    st.sampled_from(["batch_get_item", "transact_write_items", "update_item"]),
    st.integers(1, 4),
    st.sampled_from(["before", "after"]),
    st.sampled_from([ReadTimeoutError(endpoint_url="local"), THROTTLED]),
)
CRASHES = st.tuples(
    st.integers(0, 9),
    st.sampled_from(["batch_get_item", "transact_write_items", "update_item"]),
    st.integers(1, 4),
    st.sampled_from(["before", "after"]),
)


class FifoQueue:
    """The queue's promises: order within a group, one batch of a group in flight, three receives."""

    def __init__(self, messages: list[Message]) -> None:
        self.waiting = [replace(each, receive_count=0) for each in messages]
        self.dead: list[Message] = []

    def receive(self, size: int) -> list[Message]:
        """Deliver the next batch; what was received three times goes to the dead-letter queue instead."""
        self.dead += [each for each in self.waiting if each.receive_count >= MAX_RECEIVES]
        self.waiting = [each for each in self.waiting if each.receive_count < MAX_RECEIVES]
        batch = [replace(each, receive_count=each.receive_count + 1) for each in self.waiting[:size]]
        self.waiting[:size] = batch
        return batch

    def delete_all_but(self, batch: list[Message], again: list[Message]) -> None:
        """Remove what was settled."""
        kept = {each.message_id for each in again}
        settled = {each.message_id for each in batch} - kept
        self.waiting = [each for each in self.waiting if each.message_id not in settled]


def processor(tables: Tables, client: Any, decider: Moody) -> Processor:
    """Return the real processor on these tables."""
    queue: Any = RecordingQueue()
    policies: Any = FixedPolicies(decider)
    return Processor(
        Ledger(client, tables.transactions, AccountTable(client, tables.accounts), sleep=lambda _: None),
        MerchantDirectory(client, tables.merchants, cache_seconds=60, risk_table=tables.merchant_risk),
        queue,
        policies,
        now=lambda: NOW,
        sleep=lambda _: None,
    )


EXAMPLES = count()


# The same schedules in every run. Copies of a transaction that fails for good are left out: see "Limits to
# know" in docs/architecture.md.
@settings(
    derandomize=True, max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    order=st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=14),
    copies=st.lists(st.integers(0, 13), max_size=4),
    bugs=st.dictionaries(st.integers(0, 13), st.integers(1, 9), max_size=3),
    faults=st.lists(st.one_of(st.none(), FAULTS), max_size=10),
    crash=st.one_of(st.none(), CRASHES),
    size=st.integers(1, 10),
)
def test_order_and_effects_survive_repeats_bugs_faults_and_a_crash(
    tables: Tables,
    order: list[str],
    copies: list[int],
    bugs: dict[int, int],
    faults: list[Any],
    crash: Any,
    size: int,
) -> None:
    """Each receive may meet one failing call, at any point, before or after its effect; one may be a crash.

    Some transactions fail as often as it takes, or nearly: those are what others must not overtake.
    """
    example = next(EXAMPLES)
    messages = [message(f"{example}-{account}{i}", f"{example}-{account}") for i, account in enumerate(order)]
    messages += [
        replace(messages[i % len(messages)], message_id=f"copy-{n}")
        for n, i in enumerate(copies)
        if i % len(messages) not in bugs
    ]
    queue, pending = FifoQueue(messages), list(faults)
    decider = Moody({f"{example}-{order[i]}{i}": times for i, times in bugs.items() if i < len(order)})

    for receive in range(100):
        batch = queue.receive(size)
        if not batch:
            break
        client = Faulty(tables.client)
        fault = pending.pop(0) if pending else None
        if crash is not None and crash[0] == receive:
            client.fail(crash[1], CrashError(), when=crash[3], nth=crash[2])
        elif fault is not None:
            operation, nth, when, error = fault
            client.fail(operation, error, when=when, nth=nth)
        try:
            again = processor(tables, client, decider).process(batch)
        except CrashError:
            again = batch
        queue.delete_all_but(batch, again)

    rows = tables.rows()
    assert not queue.waiting
    for account in {*order}:
        sent = [f"{example}-{name}{i}" for i, name in enumerate(order) if name == account]
        committed = [key for key in sent if "sequence" in rows.get(key, {})]
        # In the order in which they were sent, without a gap and without a repeat:
        assert [int(rows[key]["sequence"]) for key in committed] == list(range(1, len(committed) + 1))
        stored = tables.account(f"{example}-{account}")
        assert stored.get("commits", 0) == len(committed)
        # The profile has seen what was committed, each once.
        profile = AccountProfile.unpack(stored["profile"]) if committed else AccountProfile()
        assert (profile.transactions, profile.total_thousandths) == (len(committed), 12_500 * len(committed))
        # Nothing is lost: committed, held behind a failed one, or in the dead-letter queue.
        dead = {each.message_id.removeprefix("m-").removesuffix("-0") for each in queue.dead}
        assert all(key in committed or rows.get(key, {}).get("status") == "HELD" or key in dead for key in sent)
        # Nothing overtakes: after the first that is not committed, nothing is.
        assert sent[: len(committed)] == committed
