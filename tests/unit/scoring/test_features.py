"""The features, by what they promise: from the state before, in whole units, exact where rules need it."""

from __future__ import annotations

import struct
from datetime import timedelta
from decimal import Decimal
from typing import Any, Optional

import pytest

from pipeline.domain.account import Account
from pipeline.domain.decision import Feature
from pipeline.domain.merchant_risk import EMPTY as NO_RISK
from pipeline.domain.merchant_risk import MerchantRisk
from pipeline.domain.queued import Acceptance
from pipeline.domain.times import to_text
from pipeline.domain.transaction import Location
from pipeline.scoring.features import (
    ANY,
    DESCRIPTIONS,
    DIRECTIONS,
    FALLING,
    LIMIT,
    MODEL_FEATURES,
    RISING,
    TEXT_FEATURES,
    features_of,
    miles_between,
)
from tests.factories import NOW, acceptance, account, merchant

LONDON = Location(Decimal("51.5072"), Decimal("-0.1276"))
PARIS = Location(Decimal("48.8566"), Decimal("2.3522"))


def at(seconds: float) -> str:
    """Return the instant so many seconds after 09:00 as text."""
    return to_text(NOW + timedelta(seconds=seconds))


def purchase(seconds: float = 0, **changes: Any) -> Acceptance:
    """Return a purchase so many seconds after 09:00."""
    return acceptance(occurred_at=at(seconds), **changes)


def known(*purchases: Acceptance) -> Account:
    """Return an account after purchases, in the order of their arrival."""
    state = account()
    for one in purchases:
        state = state.committed(one)
    return state


def features(
    seconds: float = 0, before: Optional[Account] = None, risk: MerchantRisk = NO_RISK, **changes: Any
) -> dict[str, Feature]:
    """Return the features of a purchase so many seconds after 09:00."""
    return features_of(
        acceptance(occurred_at=at(seconds), **changes), before or account(), merchant("Corner Shop", risk=risk)
    )


def test_a_new_accounts_first_transaction_has_nothing_to_compare_with() -> None:
    assert features(amount="12.50", category="fuel", channel="online", location=LONDON) == {
        "amount": "12.5",
        "amount_thousandths": "12500",
        "currency": "USD",
        "merchant_name": "Corner Shop",
        "category": "fuel",
        "channel": "online",
        "account_transactions": 0,
        "counted_transactions": 0,
        "total_thousandths": "0",
        "amount_cents": 1250,
        "amount_ratio_thousandths": -1,
        "amount_z_thousandths": -1,
        "high_amounts_7d": 0,
        "seconds_since_high": -1,
        "transactions_before": 0,
        "transactions_1h": 0,
        "transactions_24h": 0,
        "cents_1h": 0,
        "cents_24h": 0,
        "transactions_7d_thousandths": 0,
        "cents_7d": 0,
        "seconds_since_last": -1,
        "account_age_hours": -1,
        "distance_thousandths_mile": -1,
        "speed_thousandths_mph": -1,
        "merchant_known": 0,
        "second_of_day": 9 * 3600,
        "day_of_week": 4,  # 2026-11-20 is a Friday
        "hour_share_thousandths": -1,
        "category_ratio_thousandths": -1,
        "category_transactions": 0,
        "merchant_transactions_21d": 0,
        "merchant_frauds_7d": 0,
        "merchant_frauds_21d": 0,
        "merchant_rate_7d_thousandths": 0,
        "merchant_rate_21d_thousandths": 0,
        "merchant_run_frauds": 0,
        "merchant_run_age_days": -1,
        "merchant_run_age_at_most_days": -1,
    }


def test_optional_parts_that_are_absent_are_empty_or_unknown() -> None:
    found = features(before=known(purchase(-60, location=LONDON, category="fuel")))

    assert (found["category"], found["channel"]) == ("", "")
    assert (found["category_ratio_thousandths"], found["category_transactions"]) == (-1, -1)
    assert (found["distance_thousandths_mile"], found["speed_thousandths_mph"]) == (-1, -1)


def test_sums_are_exact_for_rules_that_must_not_round() -> None:
    found = features(before=known(*(purchase(-n, amount="0.10") for n in range(3))), amount="0.301", currency="KWD")

    assert (found["amount_thousandths"], found["total_thousandths"], found["counted_transactions"]) == ("301", "300", 3)


@pytest.mark.parametrize(("ago", "counted"), [(0, 1), (1, 1), (3599, 1), (3600, 0), (-1, 0)])
def test_an_hour_begins_after_its_first_instant_and_ends_with_the_transaction(ago: int, counted: int) -> None:
    found = features(before=known(purchase(-ago, amount=7)))

    assert (found["transactions_1h"], found["cents_1h"]) == (counted, 700 * counted)


@pytest.mark.parametrize(("ago", "counted"), [(86_399, 1), (86_400, 0)])
def test_a_day_is_24_hours(ago: int, counted: int) -> None:
    assert features(before=known(purchase(-ago)))["transactions_24h"] == counted


def test_a_late_transaction_counts_what_had_happened_by_its_own_time() -> None:
    before = known(purchase(-1800), purchase(600), purchase(1200))

    assert features(0, before)["transactions_1h"] == 1
    assert features(0, before)["seconds_since_last"] == 0


def test_the_ratio_is_to_the_usual_amount() -> None:
    before = known(*(purchase(-n, amount=20) for n in range(5)))

    assert features(before=before, amount="64.50")["amount_ratio_thousandths"] == 3225


def test_what_lies_below_the_usual_amount_is_no_deviation() -> None:
    before = known(*(purchase(-n, amount=20) for n in range(5)))

    assert features(before=before, amount="0.01")["amount_z_thousandths"] == 0


def test_of_a_young_account_amounts_are_taken_to_vary_by_half_their_mean() -> None:
    before = known(*(purchase(-n, amount=20) for n in (60, 50, 40)))  # three transactions weigh 3, the assumption 4

    assert features(before=before, amount=20 + 10)["amount_z_thousandths"] == pytest.approx(
        1000 * (7 / 4) ** 0.5, abs=1
    )


def test_two_amounts_are_too_few_to_say_what_is_usual() -> None:
    found = features(before=known(*(purchase(-n, amount=1, category="food") for n in (60, 50))), amount=90)

    assert (found["amount_ratio_thousandths"], found["amount_z_thousandths"]) == (-1, -1)


@pytest.mark.parametrize("first", ["0.01", "1"])
def test_a_card_check_does_not_make_the_usual_amounts_after_it_unusual(first: str) -> None:
    paid = [purchase(-1000, amount=first)]
    for n in range(20):
        assert int(features(before=known(*paid), amount=50)["amount_ratio_thousandths"]) <= 1500
        paid.append(purchase(n - 999, amount=50))


def test_high_amounts_are_remembered_for_a_week() -> None:
    day = 86_400
    usual = [purchase(-9 * day + n, amount=10) for n in range(3)]
    before = known(*usual, purchase(-8 * day, amount=50), purchase(-2 * day, amount=90))

    assert features(before=before)["high_amounts_7d"] == 1
    assert features(before=before)["seconds_since_high"] == 2 * day
    assert features(-3 * day, before)["high_amounts_7d"] == 1
    assert features(-3 * day, before)["seconds_since_high"] == 5 * day


def test_the_distance_is_in_thousandths_of_a_mile_and_the_speed_per_hour() -> None:
    found = features(before=known(purchase(-7200, location=LONDON)), location=PARIS)

    assert found["distance_thousandths_mile"] == pytest.approx(213_500, abs=500)
    assert found["speed_thousandths_mph"] == pytest.approx(int(found["distance_thousandths_mile"]) / 2, abs=1)


def test_the_speed_of_two_places_at_once_is_that_of_a_minute() -> None:
    found = features(before=known(purchase(0, location=LONDON)), location=PARIS)

    assert found["speed_thousandths_mph"] == pytest.approx(60 * int(found["distance_thousandths_mile"]), abs=60)


@pytest.mark.parametrize(
    ("places", "miles"),
    [
        ((0, 0, 0, 0), 0),
        ((0, 0, 0, 180), 12_436.8),
        ((90, 0, -90, 0), 12_436.8),
        ((10, 179.9, 10, -179.9), 13.61),
        ((40.7128, -74.0060, 34.0522, -118.2437), 2_445.6),
    ],
)
def test_distances_are_great_circles(places: tuple[float, float, float, float], miles: float) -> None:
    assert miles_between(*places) == pytest.approx(miles, abs=0.1)


def test_a_merchant_is_known_once_it_was_paid() -> None:
    before = known(purchase(-60, merchant_id="shop"))

    assert features(before=before, merchant_id="shop")["merchant_known"] == 1
    assert features(before=before, merchant_id="other")["merchant_known"] == 0


def test_amounts_are_compared_within_their_category() -> None:
    meals = [purchase(-n, category="food", amount=8) for n in (30, 20, 10)]
    before = known(purchase(-60, category="fuel", amount=40), *meals)

    found = features(before=before, category="food", amount=40)

    assert (found["category_ratio_thousandths"], found["category_transactions"]) == (5000, 3)


def test_the_share_of_the_hour_takes_in_its_neighbours_also_around_midnight() -> None:
    hour = 3600
    before = known(*(purchase(n * hour) for n in (14, 15, 3, 4)))  # 23:00, 00:00, 12:00, 13:00

    assert features(15 * hour, before)["hour_share_thousandths"] == 500
    assert features(9 * hour, before)["hour_share_thousandths"] == 0


def test_a_merchants_frauds_are_seen_when_their_labels_are_seven_days_old() -> None:
    day = 86_400
    risk = NO_RISK
    for number, days in enumerate((20, 10, 9, 2)):
        risk = risk.counted(at(-days * day), f"t{number}")
        risk = risk.labelled(at(-days * day), 1) if days != 20 else risk

    found = features(risk=risk)

    assert {
        name: value for name, value in found.items() if name.startswith("merchant_") and name != "merchant_name"
    } == {
        "merchant_known": 0,
        "merchant_transactions_21d": 3,
        "merchant_frauds_7d": 2,
        "merchant_frauds_21d": 2,
        "merchant_rate_7d_thousandths": 666,
        "merchant_rate_21d_thousandths": 500,
        "merchant_run_frauds": 2,
        "merchant_run_age_days": 10,
        "merchant_run_age_at_most_days": 20,
    }


def test_the_largest_amount_is_clamped_for_models_and_exact_for_rules() -> None:
    before = known(*(purchase(-n, amount="0.01") for n in (60, 50, 40)))
    found = features(before=before, amount="999999999999")

    assert found["amount_cents"] == found["amount_ratio_thousandths"] == found["amount_z_thousandths"] == LIMIT
    assert found["amount_thousandths"] == "999999999999000"
    assert struct.unpack("<f", struct.pack("<f", LIMIT))[0] == LIMIT


def test_each_feature_of_a_model_is_computed_described_and_has_a_direction() -> None:
    found = features()

    assert set(MODEL_FEATURES) | set(TEXT_FEATURES) == set(DESCRIPTIONS) == set(DIRECTIONS)
    assert all(type(found[name]) is int for name in MODEL_FEATURES)
    assert all(type(found[name]) is str for name in TEXT_FEATURES)
    assert set(DIRECTIONS.values()) == {RISING, FALLING, ANY}
    for code, sentence in DESCRIPTIONS.values():
        assert code.replace("_", "").isalpha()
        assert code.isupper()
        assert sentence.endswith(".")


def test_one_reason_code_has_one_sentence() -> None:
    sentences = dict(DESCRIPTIONS.values())

    assert set(DESCRIPTIONS.values()) == set(sentences.items())
