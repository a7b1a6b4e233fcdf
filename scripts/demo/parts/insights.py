"""Fraud insights: counters by day that are committed together with the decisions that they count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from scripts.demo import tables
from scripts.demo.books import Books, Check, Outcomes
from scripts.demo.state import FRAUD, Access, Findings, Part, Row

_COUNTS = ("transactions", "flagged", "fraud")
_SUMS = ("amount:", "fraud_amount:")
"""Counters that the rows can be added up to; those of a sum end in a currency."""

Counter = tuple[str, str]
"""A counter: its day and its name."""


class InsightsTable(Part):
    """The table of counters; those of a day lie in several rows."""

    def __init__(self, access: Access) -> None:
        self._dynamodb = access.client("dynamodb")
        self._table = access.output("fraud_insights_table_name")

    def read(self) -> Insights:
        """Add up the rows of each day."""
        counters: dict[Counter, Decimal] = defaultdict(Decimal)
        for item in tables.whole(self._dynamodb, self._table):
            day = item["bucket"].partition("#")[0]
            for name, value in item.items():
                if name in _COUNTS or name.startswith(_SUMS):
                    counters[day, name] += value
        return Insights(counters)


@dataclass(frozen=True)
class Insights(Findings):
    """The counters."""

    counters: Mapping[Counter, Decimal]

    def enter(self, books: Books, outcomes: Outcomes) -> None:
        """Compare each counter with what the decided rows amount to; one that is missing stands at 0."""
        wanted = _added_up(outcomes)
        names = sorted({*wanted, *self.counters})
        wrong = [name for name in names if wanted.get(name, 0) != self.counters.get(name, 0)]
        for day, name in wrong:
            counted, decided = self.counters.get((day, name), 0), wanted.get((day, name), 0)
            books.note("wrong_counters", f"{day} {name}: {counted:,}, but the rows amount to {decided:,}")
        transactions = int(sum(value for (_, name), value in self.counters.items() if name == "transactions"))
        fraud = int(sum(value for (_, name), value in self.counters.items() if name == "fraud"))
        books.parts["insights"] = {
            "counters": len(names), "wrong": len(wrong), "transactions": transactions, "fraud": fraud,
        }  # fmt: skip
        books.checks.append(
            Check(
                "The counters are the sum of the decisions",
                not wrong,
                f"{transactions:,} decisions and {fraud:,} frauds counted; {len(wrong):,} of {len(names):,}"
                " counters are wrong",
            )
        )


def _added_up(outcomes: Outcomes) -> dict[Counter, Decimal]:
    sums: dict[Counter, Decimal] = defaultdict(Decimal)
    for row in outcomes.rows.values():
        if row.outcome is not None:
            for name, value in _of_one(row).items():
                sums[row.day, name] += value
    return sums


def _of_one(row: Row) -> dict[str, Decimal]:
    counted = {
        "transactions": Decimal(1),
        "flagged": Decimal(row.flagged),
        "fraud": Decimal(row.outcome == FRAUD),
        f"amount:{row.currency}": row.amount,
    }
    if row.outcome == FRAUD:
        counted[f"fraud_amount:{row.currency}"] = row.amount
    return counted
