"""Whatever the stream delivers how often, and whatever call fails: order per customer, and each effect exactly once.

The real processor runs against real tables; Hypothesis decides on the records, the deliveries and the faults. A
customer's state is the fold of its decided transactions, the counters are the sum of the decisions, an id is one row.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.aws.batch import sort_out
from pipeline.aws.dynamo import to_bytes
from pipeline.aws.stream_reader import StreamReader
from pipeline.domain.errors import BatchStuckError
from pipeline.domain.profile import EMPTY
from pipeline.domain.records import acceptance_of
from pipeline.domain.request_schemas import request_schema
from tests.factories import NOW
from tests.property.troubles import THROTTLED, CrashError
from tests.unit.functions.bank_world import WEIGHTS, World
from tests.unit.functions.conftest import Faulty
from tests.unit.functions.customer_tables import CustomerTables
from tests.unit.functions.shard import Shard, batch_of, direct, remaining, submission

OPERATIONS = st.sampled_from(["batch_get_item", "transact_write_items", "put_item", "update_item"])
WHEN = st.sampled_from(["before", "after"])
ERRORS = st.sampled_from([ReadTimeoutError(endpoint_url="local"), THROTTLED, CrashError()])
FAULTS = st.tuples(OPERATIONS, st.integers(1, 4), WHEN, ERRORS)
RETRIES = 3
EXAMPLES = count()


class Moody:
    """The shipped weights with bugs: it fails for some transactions, a number of times each, and dies of others.

    Parameters
    ----------
    failures
        How often for which transaction.
    deadly
        The transactions that it dies of, each time.
    """

    def __init__(self, failures: dict[str, int], deadly: Collection[str]) -> None:
        self._failures = failures
        self._deadly = deadly

    def decide(self, acceptance: Any, account: Any, merchant: Any) -> Any:
        transaction_id = acceptance.transaction.transaction_id
        if transaction_id in self._deadly:
            raise CrashError
        if self._failures.get(transaction_id, 0) > 0:
            self._failures[transaction_id] -= 1
            raise RuntimeError("a bug of ours")
        return WEIGHTS.decide(acceptance, account, merchant)


@pytest.fixture(scope="module")
def tables(client: Any) -> CustomerTables:
    return CustomerTables(client).create()


class Example:
    """One schedule: customers and a day of its own in tables that all examples share."""

    def __init__(self, tables: CustomerTables, bugs: dict[str, int], deadly: Collection[str]) -> None:
        self.number = next(EXAMPLES)
        self.world = World(tables)
        self.world.shard = Shard(first=1000 * self.number)
        failures = {self.named(key): times for key, times in bugs.items()}
        self.world.decider = Moody(failures, {self.named(key) for key in deadly})
        self.day = (date(2020, 1, 1) + timedelta(days=self.number)).isoformat()
        self.dead: list[dict[str, Any]] = []

    def named(self, key: str) -> str:
        return f"{self.number}-{key}"

    def send(self, key: str, customer: str, place: int, stored: bool, amount: int) -> None:
        """Accept a transaction, as `ingest` does or as the gateway does."""
        at = f"{self.day}T12:00:{place:02}Z"
        if stored:
            changes = {"amount": Decimal(amount), "occurred_at": at.replace("Z", ".000000Z")}
            self.world.store(self.named(key), self.named(customer), **changes)
        else:
            self.world.shard.submit(self.named(key), self.named(customer), amount=amount, timestamp=at)

    def run(self, size: int, faults: Sequence[Any], rewinds: Sequence[int], bounded: bool) -> None:
        """Deliver everything, as Lambda does: in order, again from what failed, halved until that is alone.

        Parameters
        ----------
        size
            Records in a batch.
        faults
            What goes wrong at each delivery, one call of it.
        rewinds
            The deliveries after which the stream begins some records further back.
        bounded
            Whether a record that fails too often is given up.
        """
        records, position, current, tries = self.world.shard.records, 0, size, 0
        for delivery in range(300):
            if position >= len(records):
                return
            batch = [_aged(record, tries) for record in records[position : position + current]]
            left = self._deliver(batch, faults[delivery] if delivery < len(faults) else None)
            position += len(batch) - len(left)
            if len(left) < len(batch):
                current, tries = size, 0
                position -= min(position, 2) if delivery in rewinds else 0
            elif len(batch) > 1:
                current = len(batch) // 2
            else:
                tries += 1
                if bounded and tries > RETRIES:
                    self.dead.append(records[position])
                    position, current, tries = position + 1, size, 0
        raise AssertionError("the stream does not come to an end")

    def _deliver(self, batch: list[dict[str, Any]], fault: Any) -> list[dict[str, Any]]:
        self.world.dynamodb = Faulty(self.world.tables.client)
        if fault is not None:
            operation, nth, when, error = fault
            self.world.dynamodb.fail(operation, error, when=when, nth=nth)
        try:
            return remaining(batch, self.world.process(*batch))
        except (BatchStuckError, CrashError):
            return batch

    def bury(self) -> None:
        """Record what was given up, as `stream_failed` does."""
        self.world.dynamodb = Faulty(self.world.tables.client)
        failures = self.world.processor()._failures
        for record in self.dead:
            batch = sort_out(batch_of([record]).messages, StreamReader(request_schema("securebank")).read)
            for account in batch.accounts:
                failures.give_up(account.queued[0], account.messages[0])


def _aged(record: dict[str, Any], tries: int) -> dict[str, Any]:
    """Return the record as it is delivered after some tries: older."""
    arrived = NOW.timestamp() - 1 - 11 * tries
    return {**record, "kinesis": {**record["kinesis"], "approximateArrivalTimestamp": arrived}}


# The same schedules in every run. Copies and other bodies of what may be given up are left out: see "Limits to know"
# in docs/architecture.md.
@settings(derandomize=True, max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sent=st.lists(
        st.tuples(st.sampled_from(["a", "b", "c"]), st.booleans(), st.integers(1, 900)), min_size=1, max_size=14
    ),
    copies=st.lists(st.integers(0, 13), max_size=3),
    reuses=st.lists(st.tuples(st.integers(0, 13), st.sampled_from(["a", "b", "c"])), max_size=3),
    bugs=st.dictionaries(st.integers(0, 13), st.integers(1, 9), max_size=2),
    faults=st.lists(st.one_of(st.none(), FAULTS), max_size=16),
    rewinds=st.lists(st.integers(0, 10), max_size=2),
    size=st.integers(1, 10),
    bounded=st.booleans(),
    deadly=st.lists(st.integers(0, 13), max_size=2),
)
def test_order_and_effects_survive_repeats_bugs_faults_and_crashes(
    tables: CustomerTables,
    sent: list[tuple[str, bool, int]],
    copies: list[int],
    reuses: list[tuple[int, str]],
    bugs: dict[int, int],
    faults: list[Any],
    rewinds: list[int],
    size: int,
    bounded: bool,
    deadly: list[int],
) -> None:
    example = Example(
        tables,
        {f"t{place}": times for place, times in bugs.items()},
        {f"t{place}" for place in deadly if bounded},
    )
    for place, (customer, stored, amount) in enumerate(sent):
        example.send(f"t{place}", customer, place, stored, amount)
    shard, originals = example.world.shard, list(example.world.shard.records)
    reused: list[dict[str, Any]] = []
    if not bounded:
        for place in copies:
            original = originals[place % len(sent)]["kinesis"]
            shard.put(base64.b64decode(original["data"]), original["partitionKey"])
        for place, customer in dict.fromkeys((place % len(sent), customer) for place, customer in reuses):
            body = submission(example.named(f"t{place}"), example.named(customer), amount=1234.5)
            reused.append(shard.put(direct(body), example.named(customer)))

    example.run(size, faults, [] if bounded else rewinds, bounded)
    example.bury()

    check(example, sent, reused)


def check(example: Example, sent: list[tuple[str, bool, int]], reused: list[dict[str, Any]]) -> None:
    world = example.world
    everything = world.tables.all(world.tables.transactions)
    ids = [example.named(f"t{place}") for place in range(len(sent))]
    assert Counter(row["transaction_id"] for row in everything if row["transaction_id"] in ids) == Counter(ids)
    rows = {row["transaction_id"]: row for row in everything}
    claims = world.tables.claims()
    decided: list[Any] = []
    for customer in {name for name, _, _ in sent}:
        own = [key for key, (name, _, _) in zip(ids, sent) if name == customer]
        committed = [key for key in own if "sequence" in rows[key]]
        # In the order of the stream, without a gap and without a repeat; and nothing overtakes what failed.
        assert [int(rows[key]["sequence"]) for key in committed] == list(range(1, len(committed) + 1))
        assert own[: len(committed)] == committed
        rest = [rows[key]["status"] for key in own[len(committed) :]]
        assert rest in ([], ["FAILED"] + ["HELD"] * (len(rest) - 1))
        state = world.tables.customer(example.named(customer))
        amounts = [rows[key]["amount"] for key in committed]
        assert state.get("commits", 0) == len(committed)
        assert (state.get("transaction_count", 0), state.get("total_amount", 0)) == (len(committed), sum(amounts))
        assert (state.get("blocked_by") in own) == bool(rest)
        if committed:  # what is stored is what the decided ones make, one after the other
            profile = EMPTY
            for key in committed:
                profile = profile.after(acceptance_of(world.layout.ours(rows[key])))
            assert to_bytes(state["profile"]) == profile.pack()
        decided += [rows[key] for key in committed]
        assert {alert["transaction_id"] for alert in world.topic.alerts} >= {
            key for key in own if rows[key]["status"] == "FAILED"
        }
    for key in ids:
        assert claims[key]["fingerprint"] == rows[key]["fingerprint"]
        assert rows[key]["revision"] == len(rows[key]["history"]) <= 2
    counters = world.tables.counters().get(f"{example.day}#3", {})
    assert counters.get("transactions", 0) == len(decided)
    assert counters.get("amount:USD", 0) == sum(row["amount"] for row in decided)
    assert sum(value for name, value in counters.items() if name.startswith("risk:")) == len(decided)
    assert counters.get("fraud", 0) == sum(row["is_fraud"] for row in decided)
    assert all(rows[f"message#{record['eventID']}"]["status"] == "REJECTED" for record in reused)
