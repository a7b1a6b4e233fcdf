"""Whatever the stream repeats and whatever call fails: each decision and each label counts once.

The real learner runs against real tables; Hypothesis decides on the labels, the deliveries and the faults.
"""

from __future__ import annotations

from collections import Counter
from itertools import count
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from learn.learner import Learner
from learn.records import read_records

from pipeline.aws.drift import DriftTable
from pipeline.aws.labels import Labels
from pipeline.aws.merchant_risk import MerchantRiskStore
from pipeline.domain.label import Label, LabelRequest, LabelSource, LabelValue, is_fraud
from tests.factories import RECEIVED_AT
from tests.property.troubles import THROTTLED, CrashError
from tests.unit.functions.case_rows import decided_row
from tests.unit.functions.conftest import Faulty, Tables
from tests.unit.functions.stream import event, stream_record

TROUBLE = st.tuples(
    st.sampled_from(["batch_get_item", "transact_write_items", "update_item"]),
    st.integers(1, 4),
    st.sampled_from(["before", "after"]),
    st.sampled_from([ReadTimeoutError(endpoint_url="local"), THROTTLED, CrashError()]),
)
LABELS = st.tuples(st.integers(0, 5), st.sampled_from(list(LabelValue)), st.integers(0, 9))
DELIVERIES = st.tuples(st.integers(0, 5), st.integers(1, 8), st.one_of(st.none(), TROUBLE))
"""How far to go back before the next batch, its size, and what goes wrong in it."""

EXAMPLES = count()


@settings(
    derandomize=True, max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    merchants=st.lists(st.sampled_from(["shop", "bakery"]), min_size=1, max_size=6),
    labels=st.lists(LABELS, max_size=10),
    deliveries=st.lists(DELIVERIES, max_size=8),
)
def test_each_decision_and_each_label_counts_once(
    tables: Tables, merchants: list[str], labels: list[Any], deliveries: list[Any]
) -> None:
    """The stream goes on from what was reported, or from further back, as a shard's lease that moves makes it do."""
    example = next(EXAMPLES)
    ids = [f"{example}-{i}" for i in range(len(merchants))]
    records = _what_happens(tables, example, ids, merchants, labels)

    place = 0
    for back, size, trouble in deliveries:
        place = max(place - back, 0)
        client = Faulty(tables.client)
        if trouble is not None:
            operation, nth, when, error = trouble
            client.fail(operation, error, when=when, nth=nth)
        place = _deliver(tables, client, records, place, size)
    while place < len(records):
        place = _deliver(tables, Faulty(tables.client), records, place, 4)

    rows = [tables.find(tables.transactions, transaction_id=one) for one in ids]
    for merchant in {*merchants}:
        risk = tables.risk(f"{example}-{merchant}")
        standing = sum(is_fraud(row) for row, name in zip(rows, merchants) if name == merchant)
        assert (sum(risk.transactions), sum(risk.frauds)) == (Counter(merchants)[merchant], standing)
    assert all(int(row.get("label_counted", 0)) == is_fraud(row) for row in rows)


def _what_happens(
    tables: Tables, example: int, ids: list[str], merchants: list[str], labels: list[Any]
) -> list[dict[str, Any]]:
    """Decide the transactions and label them; return the records of the stream."""
    client: Any = tables.client
    records: list[dict[str, Any]] = []
    for transaction_id, merchant in zip(ids, merchants):
        row = decided_row(transaction_id, merchant_id=f"{example}-{merchant}")
        tables.put(tables.transactions, row)
        records.append(stream_record(len(records), row))
    for i, value, second in labels:
        transaction_id = ids[i % len(ids)]
        before = tables.find(tables.transactions, transaction_id=transaction_id)
        label = Label(value, LabelSource.CUSTOMER, f"2026-11-20T08:00:0{second}.000000Z")
        Labels(client, tables.transactions).record(LabelRequest(transaction_id, label), "api", RECEIVED_AT)
        after = tables.find(tables.transactions, transaction_id=transaction_id)
        if after != before:
            records.append(stream_record(len(records), after, before))
    return records


def _deliver(tables: Tables, client: Any, records: list[dict[str, Any]], place: int, size: int) -> int:
    """Hand the next batch to a learner; return where the stream goes on."""
    batch = records[place : place + size]
    learner = Learner(
        MerchantRiskStore(client, tables.merchant_risk, tables.transactions, sleep=lambda _: None),
        DriftTable(client, tables.drift, sleep=lambda _: None),
        models={},
        sleep=lambda _: None,
    )
    try:
        first = learner.learn(read_records(event(*batch)))
    except (CrashError, ReadTimeoutError, ClientError):
        return place
    return place + (len(batch) if first is None else first.place)
