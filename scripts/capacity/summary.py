"""The results as tables: head and rows, for the page and for the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scripts.capacity import text
from scripts.capacity.figures import Figures
from scripts.capacity.limits import LIMITS
from scripts.capacity.scenarios import Results, Sweep
from scripts.capacity.text import number, rounded, share, time

SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Table:
    """One table, with what it is about."""

    title: str
    note: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def summary_tables(results: Results, figures: Figures) -> list[Table]:
    """Return all tables, in the order in which they are read."""
    return [
        _ladder(results),
        *(_sweep(sweep) for sweep in results.sweeps),
        _order(results),
        _hot(results),
        _starts(results),
        _behind(results, figures),
    ]


def _ladder(results: Results) -> Table:
    rows = []
    for rung in results.rungs:
        found, limit = rung.capacity, LIMITS.get(rung.capacity.limit)
        best = found.at_rate
        rows.append(
            [
                number(rounded(found.rate)),
                f"{rounded(found.rate) * SECONDS_A_DAY / 1e6:,.0f} million",
                f"{time(best.decision(0.5))} / {time(best.decision(0.99))}" if best else text.NOTHING,
                limit.what if limit else "none up to 100,000 a second",
                limit.moved_by if limit else "",
            ]
        )
    return Table(
        "First limit reached, and what moves it",
        "Each line moves the limit of the line before. A rate is taken if 99 of 100 decisions come within a second of"
        " their acceptance, at most one request in a thousand is refused, and functions wait for limits for less than a"
        " tenth of their time.",
        ("taken, a second", "a day", "decision p50 / p99", "first limit", "what moves it"),
        rows,
    )


def _sweep(sweep: Sweep) -> Table:
    rows = [
        [
            number(rate),
            number(run.decided_a_second()) if not run.gave_up else "falls behind",
            share(run.refused_share),
            f"{time(run.api(0.5))} / {time(run.api(0.99))}",
            f"{time(run.decision(0.5))} / {time(run.decision(0.99))}" if not run.gave_up else text.NOTHING,
            "" if run.is_sustained else LIMITS[run.limit].what,
        ]
        for rate, run in sweep.runs
    ]
    return Table(
        f"Rising rates: {sweep.name}",
        "",
        ("offered, a second", "decided, a second", "refused", "answer p50 / p99", "decision p50 / p99", "limit"),
        rows,
    )


def _order(results: Results) -> Table:
    rows = [
        [what, number(rounded(found.rate)), LIMITS[found.limit].what if found.limit else ""]
        for what, found in (
            ("one account alone", results.one_account),
            ("all accounts, queue without high throughput", results.without_high_throughput),
        )
    ]
    return Table(
        "What order costs",
        "With arguments raised and grown tables.",
        ("load", "taken, a second", "limit"),
        rows,
    )


def _hot(results: Results) -> Table:
    rows = [
        [hot.name, share(hot.share), time(hot.busiest), time(hot.others), number(hot.waiting)] for hot in results.hot
    ]
    return Table(
        "Busy accounts",
        "1,000 transactions a second of a million accounts for 40 s, arguments raised and grown tables.",
        ("accounts", "share of the busiest", "its p99", "the others' p99", "undecided in the end"),
        rows,
    )


def _starts(results: Results) -> Table:
    rows = [
        [
            start.name,
            number(start.rate),
            share(start.outcome.refused_share),
            f"{time(start.outcome.api(0.5))} / {time(start.outcome.api(0.99))}",
            f"{time(start.outcome.decision(0.5))} / {time(start.outcome.decision(0.99))}",
            number(start.environments),
            number(start.outcome.peak_waiting),
        ]
        for start in results.starts
    ]
    return Table(
        "From rest to full load at once",
        "No environment is warm, the mapping takes 5 batches at once and 5 more each second; the first 30 s.",
        (
            "settings",
            "offered, a second",
            "refused",
            "answer p50 / p99",
            "decision p50 / p99",
            "environments",
            "longest queue",
        ),
        rows,
    )


def _behind(results: Results, figures: Figures) -> Table:
    limit = {name: figure.value for name, figure in figures.limits.items()}
    median, slow = results.announced
    rows = [
        ["event at a target of the bus after the commit", f"{time(median)} / {time(slow)} (p50 / p99)", ""],
        ["calls of PutEvents", f"{number(limit['events_put'])} a second", "quota of EventBridge; ten events a call"],
        [
            "deliveries of the bus: the archive, and a target for each flagged or high-value transaction",
            f"{number(limit['events_invocations'])} a second",
            "quota of EventBridge; what exceeds it comes later",
        ],
        [
            "functions that read the policy document again",
            f"{number(limit['ssm_reads'])} reads a second, so {number(60 * limit['ssm_reads'])} environments at 60 s",
            "argument `policy_refresh_seconds`; quota of Systems Manager",
        ],
    ]  # fmt: skip
    return Table(
        "Behind the decision",
        "Not simulated: published figures put together.",
        ("what", "figure", "what moves it"),
        rows,
    )
