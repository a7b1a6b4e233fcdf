"""Customers' profiles: each says how many transactions were decided, and what they amount to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from scripts.demo import tables
from scripts.demo.books import Books, Check, Outcomes
from scripts.demo.state import Access, Findings, Part


@dataclass(frozen=True)
class Profile:
    """What a customer's row says of what was decided so far: amounts as bare numbers, whatever their currency."""

    transactions: int
    amount: Decimal


class CustomerProfiles(Part):
    """The readable attributes of the table of customers."""

    def __init__(self, access: Access) -> None:
        self._dynamodb = access.client("dynamodb")
        self._table = access.output("customers_table_name")

    def read(self) -> Profiles:
        """Read all customers."""
        items = tables.scan(self._dynamodb, self._table, ("customer_id", "transaction_count", "total_amount"))
        return Profiles(
            {
                item["customer_id"]: Profile(int(item["transaction_count"]), item["total_amount"])
                for item in items
                if "transaction_count" in item  # else nothing of the customer was decided
            }
        )


@dataclass(frozen=True)
class Profiles(Findings):
    """The profiles by customer."""

    by_customer: Mapping[str, Profile]

    def enter(self, books: Books, outcomes: Outcomes) -> None:
        """Compare each profile with the fold of its customer's decided rows."""
        wanted = _folded(outcomes)
        customers = sorted({*wanted, *self.by_customer})
        wrong = [one for one in customers if wanted.get(one) != self.by_customer.get(one)]
        for customer in wrong:
            said = f"{self.by_customer.get(customer)}, but its rows amount to {wanted.get(customer)}"
            books.note("wrong_profiles", f"{customer}: {said}")
        books.parts["profiles"] = {"customers": len(self.by_customer), "wrong": len(wrong)}
        books.checks.append(
            Check(
                "Each customer's profile is the sum of its decisions",
                not wrong,
                f"{len(self.by_customer):,} customers, {len(wrong):,} wrong",
            )
        )


def _folded(outcomes: Outcomes) -> dict[str, Profile]:
    counts: Counter[str] = Counter()
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for row in outcomes.rows.values():
        if row.outcome is not None and row.account_id is not None:
            counts[row.account_id] += 1
            amounts[row.account_id] += row.amount
    return {customer: Profile(count, amounts[customer]) for customer, count in counts.items()}
