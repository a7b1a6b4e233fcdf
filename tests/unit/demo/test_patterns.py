"""Each pattern of the generator has its mark, and no other pattern's customers change it."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from pipeline.domain.money import MINOR_UNIT_DIGITS, decimal_places
from pipeline.scoring.features import miles_between
from scripts.demo import generator, patterns
from scripts.demo.model import DemoError, Transaction

HOUR = timedelta(hours=1)
NIGHT = {22, 23, 0, 1, 2, 3, 4, 5}


def made(pattern: str, count: int = 3000, seed: int = 1) -> list[Transaction]:
    return list(patterns.transactions(count, seed, patterns.named(pattern)))


def at(transaction: Transaction) -> datetime:
    return datetime.fromisoformat(transaction.occurred_at.replace("Z", "+00:00"))


def by_customer(transactions: list[Transaction]) -> list[list[Transaction]]:
    """Return the accepted transactions of each customer, in the order in which they come."""
    chains: dict[str, list[Transaction]] = defaultdict(list)
    for transaction in transactions:
        if transaction.expected == "accepted":
            chains[transaction.account_id].append(transaction)
    return list(chains.values())


def marks(transactions: list[Transaction]) -> list[tuple[Transaction, set[str]]]:
    """Return each accepted transaction with the published rules that it breaks, worked out from those before it."""
    found = []
    for chain in by_customer(transactions):
        for place, one in enumerate(chain):
            earlier = chain[:place]
            within_the_hour = sum(at(one) - at(other) <= HOUR for other in earlier)
            average = sum((other.amount for other in earlier), Decimal(0)) / max(len(earlier), 1)
            fired = {
                "velocity": within_the_hour > 5,
                "amount": bool(earlier) and one.amount > 3 * average,
                "location": bool(earlier) and _miles(one, earlier[-1]) >= 500,
                "time": at(one).hour in NIGHT,
            }
            found.append((one, {name for name, is_broken in fired.items() if is_broken}))
    return found


def _miles(one: Transaction, other: Transaction) -> float:
    degrees = (one.latitude, one.longitude, other.latitude, other.longitude)
    return miles_between(*(float(degree) for degree in degrees if degree is not None))


@pytest.mark.parametrize("pattern", ["velocity", "location", "amount", "time"])
def test_what_a_pattern_labels_as_fraud_has_its_mark(pattern: str) -> None:
    labelled = [broken for one, broken in marks(made(pattern)) if one.fraud]

    assert len(labelled) > 100
    assert all(pattern in broken for broken in labelled)


def test_what_is_normal_breaks_no_rule() -> None:
    transactions = made("normal", 20_000)

    assert not [broken for _, broken in marks(transactions) if broken]
    assert not any(one.fraud for one in transactions)


@pytest.mark.parametrize("pattern", ["velocity", "amount", "merchant-category", "failed-payments", "high-value"])
def test_a_pattern_by_day_and_at_home_breaks_no_rule_of_the_night_or_of_places(pattern: str) -> None:
    assert not [broken for _, broken in marks(made(pattern)) if broken & {"time", "location"}]


def test_a_takeover_breaks_at_once_what_the_published_weights_call_fraud() -> None:
    chains = [broken for one, broken in marks(made("takeover")) if one.fraud]

    assert sum({"velocity", "amount", "location"} <= broken for broken in chains) >= 3000 // 8 - 1


def test_a_risky_category_is_none_that_the_customer_has_used() -> None:
    risky = {merchant.merchant_id for merchant in generator.RISKY}
    for chain in by_customer(made("merchant-category")):
        frauds = [one for one in chain if one.fraud]
        usual = {one.category for one in chain if not one.fraud}
        assert len(usual) == 1
        assert {one.category for one in frauds} <= set(patterns.RISKY_CATEGORIES) - usual
        assert {one.merchant_id for one in frauds} <= risky


def test_each_payment_fails_for_a_reason_that_every_api_has_and_the_last_one_works() -> None:
    for first, second, third, good in itertools.zip_longest(*[iter(made("failed-payments", 400))] * 4):
        assert first.amount == 0
        assert decimal_places(second.amount) > max(MINOR_UNIT_DIGITS.values())
        assert third.currency not in MINOR_UNIT_DIGITS
        assert [one.expected for one in (first, second, third, good)] == ["rejected"] * 3 + ["accepted"]
        assert good.amount > 0
        assert good.currency in MINOR_UNIT_DIGITS


def test_what_is_international_is_in_no_currency_of_home_and_all_over_the_world() -> None:
    abroad = made("international")

    assert {one.currency for one in abroad} == set(generator.FOREIGN_CURRENCIES) - set(generator.HOME_CURRENCIES)
    assert {(str(one.latitude), str(one.longitude)) for one in abroad} == set(generator.PLACES)
    # From each home there are two or three places that are far enough, and nobody stays away from one of them.
    assert all(2 <= len({one.latitude for one in chain}) <= 3 for chain in by_customer(abroad))


def test_a_high_value_is_above_ten_thousand() -> None:
    assert all(10_000 < one.amount <= 25_000 for one in made("high-value"))


def test_the_mix_has_every_pattern_and_is_mostly_normal() -> None:
    names = [one.account_id.rpartition("-")[0] for one in made("mix", 10_000)]
    shares = {name: names.count(name) / len(names) for name in set(names)}

    assert set(shares) == set(patterns.PATTERNS)
    assert shares["normal"] == max(shares.values())
    assert min(shares.values()) > 0.01


def test_in_a_mix_each_mark_is_as_it_is_alone() -> None:
    for one, broken in marks(made("mix", 10_000)):
        pattern = one.account_id.rpartition("-")[0]
        if pattern == "normal":
            assert not broken
        if pattern in ("velocity", "location", "amount", "time") and one.fraud:
            assert pattern in broken


@pytest.mark.parametrize("pattern", [*patterns.PATTERNS, "mix"])
def test_a_customers_transactions_come_in_the_order_of_their_times(pattern: str) -> None:
    for chain in by_customer(made(pattern)):
        assert [at(one) for one in chain] == sorted(at(one) for one in chain)


def test_the_same_seed_gives_the_same_sequence_and_a_longer_run_begins_with_it() -> None:
    assert made("mix", 500, seed=7) == made("mix", 500, seed=7)
    assert made("mix", 500, seed=7) != made("mix", 500, seed=8)
    assert made("mix", 900, seed=7)[:500] == made("mix", 500, seed=7)
    assert len({one.transaction_id for one in made("mix", 500)}) == 500


@pytest.mark.parametrize("pattern", ["normal", "time", "velocity"])
def test_no_pattern_takes_more_days_than_the_largest_run_has(pattern: str) -> None:
    days = (at(made(pattern, 20_000)[-1]) - generator.START) / timedelta(days=1)

    assert days < 20_000 / 3_400 + 1  # and so 1,000,000 take less than 296


def test_it_begins_on_the_day_that_is_asked_for() -> None:
    start = datetime(2026, 11, 20, 15, tzinfo=timezone.utc)

    first = next(patterns.transactions(1, 1, ["normal"], start))

    assert first.occurred_at == "2026-11-20T06:30:00.000Z"


def test_patterns_are_named_alone_or_together() -> None:
    assert patterns.named("velocity, location") == ["velocity", "location"]
    for text in ("", "velo", "mix,velocity", "velocity,"):
        with pytest.raises(DemoError, match="there is no pattern"):
            patterns.named(text)
