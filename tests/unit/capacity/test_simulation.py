"""The simulation: limits bind where they should, and nothing is lost or overtaken."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace

import pytest

from scripts.capacity.latency import Fixed
from scripts.capacity.load import Load
from scripts.capacity.outcome import Outcome
from scripts.capacity.settings import Settings
from scripts.capacity.simulation import Simulation

ROUND_TRIP = 0.01 + 0.05 + 0.01
"""From the taking of a batch to its deletion, in the settings of these tests."""


def run(settings: Settings, load: Load, seed: int = 1) -> Outcome:
    return Simulation(settings, load, seed, gives_up=False).run()


class Exponential:
    def __init__(self, mean: float) -> None:
        self._mean = mean

    def at(self, share: float) -> float:
        return -self._mean * math.log(1 - share)


def test_without_a_limit_in_the_way_a_decision_takes_the_times_of_its_calls(unlimited: Settings) -> None:
    outcome = run(unlimited, Load(50, 10))

    assert outcome.decision(0.5) == pytest.approx(0.06)
    assert outcome.decision(0.99) == pytest.approx(0.06)
    assert outcome.api(0.99) == pytest.approx(0.03)
    assert outcome.is_sustained


def test_one_account_gets_ten_decisions_a_round_trip_whatever_the_quotas(unlimited: Settings) -> None:
    outcome = run(unlimited, Load(400, 20, accounts=1))

    assert outcome.decided_a_second() == pytest.approx(10 / ROUND_TRIP, rel=0.02)
    assert not outcome.is_sustained
    assert outcome.limit == "account_order"


def test_a_queue_without_high_throughput_ends_at_its_calls(unlimited: Settings) -> None:
    plain = replace(unlimited, is_high_throughput=False, fifo_partition_calls=300)

    assert run(plain, Load(250, 20)).is_sustained
    beyond = run(plain, Load(600, 20))
    assert beyond.decided_a_second() == pytest.approx(300, rel=0.05)
    assert beyond.limit == "fifo_calls"


def test_high_throughput_bounds_each_account_and_not_the_queue(unlimited: Settings) -> None:
    queue = replace(unlimited, fifo_calls=70_000, fifo_partition_calls=300)

    assert run(queue, Load(2_000, 5)).is_sustained
    assert run(queue, Load(600, 20, accounts=1)).refused.keys() == {"fifo_calls"}


def test_the_gateway_lets_its_rate_through_and_refuses_the_rest(unlimited: Settings) -> None:
    outcome = run(replace(unlimited, api_rate=500, api_burst=1_000), Load(2_000, 20))

    assert outcome.accepted == pytest.approx(500 * 20, rel=0.01)
    assert outcome.limit == "api_rate"
    assert outcome.accepted + sum(outcome.refused.values()) == outcome.arrived


def test_a_rested_gateway_lets_a_burst_through_first(unlimited: Settings) -> None:
    rested = replace(unlimited, api_rate=500, api_burst=1_000, is_warm=False, new_environments=10**6)

    assert run(rested, Load(2_000, 20)).accepted == pytest.approx(1_000 + 500 * 20, rel=0.01)


@pytest.mark.parametrize("concurrency", [2, 10])
def test_batches_at_once_bound_what_many_accounts_get(unlimited: Settings, concurrency: int) -> None:
    outcome = run(replace(unlimited, maximum_concurrency=concurrency), Load(3_000, 10))

    assert outcome.decided_a_second() == pytest.approx(10 * concurrency / ROUND_TRIP, rel=0.02)
    assert outcome.limit == "maximum_concurrency"


def test_an_environment_serves_so_many_short_calls_a_second(unlimited: Settings) -> None:
    few = replace(unlimited, concurrency=100, requests_per_environment=10)

    outcome = run(few, Load(3_000, 10))

    assert outcome.accepted / 10 < 1_010
    assert outcome.limit == "lambda_concurrency"


def test_a_reservation_keeps_decisions_going_where_the_account_is_full(unlimited: Settings) -> None:
    full = replace(unlimited, concurrency=60, requests_per_environment=10, maximum_concurrency=20)

    shared = run(full, Load(1_000, 10))
    reserved = run(replace(full, reserved_concurrency=20), Load(1_000, 10))

    assert reserved.decision(0.99) < shared.decision(0.99)


def test_a_new_function_makes_a_thousand_environments_and_then_a_hundred_a_second(unlimited: Settings) -> None:
    cold = replace(
        unlimited, is_warm=False, requests_per_environment=10, new_environments=100, new_seconds=10, mapping_start=10**5
    )

    outcome = run(cold, Load(3_000, 5))

    assert outcome.refused.keys() == {"lambda_scaling"}
    assert outcome.limit == "lambda_scaling"
    assert run(replace(cold, provisioned_concurrency=1_000), Load(3_000, 5)).refused == {}


def test_a_mapping_that_begins_small_catches_up(unlimited: Settings) -> None:
    starting = replace(unlimited, is_warm=False, new_environments=10**6, maximum_concurrency=100)

    outcome = run(starting, Load(1_500, 20))

    early = [decided - arrived for arrived, decided in zip(outcome.arrived_at, outcome.decided_at) if arrived < 5]
    late = [decided - arrived for arrived, decided in zip(outcome.arrived_at, outcome.decided_at) if arrived > 15]
    assert max(early) > 1 > max(late)
    assert outcome.limit == "mapping_growth"


@pytest.mark.parametrize("units", [3_000, 9_000])
def test_a_table_takes_its_write_units(unlimited: Settings, units: float) -> None:
    narrow = replace(unlimited, table_units=units, partition_units=1_000, received_shards=10**6)
    each = max(narrow.rows.accepted + narrow.rows.decided, narrow.rows.account)

    outcome = run(narrow, Load(2 * units / each, 10))

    assert outcome.limit == "transactions_table"
    assert outcome.decided_a_second() < 1.1 * units / each
    assert run(narrow, Load(0.6 * units / each, 10)).is_sustained


def test_the_sweepers_index_ends_at_its_few_keys_however_large_the_table(unlimited: Settings) -> None:
    few = replace(unlimited, table_units=100_000, partition_units=1_000, received_shards=8)

    assert run(few, Load(3_600, 5)).is_sustained
    assert run(few, Load(6_000, 10)).limit == "received_index"


def test_latency_grows_towards_saturation(unlimited: Settings) -> None:
    bound = replace(unlimited, maximum_concurrency=10)  # 1,430 a second

    slow = [run(bound, Load(rate, 20)).decision(0.99) for rate in (70, 700, 1_300)]

    assert slow == sorted(slow)
    assert slow[-1] > 1.5 * slow[0]


def test_what_arrived_was_refused_decided_or_waits(published: Settings) -> None:
    overloaded = replace(published, api_rate=3_000, maximum_concurrency=10)

    outcome = run(overloaded, Load(4_000, 5))

    assert outcome.arrived == outcome.accepted + sum(outcome.refused.values())
    assert 0 < outcome.decided < outcome.accepted
    assert all(
        accepted < decided for accepted, decided in zip(outcome.accepted_at, outcome.decided_at) if decided < math.inf
    )


def test_an_account_is_decided_in_the_order_of_acceptance(published: Settings) -> None:
    outcome = run(replace(published, api_rate=1_000), Load(300, 20, accounts=20))

    by_account: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for account, accepted, decided in zip(outcome.accounts, outcome.accepted_at, outcome.decided_at):
        if decided < math.inf:
            by_account[account].append((accepted, decided))
    assert len(by_account) == 20
    for times in by_account.values():
        decided_in_order = [decided for _, decided in sorted(times)]
        assert decided_in_order == sorted(decided_in_order)


def test_a_giant_hides_the_others_once_its_backlog_is_as_long_as_sqs_looks(unlimited: Settings) -> None:
    load = Load(1_000, 20, giant=0.5)

    far = run(replace(unlimited, look_ahead=120_000), load)
    near = run(replace(unlimited, look_ahead=2_000), load)

    def of_others(outcome: Outcome) -> float:
        times = outcome.decision_seconds([account != 0 for account in outcome.accounts])
        return times[int(0.99 * len(times))]

    assert of_others(far) == pytest.approx(0.06, abs=0.01)
    assert of_others(near) > 1
    assert near.held["look_ahead"] > 0


def test_the_same_seed_gives_the_same_run_and_another_another(published: Settings) -> None:
    load = Load(300, 5, skew=0.5)

    first, second, other = (run(published, load, seed) for seed in (7, 7, 8))

    assert first == second
    assert first.decided_at != other.decided_at


def test_one_server_without_memory_waits_as_its_formula_says(unlimited: Settings) -> None:
    none, service = Fixed(0.0), 0.01
    times = replace(unlimited.times, queue_to_function=none, delete_messages=none, commit=Exponential(service))
    one = replace(unlimited, maximum_concurrency=1, batch_size=1, times=times)

    outcome = run(one, Load(70, 1_000))

    seconds = outcome.decision_seconds()
    assert sum(seconds) / len(seconds) == pytest.approx(1 / (1 / service - 70), rel=0.05)


def test_a_hopeless_load_is_broken_off(unlimited: Settings) -> None:
    outcome = Simulation(replace(unlimited, maximum_concurrency=2), Load(3_000, 60)).run()

    assert outcome.gave_up
    assert not outcome.is_sustained
