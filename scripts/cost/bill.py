"""A system's bill at a volume: what it costs, fixed and variable, by service and by feature."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from scripts.cost import catalogue
from scripts.cost.charge import Charge, Month
from scripts.cost.context import Context, Resource
from scripts.cost.prices import Prices
from scripts.cost.workload import Workload

Group = Callable[[Charge], str]


@dataclass(frozen=True)
class Cost:
    """US dollars a month: what is due without a transaction, and what all of them add."""

    fixed: float
    variable: float

    @property
    def total(self) -> float:
        """Return both together."""
        return self.fixed + self.variable


@dataclass(frozen=True)
class System:
    """A system as the model sees it.

    Parameters
    ----------
    resources
        Everything that its plan creates.
    workload
        What a transaction makes it do.
    prices
        The price table.
    """

    resources: Sequence[Resource]
    workload: Workload
    prices: Prices

    def charges(self, transactions: float) -> list[Charge]:
        """Return the lines of the bill of a month."""
        return catalogue.charges(Context(self.resources, self.workload, Month(transactions)))

    def usd(self, charge: Charge) -> float:
        """Return US dollars for a line."""
        return self.prices[charge.price].cost(charge.quantity)

    def service(self, charge: Charge) -> str:
        """Return whose bill a line is on."""
        return self.prices[charge.price].service

    def total(self, transactions: float) -> Cost:
        """Return the whole bill of a month."""
        fixed = self._sum(self.charges(0))
        return Cost(fixed, self._sum(self.charges(transactions)) - fixed)

    def by(self, group: Group, transactions: float) -> dict[str, Cost]:
        """Return the bill of a month, grouped; the dearest group first.

        Parameters
        ----------
        group
            What a line belongs to; empty for those to leave out.
        transactions
            In the month.
        """
        idle = self._sums(group, self.charges(0))
        busy = self._sums(group, self.charges(transactions))
        costs = {name: Cost(idle.get(name, 0.0), usd - idle.get(name, 0.0)) for name, usd in busy.items()}
        return dict(sorted(costs.items(), key=lambda item: -item[1].total))

    def _sums(self, group: Group, charges: Iterable[Charge]) -> dict[str, float]:
        sums: dict[str, float] = defaultdict(float)
        for charge in charges:
            name = group(charge)
            if name:
                sums[name] += self.usd(charge)
        return sums

    def _sum(self, charges: Iterable[Charge]) -> float:
        return sum(self.usd(charge) for charge in charges)
