"""What labels say about a merchant: counted once, seen after seven days, undone when they are withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from pipeline.domain.merchant_risk import (
    BUCKET,
    EMPTY,
    KEYS,
    MOST,
    SIZE,
    MerchantRisk,
    MerchantSignals,
    MerchantStateError,
    counts_against_merchant,
)
from pipeline.domain.times import to_text
from tests.factories import NOW

AT = int(NOW.timestamp())


def ago(days: float) -> str:
    """Return the instant so many days before 09:00 as text."""
    return to_text(NOW - timedelta(days=days))


def risk_of(genuine: Sequence[float] = (), frauds: Sequence[float] = ()) -> MerchantRisk:
    """Return the risk after transactions so many days ago."""
    risk = EMPTY
    for number, days in enumerate(genuine):
        risk = risk.counted(ago(days), f"g{number}")
    for number, days in enumerate(frauds):
        risk = risk.counted(ago(days), f"f{number}").labelled(ago(days), 1)
    return risk


def test_nothing_is_known_of_a_new_merchant() -> None:
    assert EMPTY.signals(AT) == MerchantSignals() == MerchantRisk().signals(0)


@pytest.mark.parametrize(
    ("hours", "seen"),
    [
        (7 * 24 - 1, (0, 0, 0)),
        (7 * 24, (0, 0, 0)),  # 09:00 lies in the bucket until 12:00: not all of it is seven days old
        (7 * 24 + 3, (0, 0, 0)),  # so does 06:00
        (7 * 24 + 3.1, (1, 1, 1)),
        (14 * 24 + 3, (1, 1, 1)),
        (14 * 24 + 3.1, (0, 1, 1)),
        (21 * 24 + 3.1, (0, 0, 1)),
        (28 * 24 + 3.1, (0, 0, 0)),
    ],
)
def test_a_transaction_is_seen_when_all_of_its_six_hours_are_seven_days_old(
    hours: float, seen: tuple[int, int, int]
) -> None:
    assert risk_of(genuine=[0, hours / 24]).signals(AT)[0:5:2] == seen


def test_the_windows_end_at_the_newest_settled_hours_also_where_the_merchant_has_been_silent() -> None:
    silent = risk_of(genuine=[8, 16, 23, 30])

    assert silent.signals(AT)[0:5:2] == silent.counted(ago(0), "now").signals(AT)[0:5:2] == (1, 2, 3)
    assert silent.signals(AT + 90 * 86_400) == MerchantSignals()


def test_a_repeated_delivery_is_counted_once_and_gives_the_same_object_back() -> None:
    risk = EMPTY.counted(ago(8), "t1")

    assert risk.counted(ago(8), "t1") is risk


def test_a_repetition_is_recognised_among_the_last_64_transactions() -> None:
    risk = EMPTY
    for number in range(KEYS + 1):
        risk = risk.counted(ago(8), f"t{number}")

    assert risk.counted(ago(8), "t1") is risk
    assert sum(risk.counted(ago(8), "t0").transactions) == KEYS + 2


def test_a_withdrawn_label_leaves_no_trace() -> None:
    before = risk_of(genuine=[9])

    assert before.labelled(ago(9), 1).labelled(ago(9), -1) == before


def test_frauds_never_fall_below_none() -> None:
    assert risk_of(genuine=[9]).labelled(ago(9), -1) == risk_of(genuine=[9])


def test_a_label_for_what_is_too_old_to_be_remembered_changes_nothing() -> None:
    risk = risk_of(genuine=[0])

    assert risk.labelled(ago(37), 1) == risk
    assert risk.counted(ago(37), "old").transactions == risk.transactions


def test_a_run_is_all_frauds_since_the_last_genuine_transaction() -> None:
    signals = risk_of(genuine=[20], frauds=[15, 12, 12, 9, 2]).signals(AT)

    assert (signals.run_frauds, signals.run_age, signals.run_age_at_most) == (4, 15, 20)


def test_a_genuine_transaction_ends_a_run_when_its_label_is_known() -> None:
    risk = risk_of(genuine=[20, 8, 1], frauds=[12, 10])

    assert risk.signals(AT).run_frauds == 0
    assert risk.signals(AT - 2 * 86_400).run_frauds == 2


def test_a_run_without_a_genuine_transaction_before_it_is_as_old_as_the_memory_at_most() -> None:
    signals = risk_of(genuine=[0], frauds=[10]).signals(AT)

    assert (signals.run_age, signals.run_age_at_most) == (10, 36)


def test_counts_stop_at_what_sixteen_bits_hold() -> None:
    full = EMPTY.counted(ago(8), "t1")._replace(transactions=(MOST,) * len(EMPTY.transactions))

    assert MerchantRisk.unpack(full.counted(ago(8), "t2").pack()).transactions[0] == MOST


def test_the_packed_risk_stays_below_1_kb() -> None:
    assert len(EMPTY.pack()) == len(risk_of(genuine=[n / 10 for n in range(400)]).pack()) == SIZE <= 1024
    assert 86_400 % BUCKET == 0


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        (b"", f"has {SIZE} bytes, not 0"),
        (EMPTY.pack() + b"\0", f"has {SIZE} bytes, not {SIZE + 1}"),
        (b"\x09" + EMPTY.pack()[1:], "version 9 is not known"),
        (EMPTY.pack()[:-1] + b"\xff", "checksum"),
        (EMPTY.pack()[:9] + b"\xff" + EMPTY.pack()[10:], "checksum"),
    ],
)
def test_what_is_no_packed_risk_is_refused(packed: bytes, message: str) -> None:
    with pytest.raises(MerchantStateError, match=message):
        MerchantRisk.unpack(packed)


@pytest.mark.parametrize(
    ("ratio", "since_high", "counts"),
    [
        (1_000, -1, True),
        (1_999, -1, True),
        (2_000, -1, False),
        (-1, -1, True),  # an account without a history explains nothing
        (1_399, 0, True),
        (1_400, 0, False),
        (1_400, 14 * 86_400 - 1, False),
        (1_400, 14 * 86_400, True),
    ],
)
def test_what_the_account_explains_does_not_count_against_its_merchant(
    ratio: int, since_high: int, counts: bool
) -> None:
    assert counts_against_merchant({"amount_ratio_thousandths": ratio, "seconds_since_high": since_high}) is counts


def test_a_decision_of_an_older_release_without_these_features_counts() -> None:
    assert counts_against_merchant({"amount": "12.5"})
