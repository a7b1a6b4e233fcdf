"""Whatever a system's request holds: queue and table give the same transaction back, and one instant is one number."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.aws.dynamo import from_item, to_item
from pipeline.aws.layout import by_customer, by_id_and_time
from pipeline.domain import strict_json
from pipeline.domain.queue_body import read_body
from pipeline.domain.queued import accept
from pipeline.domain.records import acceptance_of, received_row
from pipeline.domain.request_schemas import request_schema
from pipeline.domain.times import LATEST_UNIX_SECONDS, from_text, from_unix, to_text, to_unix
from pipeline.domain.transaction import Transaction, parse_request
from tests.factories import NOW

IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}", fullmatch=True)
PAST_MICROSECONDS = st.integers(1, int(NOW.timestamp()) * 1_000_000)
COMMON = {
    "transaction_id": IDS,
    "merchant_id": IDS,
    "amount": st.integers(1, 999_999_999_999_00).map(lambda cents: cents / 100),
    "currency": st.sampled_from(["USD", "EUR", "GBP"]),
}
FLAGSHIP = st.fixed_dictionaries(
    {
        **COMMON,
        "account_id": IDS,
        "occurred_at": PAST_MICROSECONDS.map(lambda n: to_text(from_unix(Decimal(n).scaleb(-6)))),
    },
    optional={
        "category": st.from_regex(r"[a-z0-9_]{1,64}", fullmatch=True),
        "channel": st.sampled_from(["online", "atm"]),
        "location": st.fixed_dictionaries({"latitude": st.integers(-90, 90), "longitude": st.just(-0.5)}),
    },
)
MERCHANT_API = st.fixed_dictionaries(COMMON)
STREAM_ALERTS = st.fixed_dictionaries(
    {**COMMON, "timestamp": PAST_MICROSECONDS.map(lambda n: n / 1_000_000)},
    optional={"account_id": IDS, "merchant_name": st.text(min_size=1, max_size=100)},
)
SECUREBANK = st.fixed_dictionaries(
    {
        **COMMON,
        "customer_id": IDS,
        "timestamp": PAST_MICROSECONDS.map(lambda n: to_text(from_unix(Decimal(n).scaleb(-6)))),
    },
    optional={
        "merchant_category": st.from_regex(r"[a-z0-9_]{1,64}", fullmatch=True),
        "transaction_type": st.sampled_from(["purchase", "refund"]),
        "channel": st.sampled_from(["online", "atm"]),
        "merchant_name": st.text(min_size=1, max_size=100),
        "location": st.fixed_dictionaries({"latitude": st.integers(-90, 90), "longitude": st.just(-0.5)}),
    },
)
REQUESTS = st.one_of(
    st.tuples(st.just("flagship"), FLAGSHIP),
    st.tuples(st.just("merchant_api"), MERCHANT_API),
    st.tuples(st.just("stream_alerts"), STREAM_ALERTS),
    st.tuples(st.just("securebank"), SECUREBANK),
)


def parsed(system: str, document: dict[str, Any]) -> Transaction:
    """Return what the system takes the request for."""
    return parse_request(strict_json.loads(json.dumps(document)), NOW, request_schema(system))


@given(REQUESTS, st.none() | st.just(timedelta(minutes=15)))
def test_every_systems_transaction_reads_back_the_same_from_queue_and_table(
    request: tuple[str, dict[str, Any]], wait: timedelta | None
) -> None:
    accepted = accept(parsed(*request), NOW, "request")

    stored = from_item(to_item(received_row(accepted, wait)))

    assert read_body(accepted.to_body()) == accepted
    assert acceptance_of(stored) == accepted
    assert acceptance_of(stored).transaction.fingerprint == accepted.transaction.fingerprint == stored["fingerprint"]


@given(REQUESTS, st.sampled_from(["transaction_id", "merchant_id", "merchant_name", "account_id", "occurred_at"]))
def test_each_part_that_is_said_is_part_of_the_fingerprint(request: tuple[str, dict[str, Any]], name: str) -> None:
    transaction = parsed(*request)
    other: Any = "2020-01-01T00:00:00.000000Z" if name == "occurred_at" else f"{getattr(transaction, name)}x"

    assert replace(transaction, **{name: other}).fingerprint != transaction.fingerprint


@given(st.integers(1, LATEST_UNIX_SECONDS * 1_000_000), st.integers(0, 9))
def test_unix_time_reads_back_to_the_digit_however_many_zeros_it_had(microseconds: int, zeros: int) -> None:
    seconds = Decimal(microseconds).scaleb(-6)

    written = to_unix(to_text(from_unix(Decimal(f"{seconds:f}" + ("0" * zeros)))))

    assert written == seconds
    assert "E" not in str(written)
    assert "." not in str(written) or not str(written).endswith("0")


@given(STREAM_ALERTS)
def test_the_sort_key_is_the_time_of_the_request(document: dict[str, Any]) -> None:
    accepted = accept(parsed("stream_alerts", document), NOW, "request")

    key = from_item(by_id_and_time("ids").key(accepted))

    assert key == {"transaction_id": document["transaction_id"], "timestamp": Decimal(repr(document["timestamp"]))}
    assert from_unix(key["timestamp"]) == from_text(str(accepted.transaction.occurred_at))


@given(SECUREBANK)
def test_a_customers_row_begins_its_key_with_the_time_of_the_request(document: dict[str, Any]) -> None:
    layout = by_customer("ids")
    accepted = accept(parsed("securebank", document), NOW, "request")

    stored = from_item(layout.row_of(accepted, received_row(accepted)))

    place = f"{document['timestamp']}#{document['transaction_id']}"
    assert (stored["customer_id"], stored["timestamp"]) == (document["customer_id"], place)
    assert acceptance_of(layout.ours(stored)) == accepted


@given(PAST_MICROSECONDS, PAST_MICROSECONDS)
def test_sort_keys_are_in_the_order_of_the_times(one: int, other: int) -> None:
    first, second = (to_text(from_unix(Decimal(n).scaleb(-6))) for n in (one, other))

    assert (first < second) == (to_unix(first) < to_unix(second))
