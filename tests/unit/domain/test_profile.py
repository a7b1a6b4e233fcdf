"""What an account's profile remembers, what it forgets, and what it refuses to read."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pipeline.domain.errors import AccountStateError
from pipeline.domain.profile import (
    CATEGORIES,
    EMPTY,
    HIGHS,
    MERCHANTS,
    NOWHERE,
    RECENT,
    SIZE,
    AccountProfile,
    key_of,
)
from pipeline.domain.queued import Acceptance
from pipeline.domain.times import seconds_of, to_text
from pipeline.domain.transaction import Location
from tests.factories import NOW, acceptance

LONDON = Location(Decimal("51.5072"), Decimal("-0.1276"))
PARIS = Location(Decimal("48.8566"), Decimal("2.3522"))


def purchase(minutes: float = 0, **changes: Any) -> Acceptance:
    """Return a purchase so many minutes after 09:00."""
    return acceptance(occurred_at=at(minutes), **changes)


def at(minutes: float) -> str:
    """Return the instant so many minutes after 09:00 as text."""
    return to_text(NOW + timedelta(minutes=minutes))


def after(*purchases: Acceptance, profile: AccountProfile = EMPTY) -> AccountProfile:
    """Return the profile after purchases, in the order of their arrival."""
    for one in purchases:
        profile = profile.after(one)
    return profile


def test_a_new_account_has_no_habits() -> None:
    assert AccountProfile() == EMPTY == AccountProfile.unpack(EMPTY.pack())
    assert not EMPTY.is_high(1e9)


def test_a_profile_fits_the_accounts_row_whatever_the_history() -> None:
    profile = after(
        *(
            purchase(n, merchant_id=f"m{n}", category=f"c{n}", amount=10 + 990 * (n % 9 == 0), location=PARIS)
            for n in range(500)
        )
    )

    assert len(EMPTY.pack()) == len(profile.pack()) == SIZE <= 600
    assert [len(ring) for ring in (profile.times, profile.cents, profile.highs, profile.merchants)] == [
        RECENT,
        RECENT,
        HIGHS,
        MERCHANTS,
    ]
    assert len(profile.categories) == CATEGORIES


def test_the_count_and_the_sum_are_exact_where_floats_are_not() -> None:
    profile = after(*(purchase(n, amount="0.001", currency="KWD") for n in range(10)), purchase(amount="999999999999"))

    assert (profile.transactions, profile.total_thousandths) == (11, 999_999_999_999_010)


def test_a_sum_beyond_64_bits_is_kept() -> None:
    profile = EMPTY._replace(transactions=1_000_000, total_thousandths=1 << 70)

    assert AccountProfile.unpack(profile.pack()).total_thousandths == 1 << 70


def test_a_late_transaction_never_moves_the_last_place_or_time_backwards() -> None:
    profile = after(purchase(0, location=LONDON), purchase(-30, location=PARIS))

    assert (profile.latitude, profile.longitude) == (51_507_200, -127_600)
    assert profile.place_at == profile.newest_at == profile.lately_at == seconds_of(at(0))
    assert profile.first_at == seconds_of(at(-30))


def test_a_transaction_without_a_place_leaves_the_last_place_alone() -> None:
    assert after(purchase(0)).latitude == NOWHERE
    assert after(purchase(0, location=LONDON), purchase(5)).place_at == seconds_of(at(0))


def test_a_late_transaction_is_remembered_where_it_belongs() -> None:
    profile = after(purchase(0, amount=1), purchase(10, amount=2), purchase(5, amount=3))

    assert profile.times == tuple(seconds_of(at(minutes)) for minutes in (0, 5, 10))
    assert profile.cents == (100, 300, 200)


def test_what_is_older_than_all_that_is_remembered_pushes_nothing_out() -> None:
    full = after(*(purchase(n) for n in range(RECENT)))

    assert full.after(purchase(-1)).times == full.times


def test_a_late_transaction_counts_as_much_lately_as_if_it_had_come_in_time() -> None:
    in_time = after(purchase(0, amount=70), purchase(10_080, amount=7))
    late = after(purchase(10_080, amount=7), purchase(0, amount=70))

    assert in_time.lately(seconds_of(at(10_080))) == pytest.approx((1.5, 42))
    assert late.lately(seconds_of(at(10_080))) == pytest.approx((1.5, 42))


def test_one_huge_amount_moves_the_usual_amount_by_three_times_itself_at_most() -> None:
    usual = after(*(purchase(n, amount=10) for n in range(9)))

    moved = usual.after(purchase(20, amount=1_000_000))

    assert usual.mean == 10
    assert moved.mean == pytest.approx((9 * 10 + 30) / 10)
    assert moved.highs == (seconds_of(at(20)),)


@pytest.mark.parametrize(("amount", "is_high"), [("29.99", False), ("30", True)])
def test_an_amount_is_high_from_three_times_the_usual_on(amount: str, is_high: bool) -> None:
    profile = after(*(purchase(n, amount=10) for n in range(3)), purchase(3, amount=amount))

    assert bool(profile.highs) == is_high


def test_the_merchant_used_longest_ago_is_forgotten_first() -> None:
    shops = [f"m{n}" for n in range(MERCHANTS)]
    profile = after(*(purchase(n, merchant_id=shop) for n, shop in enumerate([*shops, "m0", "new"])))

    assert key_of("m1") not in profile.merchants
    assert profile.merchants[-2:] == (key_of("m0"), key_of("new"))


def test_each_category_has_its_own_usual_amount() -> None:
    profile = after(
        purchase(0, category="fuel", amount=40),
        purchase(1, category="food", amount=8),
        purchase(2, category="fuel", amount=60),
    )

    assert profile.habit("fuel")[1:] == (2, 50.0)
    assert profile.habit("food")[1:] == (1, 8.0)
    assert profile.habit("travel")[1:] == (0, 0.0)


def test_old_hours_fade_when_one_has_been_used_255_times() -> None:
    profile = after(*(purchase(n * 24 * 60) for n in range(255)), purchase(60))
    assert profile.hours[9:11] == (255, 1)

    assert profile.after(purchase(0)).hours[9:11] == (128, 0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00.000000Z", 0),
        ("2026-11-20T09:00:00.999999Z", int(datetime.fromisoformat("2026-11-20T09:00:00+00:00").timestamp())),
        ("1914-07-28T00:00:00.000000Z", 0),
        ("2106-02-07T06:28:15.000000Z", 0xFFFFFFFF),
        ("9999-12-31T23:59:59.000000Z", 0xFFFFFFFF),
    ],
)
def test_event_time_is_whole_seconds_since_1970_within_32_bits(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("length", [0, 1, SIZE - 1, SIZE + 1])
def test_a_profile_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(AccountStateError, match=f"has {SIZE} bytes, not {length}"):
        AccountProfile.unpack(b"\x01" * length)


def test_a_profile_of_another_version_is_refused_by_its_number() -> None:
    with pytest.raises(AccountStateError, match="version 2 is not known"):
        AccountProfile.unpack(b"\x02" + EMPTY.pack()[1:])
