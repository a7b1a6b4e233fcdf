"""Whatever arrives, in whatever order: the packed state is exact, small, and the same where order must not matter."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.account import Account
from pipeline.domain.decision import Feature
from pipeline.domain.errors import AccountStateError
from pipeline.domain.merchant import Merchant
from pipeline.domain.merchant_risk import EMPTY as NO_RISK
from pipeline.domain.merchant_risk import MATURE, MerchantRisk
from pipeline.domain.profile import EMPTY, RECENT, SIZE, AccountProfile
from pipeline.domain.queued import Acceptance
from pipeline.domain.times import DAY, seconds_of, to_text
from pipeline.domain.transaction import Location, Transaction
from pipeline.scoring.features import LIMIT, MODEL_FEATURES, features_of
from tests.factories import NOW, RECEIVED_AT

PLACES = st.builds(
    Location,
    st.decimals(-90, 90, places=6),
    st.decimals(-180, 180, places=6),
)
PURCHASES = st.builds(
    Transaction,
    transaction_id=st.just("t"),
    account_id=st.just("acc"),
    merchant_id=st.sampled_from([f"m{n}" for n in range(40)]),
    amount=st.integers(1, 999_999_999_999_000).map(lambda n: Decimal(n) / 1000),
    currency=st.just("KWD"),
    occurred_at=st.integers(-40 * DAY, 0).map(lambda seconds: to_text(NOW + timedelta(seconds=seconds))),
    category=st.none() | st.sampled_from([f"c{n}" for n in range(20)]),
    location=st.none() | PLACES,
).map(lambda transaction: Acceptance(transaction, RECEIVED_AT, "r"))
HISTORIES = st.lists(PURCHASES, max_size=60)


def profile_after(purchases: list[Acceptance]) -> AccountProfile:
    profile = EMPTY
    for purchase in purchases:
        profile = profile.after(purchase)
    return profile


def features(purchase: Acceptance, profile: AccountProfile, risk: MerchantRisk = NO_RISK) -> dict[str, Feature]:
    account = Account("acc", profile=profile)
    return features_of(purchase, account, Merchant("shop", "Shop", risk=risk))


@given(HISTORIES)
def test_what_was_packed_reads_back_the_same_bit_for_bit(purchases: list[Acceptance]) -> None:
    profile = profile_after(purchases)

    packed = profile.pack()

    assert AccountProfile.unpack(packed) == profile
    assert AccountProfile.unpack(packed).pack() == packed
    assert len(packed) == SIZE


@given(HISTORIES, st.integers(0, SIZE - 1), st.integers(1, 255))
def test_a_changed_byte_is_never_read_as_a_profile(purchases: list[Acceptance], place: int, bits: int) -> None:
    packed = bytearray(profile_after(purchases).pack())
    packed[place] ^= bits

    with pytest.raises(AccountStateError):
        AccountProfile.unpack(bytes(packed))


@given(HISTORIES)
def test_packing_in_between_changes_nothing(purchases: list[Acceptance]) -> None:
    stored = EMPTY.pack()
    for purchase in purchases:
        stored = AccountProfile.unpack(stored).after(purchase).pack()

    assert stored == profile_after(purchases).pack()


@given(
    st.lists(PURCHASES, max_size=40, unique_by=lambda purchase: purchase.event_time), st.randoms(use_true_random=False)
)
def test_the_order_of_arrival_changes_nothing_that_goes_by_event_time(
    purchases: list[Acceptance], chance: Random
) -> None:
    shuffled = list(purchases)
    chance.shuffle(shuffled)

    one, other = profile_after(purchases), profile_after(shuffled)

    for name in ("transactions", "total_thousandths", "first_at", "newest_at", "times", "cents", "hours"):
        assert getattr(one, name) == getattr(other, name)
    assert (one.latitude, one.longitude, one.place_at) == (other.latitude, other.longitude, other.place_at)


@given(HISTORIES, PURCHASES)
def test_nothing_that_is_the_last_ever_moves_backwards(purchases: list[Acceptance], purchase: Acceptance) -> None:
    before = profile_after(purchases)
    after = before.after(purchase)

    assert after.newest_at >= before.newest_at
    assert after.place_at >= before.place_at
    assert after.lately_at >= before.lately_at
    assert list(after.times) == sorted(after.times)
    assert list(after.highs) == sorted(after.highs)


@given(HISTORIES, PURCHASES)
def test_velocities_are_those_of_a_full_count_of_the_last_24(purchases: list[Acceptance], purchase: Acceptance) -> None:
    at = seconds_of(purchase.event_time)
    remembered = sorted(seconds_of(earlier.event_time) for earlier in purchases)[-RECENT:]

    found = features(purchase, profile_after(purchases))

    assert found["transactions_1h"] == sum(at - 3600 < earlier <= at for earlier in remembered)
    assert found["transactions_24h"] == sum(at - DAY < earlier <= at for earlier in remembered)


@given(HISTORIES, PURCHASES)
def test_numbers_are_whole_and_small_enough_for_a_trainers_float(
    purchases: list[Acceptance], purchase: Acceptance
) -> None:
    found = features(purchase, profile_after(purchases))

    for name in MODEL_FEATURES:
        value = found[name]
        assert type(value) is int
        assert -1 <= value <= LIMIT


EVENTS = st.lists(st.tuples(st.integers(-60 * DAY, 0), st.booleans()), max_size=40)


def risk_after(events: list[tuple[int, bool]]) -> MerchantRisk:
    risk = NO_RISK
    for number, (seconds, fraud) in enumerate(events):
        occurred_at = to_text(NOW + timedelta(seconds=seconds))
        risk = risk.counted(occurred_at, f"t{number}")
        risk = risk.labelled(occurred_at, 1) if fraud else risk
    return risk


@given(EVENTS)
def test_a_merchants_risk_reads_back_the_same(events: list[tuple[int, bool]]) -> None:
    risk = risk_after(events)

    assert MerchantRisk.unpack(risk.pack()) == risk


@given(EVENTS)
def test_nothing_younger_than_seven_days_is_ever_seen_of_a_merchant(events: list[tuple[int, bool]]) -> None:
    now = int(NOW.timestamp())
    settled = [event for event in events if event[0] <= -MATURE]
    today = (0, False)  # decides in both what is too old to be remembered

    assert risk_after([*events, today]).signals(now) == risk_after([*settled, today]).signals(now)


@given(EVENTS, st.randoms(use_true_random=False))
def test_a_merchants_counts_do_not_depend_on_the_order_of_arrival(
    events: list[tuple[int, bool]], chance: Random
) -> None:
    newest_first = sorted(events, reverse=True)
    shuffled = list(events)
    chance.shuffle(shuffled)

    one, other = risk_after(newest_first), risk_after(shuffled)

    assert (one.newest, one.transactions, one.frauds) == (other.newest, other.transactions, other.frauds)
