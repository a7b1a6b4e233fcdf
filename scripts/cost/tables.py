"""The tables of the cost page, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scripts.cost.bill import Cost
from scripts.cost.estimate import MILLION, USUAL, VOLUMES, Estimate
from scripts.cost.features import OPTIONS
from scripts.cost.prices import Prices

_LEAST = 0.005


def money(usd: float) -> str:
    """Return US dollars for people: cents below a hundred, none above; a dash for nothing."""
    if abs(usd) < _LEAST:
        return "-"
    return f"{usd:,.2f}" if abs(usd) < 100 else f"{usd:,.0f}"


def volume_name(volume: float) -> str:
    """Return a volume as people say it: `0.1 M`."""
    return f"{volume / MILLION:,g} M"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; every column but the first is one of numbers."""
    lines = [columns, ["---", *("---:" for _ in columns[1:])], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def totals(estimates: Sequence[Estimate]) -> str:
    """Return fixed cost and totals of all systems, and what a million transactions add."""
    columns = ["US dollars a month", "fixed", *(volume_name(volume) for volume in VOLUMES), "a million more, at 1 M"]
    rows = [
        [
            f"`{one.name}`",
            money(one.totals[USUAL].fixed),
            *(money(one.totals[volume].total) for volume in VOLUMES),
            money(one.a_million(USUAL)),
        ]
        for one in estimates
    ]
    return table(columns, rows)


def a_million(estimates: Sequence[Estimate]) -> str:
    """Return the variable cost of a million transactions at each volume."""
    columns = ["US dollars a million", *(volume_name(volume) for volume in VOLUMES)]
    rows = [[f"`{one.name}`", *(money(one.a_million(volume)) for volume in VOLUMES)] for one in estimates]
    return table(columns, rows)


def services(one: Estimate) -> str:
    """Return a system's bill by service: fixed, and variable at each volume."""
    return _grouped("service", one, one.services)


def features(one: Estimate) -> str:
    """Return a system's bill by feature."""
    return _grouped("feature", one, one.features)


def _grouped(what: str, one: Estimate, by_volume: Mapping[int, Mapping[str, Cost]]) -> str:
    names = by_volume[USUAL]
    columns = [what, "fixed", *(f"variable, {volume_name(volume)}" for volume in VOLUMES)]

    def row(label: str, costs: Sequence[Cost]) -> list[str]:
        return [label, money(costs[0].fixed), *(money(cost.variable) for cost in costs)]

    rows = [row(name, [by_volume[volume].get(name, Cost(0, 0)) for volume in VOLUMES]) for name in names]
    shown = [line for line in rows if set(line[1:]) != {"-"}]
    return table(columns, [*shown, row("**all**", [one.totals[volume] for volume in VOLUMES])])


def options(one: Estimate) -> str:
    """Return what can be added to a system, and for how much."""
    columns = ["feature", "what is priced", "fixed", "variable, 1 M"]
    rows = [
        [option.name, option.what, money(one.options[option.name].fixed), money(one.options[option.name].variable)]
        for option in OPTIONS
    ]
    return table(columns, rows).replace("| --- | ---: |", "| --- | --- |", 1)


def sensitivities(estimates: Sequence[Estimate]) -> str:
    """Return what the least certain figures are worth, for a million transactions."""
    columns = ["US dollars a million", "functions take twice as long", "each further month that rows are kept"]
    return table(columns, [[f"`{one.name}`", money(one.time), money(one.storage)] for one in estimates])


def price_list(prices: Prices) -> str:
    """Return the price table, with where each price stands."""
    columns = ["service", "US dollars", "for", "source"]
    rows = [
        [
            price.service,
            " then ".join(f"{usd:g}" for _, usd in price.tiers) or f"{price.usd:.10f}".rstrip("0").rstrip("."),
            f"{price.per:,.0f} {price.unit}" if price.per != 1 else price.unit,
            f"[{price.service}]({price.page})" + (f"; assumed: {price.assumed}" if price.assumed else ""),
        ]
        for price in sorted(prices.by_name.values(), key=lambda price: price.service)
    ]
    return table(columns, rows).replace("| --- | ---: | ---: | ---: |", "| --- | ---: | --- | --- |", 1)
