"""The cost report: a page, its figures as JSON, and the tables and plot in the documentation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scripts import page, paths
from scripts.cost import plots, tables
from scripts.cost.bill import Cost
from scripts.cost.estimate import USUAL, VOLUMES, Estimate
from scripts.cost.prices import Prices
from scripts.drawing import alone
from scripts.errors import CommandError

DOCUMENT = paths.ROOT / "docs" / "cost.md"
_TEMPLATES = Path(__file__).parent / "templates"


def write(estimates: Sequence[Estimate], prices: Prices, folder: Path) -> list[Path]:
    """Write report.json and report.html; return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    figures, html = folder / "report.json", folder / "report.html"
    figures.write_text(json.dumps(content(estimates, prices), indent=2) + "\n", encoding="utf-8")
    html.write_text(_page(estimates, prices), encoding="utf-8")
    return [figures, html]


def content(estimates: Sequence[Estimate], prices: Prices) -> dict[str, Any]:
    """Return the figures, in US dollars a month."""
    return {
        "region": prices.region,
        "prices_taken_on": prices.taken_on.isoformat(),
        "systems": {
            one.name: {
                "volumes": {
                    str(volume): {
                        **asdict(one.totals[volume]),
                        "variable_a_million": one.a_million(volume),
                        "services": {name: asdict(cost) for name, cost in one.services[volume].items()},
                        "features": {name: asdict(cost) for name, cost in one.features[volume].items()},
                    }
                    for volume in VOLUMES
                },
                "options_at_a_million": {name: asdict(cost) for name, cost in one.options.items()},
                "storage_of_a_million_a_month": one.storage,
                "function_time_of_a_million": one.time,
            }
            for one in estimates
        },
    }


def _page(estimates: Sequence[Estimate], prices: Prices) -> str:
    template = page.templates(_TEMPLATES).get_template("cost.html.j2")
    return template.render(
        region=prices.region,
        taken_on=prices.taken_on,
        overview=plots.a_million(estimates),
        figures=[plots.services(one) for one in estimates],
        volumes=[tables.volume_name(volume) for volume in VOLUMES],
        variables=[f"variable, {tables.volume_name(volume)}" for volume in VOLUMES],
        totals=[
            [one.name, tables.money(one.totals[USUAL].fixed)]
            + [tables.money(one.totals[volume].total) for volume in VOLUMES]
            + [tables.money(one.a_million(USUAL))]
            for one in estimates
        ],
        systems=[{"name": one.name, "features": _features(one)} for one in estimates],
    )


def _features(one: Estimate) -> list[list[str]]:
    nothing = Cost(0.0, 0.0)
    return [
        [name, tables.money(cost.fixed)]
        + [tables.money(one.features[volume].get(name, nothing).variable) for volume in VOLUMES]
        for name, cost in one.features[USUAL].items()
    ]


def document(estimates: Sequence[Estimate], prices: Prices, file: Path = DOCUMENT) -> None:
    """Write the tables into the documentation, each between its markers, and the plot beside it."""
    parts = {
        "totals": tables.totals(estimates),
        "a million": tables.a_million(estimates),
        "options": tables.options(estimates[0]),
        "sensitivities": tables.sensitivities(estimates),
        "prices": tables.price_list(prices),
    }
    for one in estimates:
        parts[f"services of {one.name}"] = tables.services(one)
        parts[f"features of {one.name}"] = tables.features(one)
    text = file.read_text(encoding="utf-8")
    for name, content_ in parts.items():
        text = between(text, name, content_)
    file.write_text(text, encoding="utf-8")
    file.with_suffix(".svg").write_text(alone(plots.a_million(estimates)), encoding="utf-8")


def between(text: str, name: str, content_: str) -> str:
    """Return a text with what stands between the markers of `name` replaced.

    Raises
    ------
    CommandError
        If the markers are not there.
    """
    begin, end = f"<!-- BEGIN {name} -->\n", f"<!-- END {name} -->"
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise CommandError(f"the cost page needs the markers {begin.strip()} and {end}.")
    return f"{before}{begin}{content_}{end}{after}"
