"""What is charged: a quantity of something with a price, and for which resource."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Charge:
    """One line of a month's bill.

    Parameters
    ----------
    address
        The resource that causes it, as Terraform names it.
    price
        Name of its price in the table.
    quantity
        How many units a month.
    feature
        Of which feature it is the price, where users can do without it; else empty.
    """

    address: str
    price: str
    quantity: float
    feature: str = ""


@dataclass(frozen=True)
class Month:
    """How much there is to do in a month.

    Parameters
    ----------
    transactions
        Submitted in the month, evenly: in bursts more of them share a call, so that this costs the most.
    """

    transactions: float

    HOURS = 730.0
    """Hours that AWS's own calculator takes for a month."""
    MINUTES = HOURS * 60
    SECONDS = HOURS * 3600

    @property
    def rate(self) -> float:
        """Return transactions a second."""
        return self.transactions / self.SECONDS
