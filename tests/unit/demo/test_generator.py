from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import datetime, timezone

import pytest

from pipeline.domain import strict_json
from pipeline.domain.merchant import Merchant as Configured
from pipeline.domain.merchant import refusal_of
from pipeline.domain.request_schemas import request_schema
from pipeline.domain.transaction import parse_request
from scripts.demo import bodies, generator
from scripts.demo.model import Transaction
from scripts.demo.system import System
from scripts.demo.systems import ALL

NOW = datetime(2026, 11, 20, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def thousand() -> list[Transaction]:
    return list(generator.transactions(1000, seed=1))


def test_the_same_seed_gives_the_same_sequence_and_another_one_does_not() -> None:
    assert list(generator.transactions(300, 7)) == list(generator.transactions(300, 7))
    assert list(generator.transactions(300, 7)) != list(generator.transactions(300, 8))


def test_a_longer_run_begins_with_the_shorter_one() -> None:
    short, long = list(generator.transactions(150, 3)), generator.transactions(900, 3)

    assert list(itertools.islice(long, len(short))) == short


def test_the_largest_run_can_begin_without_being_made_first() -> None:
    assert next(generator.transactions(generator.MAX_COUNT, 1)).transaction_id == "demo-1-0000001"


def test_the_last_event_of_the_largest_run_is_not_in_the_future() -> None:
    seconds = generator.MAX_COUNT * generator.MEAN_GAP_SECONDS

    assert generator.START.timestamp() + 1.05 * seconds < NOW.timestamp()


def test_as_many_acceptable_transactions_as_asked_for(thousand: list[Transaction]) -> None:
    ids = {one.transaction_id for one in thousand if one.expected == "accepted"}

    assert len(ids) == 1000


def test_every_edge_is_there(thousand: list[Transaction]) -> None:
    accepted = [one for one in thousand if one.expected == "accepted"]
    edges = {
        "high value": sum(one.amount > 10_000 for one in accepted),
        "exactly 10,000": sum(one.amount == 10_000 for one in accepted),
        "above 5,000": sum(5_000 < one.amount < 10_000 for one in accepted),
        "round thousands": sum(one.amount % 1000 == 0 for one in accepted),
        "unusual currency": sum(one.currency not in ("USD", "EUR", "GBP") for one in accepted),
        "fraud": sum(one.fraud is True for one in accepted),
        "repeats": len(thousand) - len({bodies.flagship(one, None) for one in thousand}),
        "conflicts": sum(one.expected == "conflict" for one in thousand),
        "rejections": sum(one.expected == "rejected" for one in thousand),
    }

    assert {name: number for name, number in edges.items() if not number} == {}
    assert edges["repeats"] == pytest.approx(10, abs=4)


def test_each_conflict_follows_the_transaction_whose_id_it_takes(thousand: list[Transaction]) -> None:
    known: dict[str, bytes] = {}
    for one in thousand:
        body = bodies.merchant_api(one, None)  # holds the least
        if one.expected == "conflict":
            assert known[one.transaction_id] != body
        known.setdefault(one.transaction_id, body)


def test_some_conflicts_take_the_id_at_another_time_and_some_at_the_same(thousand: list[Transaction]) -> None:
    times = {one.transaction_id: one.occurred_at for one in thousand if one.expected == "accepted"}
    conflicts = [one for one in thousand if one.expected == "conflict"]

    assert {one.occurred_at == times[one.transaction_id] for one in conflicts} == {True, False}


def test_the_events_of_an_account_are_in_order(thousand: list[Transaction]) -> None:
    times = defaultdict(list)
    for one in (one for one in thousand if one.expected != "conflict"):
        times[one.account_id].append(one.occurred_at)

    assert all(moments == sorted(moments) for moments in times.values())
    assert len(times) > 50


def test_merchants_refuse_what_they_should(thousand: list[Transaction]) -> None:
    merchants = {
        one.merchant_id: Configured(one.merchant_id, one.name, one.active, one.max_transaction_amount)
        for one in generator.merchants()
    }
    for one in thousand:
        parsed = parse_request(strict_json.loads(bodies.flagship(one, None).decode()), NOW, request_schema("flagship"))
        refused = refusal_of(merchants.get(one.merchant_id), parsed) is not None
        assert refused == (one.expected == "rejected"), one


@pytest.mark.parametrize("system", ALL.values(), ids=lambda system: system.name)
def test_each_systems_api_takes_every_body(thousand: list[Transaction], system: System) -> None:
    for one in thousand:
        parsed = parse_request(strict_json.loads(system.body(one, "Shop").decode()), NOW, request_schema(system.name))
        assert parsed.transaction_id == one.transaction_id
