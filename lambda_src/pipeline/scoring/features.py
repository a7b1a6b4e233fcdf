"""The features: all that a policy may look at, from the state before the transaction.

Numbers are whole, in the unit that the name states, and at most 16,777,215, so that a trainer's float32 holds
them exactly and a replay sees the same. -1 is "not known". Exact amounts travel as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING

from pipeline.domain.profile import FEWEST, AccountProfile, key_of, thousandths_of
from pipeline.domain.times import DAY, seconds_of
from pipeline.domain.transaction import Transaction, canonical_decimal

if TYPE_CHECKING:
    from pipeline.domain.account import Account
    from pipeline.domain.decision import Feature
    from pipeline.domain.merchant import Merchant
    from pipeline.domain.merchant_risk import MerchantRisk
    from pipeline.domain.queued import Acceptance

LIMIT = 16_777_215
UNKNOWN = -1
HOUR = 3_600
EARTH_MILES = 3_958.7613
"""Mean radius of the earth."""
SHORTEST_JOURNEY = 60
"""Seconds that a journey is taken to last at least: the clocks of terminals differ."""
TYPICAL_SPREAD = 0.5
"""The share of their mean by which amounts are taken to vary while little is known of an account."""
TYPICAL_WEIGHT = 4
"""How many transactions that assumption is worth."""

_AMOUNT = ("AMOUNT", "Amounts of this size are often fraudulent.")
_ABOVE_USUAL = ("AMOUNT_ABOVE_USUAL", "The amount is above what this account usually pays.")
_HIGHS = ("HIGH_AMOUNTS_LATELY", "This account had unusually high amounts in the last days.")
_HISTORY = ("ACCOUNT_HISTORY", "The length of this account's history is typical of fraud.")
_BURST = ("BURST", "This account has been used many times within a short time.")
_SPENDING = ("SPENDING", "This account has spent much within a short time.")
_WEEK = ("RECENT_USE", "The account's use in the last days is typical of fraud.")
_PAUSE = ("TIME_SINCE_LAST", "The time since this account's last transaction is typical of fraud.")
_DISTANT = ("DISTANT", "The place is far from where this account was used last.")
_TOO_FAST = ("TOO_FAST", "The account's last place is too far away for the time between.")
_NEW_MERCHANT = ("MERCHANT_NEW_TO_ACCOUNT", "This account has not paid this merchant lately.")
_TIME_OF_DAY = ("TIME_OF_DAY", "Transactions at this time of day are often fraudulent.")
_UNUSUAL_HOUR = ("UNUSUAL_HOUR", "This account is seldom used at this time of day.")
_CATEGORY = ("CATEGORY", "Transactions of this category are often fraudulent.")
_ABOVE_CATEGORY = ("AMOUNT_ABOVE_CATEGORY", "The amount is above what this account usually pays in this category.")
_NEW_CATEGORY = ("CATEGORY_NEW_TO_ACCOUNT", "This account has seldom or never paid in this category.")
_CHANNEL = ("CHANNEL", "Transactions through this channel are often fraudulent.")
_MERCHANT_FRAUDS = ("MERCHANT_FRAUDS", "There were confirmed frauds at this merchant.")
_MERCHANT_RUN = ("MERCHANT_RUN", "The latest transactions at this merchant whose labels are known were all fraud.")
_MERCHANT_TIMING = ("MERCHANT_TIMING", "How long ago frauds at this merchant began is typical of a compromise.")

RISING, FALLING, ANY = 1, -1, 0
"""Whether a model may see more risk only in higher values, only in lower ones, or wherever it finds it.

A reason's sentence claims a direction. Held to it in training, a model cannot name a reason that is not true.
"""

_MODEL: dict[str, tuple[int, tuple[str, str]]] = {
    "amount_cents": (RISING, _AMOUNT),
    "amount_ratio_thousandths": (RISING, _ABOVE_USUAL),
    "amount_z_thousandths": (RISING, _ABOVE_USUAL),
    "high_amounts_7d": (RISING, _HIGHS),
    "seconds_since_high": (FALLING, _HIGHS),
    "transactions_before": (ANY, _HISTORY),
    "transactions_1h": (RISING, _BURST),
    "transactions_24h": (RISING, _BURST),
    "cents_1h": (RISING, _SPENDING),
    "cents_24h": (RISING, _SPENDING),
    "transactions_7d_thousandths": (ANY, _WEEK),
    "cents_7d": (ANY, _WEEK),
    "seconds_since_last": (ANY, _PAUSE),
    "distance_thousandths_mile": (RISING, _DISTANT),
    "speed_thousandths_mph": (RISING, _TOO_FAST),
    "merchant_known": (FALLING, _NEW_MERCHANT),
    "second_of_day": (ANY, _TIME_OF_DAY),
    "hour_share_thousandths": (FALLING, _UNUSUAL_HOUR),
    "category": (RISING, _CATEGORY),
    "category_ratio_thousandths": (RISING, _ABOVE_CATEGORY),
    "category_transactions": (FALLING, _NEW_CATEGORY),
    "channel": (RISING, _CHANNEL),
    "merchant_frauds_7d": (RISING, _MERCHANT_FRAUDS),
    "merchant_frauds_21d": (RISING, _MERCHANT_FRAUDS),
    "merchant_rate_7d_thousandths": (RISING, _MERCHANT_FRAUDS),
    "merchant_rate_21d_thousandths": (RISING, _MERCHANT_FRAUDS),
    "merchant_run_frauds": (RISING, _MERCHANT_RUN),
    "merchant_run_age_days": (ANY, _MERCHANT_TIMING),
    "merchant_run_age_at_most_days": (ANY, _MERCHANT_TIMING),
}

TEXT_FEATURES = ("category", "channel")
"""Texts that a model may use, as numbers that ascend with their share of frauds in training."""

MODEL_FEATURES: tuple[str, ...] = tuple(name for name in _MODEL if name not in TEXT_FEATURES)
"""Numbers that a model may use.

What is recorded beside them stays out of models. The age of an account and the day of the week tell a model
which week it was trained on; a merchant's volume tells it which merchant it sees.
"""

DESCRIPTIONS: dict[str, tuple[str, str]] = {name: description for name, (_, description) in _MODEL.items()}
"""The reason code and the sentence for people, of texts and numbers; features that say one thing share one."""

DIRECTIONS: dict[str, int] = {name: direction for name, (direction, _) in _MODEL.items()}
"""RISING, FALLING or ANY of texts and numbers: monotone constraints of the training."""


def features_of(acceptance: Acceptance, account: Account, merchant: Merchant) -> dict[str, Feature]:
    """Return all that a policy may look at; it is kept in the decision, so that a replay sees the same.

    Parameters
    ----------
    acceptance
        The transaction to be decided.
    account, merchant
        As they were before it.
    """
    transaction = acceptance.transaction
    profile = account.profile
    at = seconds_of(acceptance.event_time)
    thousandths = thousandths_of(transaction)
    return {
        "amount": canonical_decimal(transaction.amount),
        "amount_thousandths": str(thousandths),
        "currency": transaction.currency,
        "merchant_name": merchant.name,
        "category": transaction.category or "",
        "channel": transaction.channel or "",
        "account_transactions": account.commits,
        "counted_transactions": profile.transactions,
        "total_thousandths": str(profile.total_thousandths),
        **_amount(profile, thousandths, at),
        **_velocity(profile, at),
        **_journey(profile, transaction, at),
        **_habits(profile, transaction, thousandths, at),
        **_merchant(merchant.risk, at),
    }


def _amount(profile: AccountProfile, thousandths: int, at: int) -> Mapping[str, Feature]:
    """Return how the amount compares with those before it."""
    amount, mean, weight = thousandths / 1000, profile.mean, profile.weight
    ratio = z = UNKNOWN
    if weight >= FEWEST:
        typical = TYPICAL_WEIGHT * (TYPICAL_SPREAD * mean) ** 2
        spread = sqrt((weight * profile.variance + typical) / (weight + TYPICAL_WEIGHT))
        ratio = _whole(1000 * amount / mean)
        z = max(_whole(1000 * (amount - mean) / spread), 0)
    highs = [high for high in profile.highs if high <= at]
    return {
        "amount_cents": min(thousandths // 10, LIMIT),
        "amount_ratio_thousandths": ratio,
        "amount_z_thousandths": z,
        "high_amounts_7d": sum(1 for high in highs if high > at - 7 * DAY),
        "seconds_since_high": min(at - highs[-1], LIMIT) if highs else UNKNOWN,
    }


def _velocity(profile: AccountProfile, at: int) -> Mapping[str, Feature]:
    """Return how much the account was used before `at`, this transaction not counted."""
    count_1h = count_24h = cents_1h = cents_24h = 0
    for time, cents in zip(reversed(profile.times), reversed(profile.cents)):
        if time <= at - DAY:
            break
        if time <= at:
            count_24h += 1
            cents_24h += cents
            if time > at - HOUR:
                count_1h += 1
                cents_1h += cents
    count_7d, amount_7d = profile.lately(at)
    return {
        "transactions_before": min(profile.transactions, LIMIT),
        "transactions_1h": count_1h,
        "transactions_24h": count_24h,
        "cents_1h": min(cents_1h, LIMIT),
        "cents_24h": min(cents_24h, LIMIT),
        "transactions_7d_thousandths": _whole(1000 * count_7d),
        "cents_7d": _whole(100 * amount_7d),
        "seconds_since_last": min(max(at - profile.newest_at, 0), LIMIT) if profile.transactions else UNKNOWN,
        "account_age_hours": min(max(at - profile.first_at, 0) // HOUR, LIMIT) if profile.transactions else UNKNOWN,
    }


def _journey(profile: AccountProfile, transaction: Transaction, at: int) -> Mapping[str, Feature]:
    """Return how far the last place is, and how fast one would have had to be."""
    place = transaction.location
    if place is None or not profile.has_place:
        return {"distance_thousandths_mile": UNKNOWN, "speed_thousandths_mph": UNKNOWN}
    miles = miles_between(
        profile.latitude / 1_000_000, profile.longitude / 1_000_000, float(place.latitude), float(place.longitude)
    )
    hours = max(abs(at - profile.place_at), SHORTEST_JOURNEY) / HOUR
    return {"distance_thousandths_mile": _whole(1000 * miles), "speed_thousandths_mph": _whole(1000 * miles / hours)}


def miles_between(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Return the great-circle distance of two places in degrees (haversine)."""
    north, other_north = radians(latitude), radians(other_latitude)
    half_chord = (
        sin((other_north - north) / 2) ** 2
        + cos(north) * cos(other_north) * sin(radians(other_longitude - longitude) / 2) ** 2
    )
    return 2 * EARTH_MILES * asin(min(1.0, sqrt(half_chord)))


def _habits(profile: AccountProfile, transaction: Transaction, thousandths: int, at: int) -> Mapping[str, Feature]:
    """Return how the time, the category and the merchant compare with what the account does as a rule."""
    hours = profile.hours
    used = sum(hours)
    hour = at % DAY // HOUR
    near = hours[hour - 1] + hours[hour] + hours[(hour + 1) % 24]
    habit = profile.habit(transaction.category) if transaction.category else None
    return {
        "merchant_known": int(key_of(transaction.merchant_id) in profile.merchants),
        "second_of_day": at % DAY,
        "day_of_week": (at // DAY + 3) % 7,
        "hour_share_thousandths": 1000 * near // used if used else UNKNOWN,
        "category_ratio_thousandths": _whole(thousandths / habit.mean) if habit and habit.uses >= FEWEST else UNKNOWN,
        "category_transactions": habit.uses if habit else UNKNOWN,
    }


def _merchant(risk: MerchantRisk, at: int) -> Mapping[str, Feature]:
    """Return what labels at least seven days old say about the merchant."""
    known = risk.signals(at)
    return {
        "merchant_transactions_21d": min(known.transactions_21d, LIMIT),
        "merchant_frauds_7d": min(known.frauds_7d, LIMIT),
        "merchant_frauds_21d": min(known.frauds_21d, LIMIT),
        "merchant_rate_7d_thousandths": 1000 * known.frauds_7d // (known.transactions_7d + 1),
        "merchant_rate_21d_thousandths": 1000 * known.frauds_21d // (known.transactions_21d + 1),
        "merchant_run_frauds": min(known.run_frauds, LIMIT),
        "merchant_run_age_days": known.run_age,
        "merchant_run_age_at_most_days": known.run_age_at_most,
    }


def _whole(value: float) -> int:
    return min(int(value), LIMIT)
