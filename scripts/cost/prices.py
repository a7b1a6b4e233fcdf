"""The dated price table, and what a quantity costs by it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from scripts.errors import CommandError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True)
class Price:
    """One list price.

    Parameters
    ----------
    service
        Whose bill it is on.
    unit
        What is counted, in words.
    per
        How many units `usd` is the price of.
    usd
        US dollars.
    page
        Address of the page that says so.
    tiers
        Up to how many units, and for how much; the last one has no end. None: one price for all.
    assumed
        What stands for a source, where no page was at hand; else empty.
    """

    service: str
    unit: str
    per: float
    usd: float
    page: str
    tiers: tuple[tuple[float, float], ...] = ()
    assumed: str = ""

    def cost(self, quantity: float) -> float:
        """Return US dollars for so many units, tier by tier."""
        if not self.tiers:
            return quantity / self.per * self.usd
        total, below = 0.0, 0.0
        for end, usd in self.tiers[:-1]:
            total += max(0.0, min(quantity, end) - below) / self.per * usd
            below = end
        return total + max(0.0, quantity - below) / self.per * self.tiers[-1][1]


@dataclass(frozen=True)
class Prices:
    """All prices of one region on one day."""

    region: str
    taken_on: date
    by_name: Mapping[str, Price]

    def __getitem__(self, name: str) -> Price:
        """Return a price by its name.

        Raises
        ------
        CommandError
            If the table has none of that name.
        """
        if name not in self.by_name:
            raise CommandError(f"the price table has no {name}.")
        return self.by_name[name]


def load(file: Path = FILE) -> Prices:
    """Read a price table."""
    table: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    found = {
        name: Price(
            service=entry["service"],
            unit=entry["unit"],
            per=entry["per"],
            usd=entry["usd"],
            page=table["pages"][entry["page"]],
            tiers=tuple((end, usd) for end, usd in entry.get("tiers", ())),
            assumed=entry.get("assumed", ""),
        )
        for name, entry in table["prices"].items()
    }
    return Prices(table["region"], table["date"], found)
