"""A bill: what changes it, and what always holds of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.cost import features
from scripts.cost.charge import Charge
from scripts.errors import CommandError
from tests.unit.cost.small import PRICES, RESOURCES, function, made, mapping, small, table

VOLUMES = st.floats(min_value=0, max_value=2e9)
MILLION = 1e6


def by_price(quantities: list[Charge]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for charge in quantities:
        sums[charge.price] = sums.get(charge.price, 0.0) + charge.quantity
    return sums


def test_a_resource_that_the_model_does_not_know_is_named() -> None:
    system = small([*RESOURCES, made("module.odd.aws_quantum_ledger.this")])

    with pytest.raises(CommandError, match=r"module\.odd\.aws_quantum_ledger\.this"):
        system.total(MILLION)


def test_a_function_that_nobody_measured_is_named() -> None:
    with pytest.raises(CommandError, match=r"small has no functions\.new"):
        small([*RESOURCES, function("new")]).total(MILLION)


def test_a_changed_price_changes_the_bill_by_what_is_bought() -> None:
    dearer = replace(PRICES["api_requests"], usd=4.50, tiers=())
    prices = replace(PRICES, by_name={**PRICES.by_name, "api_requests": dearer})

    assert small(prices=prices).total(MILLION).total - small().total(MILLION).total == pytest.approx(1.00)


def test_twice_the_shards_cost_twice_and_are_fixed() -> None:
    def shards(count: int) -> float:
        stream = made("module.stream.aws_kinesis_stream.this", shard_count=count)
        return small([stream]).total(0).fixed

    assert shards(4) == pytest.approx(4 * 730 * 0.015)
    assert shards(8) == pytest.approx(2 * shards(4))


def test_a_feature_switched_off_takes_its_price_along() -> None:
    without = [resource for resource in RESOURCES if resource["resource_type"] != "aws_wafv2_web_acl"]
    saved = small().total(MILLION).total - small(without).total(MILLION).total

    assert saved == pytest.approx(5 + 2 * 1 + 0.60)
    assert features.present(small(), MILLION)["WAF"].total == pytest.approx(saved)


def test_a_write_within_a_transaction_counts_twice_and_its_index_writes_once() -> None:
    bought = by_price(small([table("transactions")]).charges(1))

    assert bought["table_writes"] == 1 + 2 * 2 + 4


def test_recovery_is_charged_where_it_is_on() -> None:
    assert "table_recovery" in by_price(small([table("transactions")]).charges(1))
    assert "table_recovery" not in by_price(small([table("transactions", recovery=False)]).charges(1))


def test_a_function_is_charged_by_its_memory() -> None:
    bought = by_price(small([function("ingest", 1024)]).charges(MILLION))
    half = by_price(small([function("ingest", 512)]).charges(MILLION))

    assert bought["lambda_gb_seconds"] == pytest.approx(20_000)
    assert half["lambda_gb_seconds"] == pytest.approx(10_000)


def test_lambdas_own_lines_are_charged_where_the_plan_lets_them_through() -> None:
    written = {
        level: by_price(small([function("ingest", system_log_level=level)]).charges(MILLION))["log_ingestion"]
        for level in ("WARN", "INFO", "DEBUG")
    }

    assert written == pytest.approx({"WARN": 1.0, "INFO": 1.73, "DEBUG": 2.354})  # GB; the code itself writes 1 KB


def test_a_window_fills_batches_and_saves_calls() -> None:
    at_once = by_price(small([function("process"), mapping("process")]).charges(MILLION))
    gathered = by_price(small([function("process"), mapping("process", 1000, window=60)]).charges(MILLION))

    assert at_once["lambda_requests"] == MILLION
    assert gathered["lambda_requests"] == pytest.approx(MILLION / (1 + 60 * MILLION / (730 * 3600)))


def test_an_idle_queue_is_polled_all_the_same() -> None:
    assert by_price(small([mapping("process")]).charges(0))["sqs_standard"] == 5 * 3 * 43_800


def test_an_alarm_costs_by_the_metrics_that_it_looks_at() -> None:
    alarms = [resource for resource in RESOURCES if resource["resource_type"] == "aws_cloudwatch_metric_alarm"]

    assert by_price(small(alarms).charges(0))["alarm_metrics"] == 1 + 2


def test_an_interface_endpoint_costs_in_each_zone_and_a_gateway_endpoint_nothing() -> None:
    endpoints = [resource for resource in RESOURCES if resource["resource_type"] == "aws_vpc_endpoint"]

    assert small(endpoints).total(0).fixed == pytest.approx(2 * 730 * 0.01)


def test_an_endpoint_whose_zones_nobody_knows_ends_the_run() -> None:
    lost = made('module.network.aws_vpc_endpoint.interface["sqs"]', vpc_endpoint_type="Interface")

    with pytest.raises(CommandError, match=r'interface\["sqs"\] has no tag Zones'):
        small([lost]).total(0)


def test_every_option_has_a_price() -> None:
    for option in features.OPTIONS:
        assert features.added(small(), option, MILLION).total > 0, option.name


def test_an_option_costs_what_the_same_thing_costs_in_a_plan() -> None:
    (waf,) = [option for option in features.OPTIONS if option.name == "WAF"]

    assert features.added(small(), waf, MILLION).total == pytest.approx(5 + 5 * 1 + 0.60)


@given(less=VOLUMES, more=VOLUMES)
def test_more_transactions_never_cost_less(less: float, more: float) -> None:
    less, more = sorted((less, more))

    assert small().total(less).total <= small().total(more).total * (1 + 1e-12)


@given(volume=VOLUMES)
def test_services_and_features_add_up_to_the_whole(volume: float) -> None:
    system = small()
    whole = system.total(volume)

    for parts in (system.by(system.service, volume), features.present(system, volume)):
        assert sum(cost.fixed for cost in parts.values()) == pytest.approx(whole.fixed)
        assert sum(cost.total for cost in parts.values()) == pytest.approx(whole.total)


@given(volume=VOLUMES, cut=st.integers(min_value=0, max_value=len(RESOURCES)))
def test_a_variable_cost_is_never_negative(volume: float, cut: int) -> None:
    assert small(RESOURCES[cut:]).total(volume).variable >= -1e-6
