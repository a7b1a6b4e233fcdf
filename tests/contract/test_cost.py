"""The bills of the real plans: every resource is known, and the bars that the project set itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scripts import paths, systems
from scripts.cost import features, prices, workload
from scripts.cost.bill import System
from scripts.cost.estimate import MILLION, VOLUMES
from scripts.planned import Plan


@pytest.fixture
def bill_of(plan_of: Callable[[str], Plan]) -> Callable[[systems.Deployable], System]:
    """Return a system as the cost model sees it."""
    workloads, table = workload.load(), prices.load()
    return lambda system: System(plan_of(str(system.folder)).every(), workloads[system.name], table)


@pytest.mark.parametrize("system", systems.ALL.values(), ids=lambda system: str(system.name))
def test_every_resource_of_every_plan_has_a_price_or_a_reason(
    system: systems.Deployable, bill_of: Callable[[systems.Deployable], System]
) -> None:
    bill = bill_of(system)
    totals = [bill.total(volume).total for volume in VOLUMES]

    assert totals == sorted(totals)
    assert totals[0] > bill.total(0).fixed > 0


def a_million(bill: System, volume: int) -> float:
    return bill.total(volume).variable / volume * MILLION


@pytest.mark.parametrize("volume", VOLUMES[1:])
def test_a_million_of_the_flagship_costs_20_dollars_at_most(
    volume: int, bill_of: Callable[[systems.Deployable], System]
) -> None:
    assert a_million(bill_of(systems.FLAGSHIP), volume) <= 20.0  # the documented comparison: $90.56


@pytest.mark.parametrize(
    "system", [systems.FLAGSHIP, systems.MERCHANT_API, systems.STREAM_ALERTS], ids=lambda system: str(system.name)
)
def test_tracing_costs_no_more_than_half_a_dollar_a_million(
    system: systems.Deployable, bill_of: Callable[[systems.Deployable], System]
) -> None:
    assert features.present(bill_of(system), MILLION)["tracing"].variable <= 0.50  # without a rule: $5 to $11


def test_a_month_of_a_million_of_merchant_api_costs_less_than_its_document_says(
    bill_of: Callable[[systems.Deployable], System],
) -> None:
    assert bill_of(systems.MERCHANT_API).total(MILLION).total < 98.0


def test_the_page_names_every_system() -> None:
    page = (paths.ROOT / "docs" / "cost.md").read_text(encoding="utf-8")

    for name in systems.ALL:
        assert f"<!-- BEGIN features of {name} -->" in page
