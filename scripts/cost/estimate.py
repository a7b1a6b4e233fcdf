"""All systems at all volumes: the figures of the report, computed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scripts.cost import features
from scripts.cost.bill import Cost, System
from scripts.cost.units import FIRST_MONTH

MILLION = 1_000_000
VOLUMES = (100_000, MILLION, 10 * MILLION, 100 * MILLION, 1_000 * MILLION)
"""Transactions a month."""
USUAL = MILLION
"""The volume of the tables that show one only."""


@dataclass(frozen=True)
class Estimate:
    """What one system costs.

    Parameters
    ----------
    name
        The system.
    totals
        By transactions a month.
    services
        By transactions a month and service, the dearest first.
    features
        What each feature that the plan has costs, likewise.
    options
        What each feature adds that can be switched on, by its name.
    storage
        What each further month costs for which a million transactions are kept, in US dollars.
    time
        What the functions' time costs for a million transactions, in US dollars.
    """

    name: str
    totals: Mapping[int, Cost]
    services: Mapping[int, Mapping[str, Cost]]
    features: Mapping[int, Mapping[str, Cost]]
    options: Mapping[str, Cost]
    storage: float
    time: float

    def a_million(self, volume: int) -> float:
        """Return the variable cost of a million transactions, in US dollars, at so many a month."""
        return self.totals[volume].variable / volume * MILLION


_KEPT = ("table_storage", "table_recovery", "s3_storage")


def estimate(name: str, system: System, volumes: Sequence[int] = VOLUMES) -> Estimate:
    """Compute one system's bill at each volume."""

    def of_prices(prices: Sequence[str]) -> float:
        return sum(system.usd(charge) for charge in system.charges(MILLION) if charge.price in prices)

    return Estimate(
        name=name,
        totals={volume: system.total(volume) for volume in volumes},
        services={volume: system.by(system.service, volume) for volume in volumes},
        features={volume: features.present(system, volume) for volume in volumes},
        options={option.name: features.added(system, option, USUAL) for option in features.OPTIONS},
        storage=of_prices(_KEPT) / FIRST_MONTH,
        time=of_prices(("lambda_gb_seconds",)),
    )
