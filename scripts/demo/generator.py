"""The project's own input: accounts that shop, with the edges that a payment pipeline must get right.

Every transaction depends on the seed and on its place in the sequence alone, so a longer run begins with
the same transactions as a shorter one. Nothing is kept but the accounts, so memory stays flat.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal

from scripts.demo.model import Merchant, Transaction

ACCOUNTS = 120
MAX_COUNT = 1_000_000
"""More would date events in the future: the clock starts at START and moves on by about MEAN_GAP_SECONDS."""
START = datetime(2026, 1, 5, tzinfo=timezone.utc)
MEAN_GAP_SECONDS = 15.0

_USUAL_NAMES = (
    "Alder Grocery", "Birch Books", "Cedar Coffee", "Dogwood Pharmacy", "Elm Electronics", "Fir Fuel", "Gum Garden",
    "Hazel Hotels", "Ivy Interiors", "Juniper Jewels", "Kapok Kitchen", "Larch Airlines", "Maple Market", "Oak Optics",
    "Pine Pets", "Rowan Records", "Spruce Sports", "Teak Tools", "Willow Wear", "Yew Yachts",
)  # fmt: skip
CATEGORIES = ("grocery", "books", "dining", "health", "electronics", "fuel", "home", "travel", "clothing", "leisure")
CHANNELS = ("card_present", "card_present", "card_present", "online", "online", "atm", "transfer", "direct_debit")
PLACES = (("40.7128", "-74.0060"), ("51.5074", "-0.1278"), ("48.8566", "2.3522"), ("35.6762", "139.6503"))
HOME_CURRENCIES = ("USD",) * 7 + ("EUR",) * 2 + ("GBP",)
FOREIGN_CURRENCIES = ("JPY", "CHF", "BRL", "PLN", "KWD")
_CENT_DIGITS = {"JPY": 0, "KWD": 3}

USUAL = tuple(Merchant(f"shop-{n:03d}", name) for n, name in enumerate(_USUAL_NAMES, start=1))
RISKY = (
    Merchant("risk-001", "Test Trading Post"),
    Merchant("risk-002", "Fake Flowers and Friends"),
    Merchant("risk-003", "Dummy Direct"),
)
CONTEST = Merchant("shop-101", "Contest Arena")
"""Honest, but its name contains "test": the false positive that the published rule set makes."""
INACTIVE = Merchant("shop-201", "Closed Corner", active=False)
KIOSK = Merchant("shop-202", "Corner Kiosk", max_transaction_amount=Decimal("500"))

# One block of 200 acceptable transactions: which edges it holds besides everyday purchases. It is shuffled, so
# that a run of 1,000 holds each edge several times, and a rate is a rate at every length.
_BLOCK_LENGTH = 200
_EDGES = (
    ["high_value"] * 2 + ["large"] * 2 + ["exactly_10000"] + ["round"] * 3 + ["foreign"] * 8 + ["contest"] * 2
    + ["fraud_risky_large"] * 2 + ["fraud_risky_high_value"] + ["fraud_quiet"] * 2
)  # fmt: skip
# What a block holds beside them, each after the transaction that it follows.
_COMPANIONS = ["repeat"] * 2 + ["conflict"] + ["rejected"]
COMPANIONS_PER_THOUSAND = 1000 * len(_COMPANIONS) // _BLOCK_LENGTH


@dataclass(frozen=True)
class _Account:
    """A customer: where and how much they usually spend (amounts are log-normal)."""

    account_id: str
    currency: str
    log_mean: float
    log_sigma: float
    place: tuple[str, str]
    shops: tuple[Merchant, ...]


def merchants() -> Iterator[Merchant]:
    """Yield all merchants that generated transactions name."""
    yield from USUAL
    yield from RISKY
    yield from (CONTEST, INACTIVE, KIOSK)


def transactions(count: int, seed: int) -> Iterator[Transaction]:
    """Yield `count` acceptable transactions in the order of their event times, and the others among them.

    The others, about two in a hundred, come on top of `count`: exact repeats of a transaction (same id, same
    body), the same id with another amount and maybe at another time, and transactions that the merchant's
    configuration refuses.

    Parameters
    ----------
    count
        Acceptable transactions, 1 to `MAX_COUNT`.
    seed
        Same seed, same sequence.

    """
    rng = random.Random(seed)  # noqa: S311 - test data, to be repeated
    accounts = [_account(rng, number) for number in range(1, ACCOUNTS + 1)]
    clock = START
    edges: list[str] = []
    companions: list[str] = []
    for number in range(1, count + 1):
        if not edges:
            edges, companions = _block(rng)
        clock += timedelta(seconds=max(0.001, rng.expovariate(1 / MEAN_GAP_SECONDS)))
        transaction = _transaction(rng, rng.choice(accounts), edges.pop(), clock, f"demo-{seed}-{number:07d}")
        yield transaction
        companion = companions.pop()
        if companion:
            yield _companion(companion, transaction, number)


def _block(rng: random.Random) -> tuple[list[str], list[str]]:
    edges = _EDGES + ["everyday"] * (_BLOCK_LENGTH - len(_EDGES))
    companions = _COMPANIONS + [""] * (_BLOCK_LENGTH - len(_COMPANIONS))
    rng.shuffle(edges)
    rng.shuffle(companions)
    return edges, companions


def _account(rng: random.Random, number: int) -> _Account:
    return _Account(
        account_id=f"account-{number:04d}",
        currency=rng.choice(HOME_CURRENCIES),
        log_mean=rng.uniform(2.5, 4.5),  # medians from about 12 to 90
        log_sigma=rng.uniform(0.4, 0.9),
        place=rng.choice(PLACES),
        shops=tuple(rng.sample(USUAL, 6)),
    )


def _transaction(rng: random.Random, account: _Account, edge: str, clock: datetime, transaction_id: str) -> Transaction:
    currency = rng.choice(FOREIGN_CURRENCIES) if edge == "foreign" else account.currency
    return Transaction(
        transaction_id=transaction_id,
        account_id=account.account_id,
        merchant_id=_merchant(rng, account, edge).merchant_id,
        amount=_amount(rng, account, edge, currency),
        currency=currency,
        occurred_at=written(clock),
        category=rng.choice(CATEGORIES),
        channel=rng.choice(CHANNELS),
        latitude=Decimal(account.place[0]),
        longitude=Decimal(account.place[1]),
        fraud=edge.startswith("fraud"),
        expected="accepted",
    )


def _merchant(rng: random.Random, account: _Account, edge: str) -> Merchant:
    if edge.startswith("fraud_risky"):
        return rng.choice(RISKY)
    return CONTEST if edge == "contest" else rng.choice(account.shops)


def _amount(rng: random.Random, account: _Account, edge: str, currency: str) -> Decimal:
    if edge == "exactly_10000":
        return Decimal("10000")
    if edge == "round":
        return Decimal(rng.randint(1, 5) * 1000)
    if edge in ("high_value", "fraud_risky_high_value"):
        amount = rng.uniform(10_000.01, 25_000)
    elif edge in ("large", "fraud_risky_large"):
        amount = rng.uniform(5_000.01, 9_999.99)
    else:
        amount = min(max(math.exp(rng.gauss(account.log_mean, account.log_sigma)), 1.0), 4_999.0)
    return in_cents(amount, currency)


def in_cents(amount: float, currency: str) -> Decimal:
    """Return an amount with the decimals of its currency."""
    smallest = Decimal(1).scaleb(-_CENT_DIGITS.get(currency, 2))
    return Decimal(repr(amount)).quantize(smallest, rounding=ROUND_HALF_EVEN)


def _companion(kind: str, transaction: Transaction, number: int) -> Transaction:
    if kind == "repeat":
        return transaction
    if kind == "conflict":
        other = replace(transaction, amount=transaction.amount + 1, expected="conflict")
        return replace(other, occurred_at=_a_second_after(other.occurred_at)) if number % 2 else other
    own_id = replace(transaction, transaction_id=f"{transaction.transaction_id}-refused", expected="rejected")
    if number % 2:
        return replace(own_id, merchant_id=INACTIVE.merchant_id)
    return replace(own_id, merchant_id=KIOSK.merchant_id, amount=Decimal("500") + max(transaction.amount, Decimal(1)))


def _a_second_after(moment: str) -> str:
    return written(datetime.fromisoformat(moment.replace("Z", "+00:00")) + timedelta(seconds=1))


def written(moment: datetime) -> str:
    """Return a time, UTC, as clients write it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
