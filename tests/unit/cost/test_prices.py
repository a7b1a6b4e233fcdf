"""The price table, and the arithmetic of prices."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.cost.prices import Price, load
from scripts.errors import CommandError

PRICES = load()
QUANTITIES = st.floats(min_value=0, max_value=1e13)


def test_every_price_says_where_it_stands() -> None:
    for name, price in PRICES.by_name.items():
        assert re.fullmatch(r"https://aws\.amazon\.com/\S+/", price.page), name
        assert price.usd > 0, name
        assert price.per > 0, name


def test_the_table_tells_its_day_and_region() -> None:
    assert PRICES.region == "us-east-1"
    assert PRICES.taken_on.year >= 2026


def test_a_price_is_for_so_many_units() -> None:
    assert PRICES["lambda_requests"].cost(5_000_000) == pytest.approx(1.00)
    assert PRICES["state_transitions"].cost(1_000_000) == pytest.approx(25.00)
    assert PRICES["key_requests"].cost(1_000_000) == pytest.approx(3.00)
    assert PRICES["table_writes"].cost(1_000_000) == pytest.approx(0.625)


def test_a_tier_is_dearer_only_for_what_lies_in_it() -> None:
    price = Price("S", "things", 1, 3.0, "", tiers=((10, 3.0), (20, 2.0), (0, 1.0)))

    assert price.cost(10) == 30
    assert price.cost(15) == 40
    assert price.cost(25) == 55


def test_a_price_that_nobody_took_down_is_refused_by_name() -> None:
    with pytest.raises(CommandError, match="no quantum_hours"):
        PRICES["quantum_hours"]


@given(name=st.sampled_from(sorted(PRICES.by_name)), less=QUANTITIES, more=QUANTITIES)
def test_more_never_costs_less(name: str, less: float, more: float) -> None:
    less, more = sorted((less, more))

    assert PRICES[name].cost(less) <= PRICES[name].cost(more)
