from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluation.simulator import DAY, Transactions, World, simulate
from evaluation.stream import Event, Table, collect, replay, simulated_events
from pipeline.domain.decision import Feature
from pipeline.domain.times import from_text

WORLD = World(customers=60, terminals=40, days=45, radius=40)


@pytest.fixture(scope="module")
def data() -> Transactions:
    return simulate(WORLD)


@pytest.fixture(scope="module")
def ordered(data: Transactions) -> list[tuple[Event, dict[str, Feature]]]:
    return list(replay(simulated_events(data)))


def test_every_transaction_gets_features_once_in_event_order(
    data: Transactions, ordered: Sequence[tuple[Event, dict[str, Feature]]]
) -> None:
    assert [event.row for event, _ in ordered] == list(range(len(data)))


def test_an_event_is_the_simulated_transaction(
    data: Transactions, ordered: Sequence[tuple[Event, dict[str, Feature]]]
) -> None:
    event, _ = ordered[1000]
    transaction = event.acceptance.transaction

    assert int(from_text(event.acceptance.event_time).timestamp()) == event.arrives
    assert transaction.amount * 100 == int(data.cents[1000])
    assert transaction.account_id == f"c{data.customer[1000]}"
    assert transaction.location is None
    assert event.fraud == bool(data.fraud[1000])


def test_a_label_says_nothing_about_a_merchant_before_it_is_known(data: Transactions) -> None:
    one = next(simulated_events(data))
    hours = [0, 1, 6 * 24, 7 * 24 - 1, 9 * 24]

    def visit(number: int) -> Event:
        """Return a visit of another card to the same merchant; all are frauds."""
        at = one.arrives + hours[number] * 3600
        text = np.datetime_as_string(np.datetime64(at, "s"))
        transaction = replace(
            one.acceptance.transaction,
            transaction_id=f"v{number}",
            account_id=f"a{number}",
            occurred_at=f"{text}.000000Z",
        )
        acceptance = replace(one.acceptance, transaction=transaction)
        return one._replace(row=number, acceptance=acceptance, arrives=at, fraud=True, labelled_at=at + 7 * DAY)

    features = [features for _, features in replay(visit(number) for number in range(len(hours)))]
    frauds = [features["merchant_frauds_21d"] for features in features]

    assert frauds[:4] == [0, 0, 0, 0]
    assert int(frauds[4]) > 0


def test_a_label_that_comes_later_counts_later(data: Transactions) -> None:
    on_time = collect(replay(simulated_events(data)))
    never = collect(replay(event._replace(labelled_at=2**40) for event in simulated_events(data)))

    assert on_time.number("merchant_frauds_21d").any()
    assert not never.number("merchant_frauds_21d").any()


def test_transactions_that_arrive_twice_are_dropped_and_late_ones_still_get_features(data: Transactions) -> None:
    arrivals = list(simulated_events(data, disorder_seconds=1800, duplicates=0.02))
    rows = [event.row for event, _ in replay(arrivals)]
    lateness = [event.arrives - int(from_text(event.acceptance.event_time).timestamp()) for event in arrivals]

    assert len(arrivals) > len(data)
    assert sorted(rows) == list(range(len(data)))
    assert rows != sorted(rows)
    assert min(lateness) >= 0
    assert max(lateness) <= 1800


def test_a_table_gives_the_features_back_as_they_were(
    ordered: Sequence[tuple[Event, dict[str, Feature]]], tmp_path: Path
) -> None:
    collect(iter(ordered)).save(tmp_path / "table.npz")
    table = Table.load(tmp_path / "table.npz")

    assert len(table) == len(ordered)
    for position in range(0, len(ordered), 97):
        features = table.features(position)
        assert features == ordered[position][1]
        assert {name: type(value) for name, value in features.items()} == {
            name: type(value) for name, value in ordered[position][1].items()
        }


def test_a_matrix_holds_whole_numbers_exactly_and_texts_by_their_encoding(
    ordered: Sequence[tuple[Event, dict[str, Feature]]],
) -> None:
    table = collect(iter(ordered))
    positions = np.array([5, 900, 3])

    matrix = table.matrix(["amount_cents", "currency"], {"currency": {"EUR": 4}}, positions)
    unknown = table.matrix(["currency"], {"currency": {"USD": 4}}, positions)

    assert matrix[:, 0].tolist() == [ordered[place][1]["amount_cents"] for place in positions.tolist()]
    assert matrix[:, 1].tolist() == [4, 4, 4]
    assert unknown[:, 0].tolist() == [-1, -1, -1]


def test_only_wanted_rows_are_kept_and_a_table_can_be_brought_into_order(data: Transactions) -> None:
    table = collect(replay(simulated_events(data, disorder_seconds=1800)), keep=lambda event: event.row >= 500)

    assert table.sorted().rows.tolist() == list(range(500, len(data)))
    position = int(np.flatnonzero(table.rows == 700)[0])
    assert table.sorted().features(200) == table.features(position)
