"""What an evaluation and a backtest leave for people: one page each that loads nothing, and a table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Optional

from markupsafe import Markup
from rich.box import SIMPLE_HEAD
from rich.table import Table

from evaluation import plots
from evaluation.backtest_results import Backtest
from evaluation.results import ALERT_BUDGET, CARDS_A_DAY, PRECISION_BAR, Curves, DataSet, Interval, Report, Result
from evaluation.text import DASH, PERCENT, count, figure, share
from scripts import page
from scripts.drawing import Drawn

JSON_NAME, HTML_NAME, PROPOSAL_NAME = "report.json", "report.html", "proposal.json"
SIMULATED = (
    "Simulated quality is not real quality: the simulator knows three kinds of fraud, and the features fit them. Real"
    " data has an average precision of about .1. Only your own labels tell how a policy does for you (make backtest)."
)
_POINTS = "\N{NO-BREAK SPACE}pp"
_TEMPLATES = Path(__file__).parent / "templates"
_WIDE = "Operation"


def _measure(value: Optional[float]) -> str:
    """Return what a bar measured; its unit is the bar's own."""
    if value is None:
        return DASH
    return f"{value:.3f}" if 0.0005 <= abs(value) < 10 or value == 0 else f"{value:,.4g}"


def _amount(text: str) -> str:
    return f"{Decimal(text):,}"


RANKING = (
    ("average_precision", "Average precision (AP)", figure),
    ("auc", "Area under the ROC curve (AUC)", figure),
    ("card_precision", f"Card precision of {CARDS_A_DAY} cards a day (CP@{CARDS_A_DAY})", figure),
    ("recall_at_precision", f"Recall where precision is {PRECISION_BAR:g}", share),
    ("precision_at_budget", f"Precision at an alert budget of {100 * ALERT_BUDGET:g} %", share),
)
"""The figures that look at the order of the scores alone: key, label, form."""

_SHORT = {
    "average_precision": "AP", "auc": "AUC", "card_precision": f"CP@{CARDS_A_DAY}",
    "recall_at_precision": f"Recall@p{PRECISION_BAR:g}", "precision_at_budget": f"Prec@{100 * ALERT_BUDGET:g}%",
}  # fmt: skip
_AT_THRESHOLDS = (
    ("rate", "Alert rate", share),
    ("precision", "Precision", share),
    ("recall", "Recall", share),
    ("value_recall", "Share of the fraud amount", share),
)
_Rows = Sequence[tuple[str, str, Callable[[Optional[float]], str]]]
FIGURE_GROUPS: tuple[tuple[str, _Rows], ...] = (
    ("Ranking, whatever the thresholds", RANKING),
    (
        "Alerts (review or fraud), at each policy's own thresholds",
        [(f"alert_{name}", label, form) for name, label, form in _AT_THRESHOLDS],
    ),
    (
        "Suspected of fraud, at each policy's own threshold",
        [(f"suspected_{name}", label, form) for name, label, form in _AT_THRESHOLDS],
    ),
)
"""What the backtest shows, in its order."""


@dataclass(frozen=True)
class Shown:
    """A figure and its interval as text; `state` is "up" or "down" where the interval leaves zero out."""

    value: str
    interval: str
    state: str = ""


def write_backtest(report: Backtest, folder: Path) -> list[Path]:
    """Write report.json, report.html and, if a threshold is proposed, proposal.json; return where they are."""
    forget(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / JSON_NAME).write_text(report.to_json(), encoding="utf-8")
    (folder / HTML_NAME).write_text(backtest_page(report), encoding="utf-8")
    if report.proposal.fragment:
        (folder / PROPOSAL_NAME).write_text(json.dumps(report.proposal.fragment, indent=2) + "\n", encoding="utf-8")
    return [folder / name for name in (JSON_NAME, HTML_NAME, PROPOSAL_NAME) if (folder / name).exists()]


def forget(folder: Path) -> None:
    """Remove an earlier run's report, so that one that does not finish cannot pass for a finished one."""
    for name in (JSON_NAME, HTML_NAME, PROPOSAL_NAME):
        (folder / name).unlink(missing_ok=True)


def write_evaluation(report: Report, folder: Path) -> list[Path]:
    """Write report.json and report.html; return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / JSON_NAME, folder / HTML_NAME]
    report.write(files[0])
    files[1].write_text(evaluation_page(report), encoding="utf-8")
    return files


def backtest_page(report: Backtest) -> str:
    """Return the backtest as one page."""
    drawn = [plots.differences("backtest", _labelled_differences(report))]
    curves = [one for one in report.curves if one.precision_recall]
    if curves:
        drawn += [plots.roc("backtest", curves), plots.precision_recall("backtest", curves)]
    drawn += [plots.histogram("backtest", one) for one in report.curves if one.roc[1:]]
    drawn += [plots.calibration("backtest", one) for one in curves]
    groups = [(title, _compared(report, rows)) for title, rows in FIGURE_GROUPS]
    return _page(
        "backtest.html.j2",
        report=report,
        thresholds=thresholds_sentence(report),
        figures=_embedded(drawn),
        figure_groups=groups,
    )


def evaluation_page(report: Report) -> str:
    """Return the evaluation as one page."""
    policies = list(dict.fromkeys(one.policy for one in report.results))
    by_data = {data.name: [one for one in report.results if one.data == data.name] for data in report.data_sets}
    plotted = [
        {"name": data, "figures": _embedded(_plots_of(data, [one for one in report.curves if one.data == data]))}
        for data in dict.fromkeys(one.data for one in report.curves)
    ]
    return _page(
        "evaluation.html.j2",
        report=report,
        notes=[*_caveat(report.data_sets), *report.notes],
        reached=sum(1 for bar in report.bars if bar.reached),
        rows_in_all=sum(data.rows for data in report.data_sets),
        policies=policies,
        columns=RANKING,
        short=_SHORT,
        sets=[_set(data, by_data[data.name]) for data in report.data_sets],
        across=_across(by_data, policies),
        plotted=plotted,
        operation_figures=_embedded(plots.operation(f"operation-{n}", one) for n, one in enumerate(report.operations)),
    )


def evaluation_table(report: Report) -> Table:
    """Return the mean over the folds of every policy and data set as a table for the terminal."""
    table = Table()
    table.add_column("")
    for name, _, _ in RANKING:
        table.add_column(_SHORT[name], justify="right")
    for data in report.data_sets:
        table.add_section()
        table.add_row(f"[dim]{data.name}[/dim]")
        for one in _means([one for one in report.results if one.data == data.name]):
            table.add_row(one.policy, *(form(getattr(one.metrics, name)) for name, _, form in RANKING))
    return table


def _caveat(data_sets: Sequence[DataSet]) -> list[str]:
    if all(data.seed is None for data in data_sets):
        return []
    return [SIMULATED]


def _plots_of(data: str, curves: Sequence[Curves]) -> list[Optional[Drawn]]:
    name = "".join(letter if letter.isalnum() else "-" for letter in data)
    drawn: list[Optional[Drawn]] = [plots.roc(name, curves), plots.precision_recall(name, curves)]
    drawn += [plots.histogram(name, one) for one in curves]
    return drawn + [plots.calibration(name, one) for one in curves]


def _means(results: Sequence[Result]) -> list[Result]:
    """Return each policy's mean over the folds, or its one result."""
    means = [one for one in results if one.fold is None]
    covered = {one.policy for one in means}
    return means + [one for one in results if one.policy not in covered]


def _set(data: DataSet, results: Sequence[Result]) -> dict[str, Any]:
    means = _means(results)
    ours = [one for one in means if one.kind != "baseline"]
    best = {name: max((_value(one, name) for one in ours), default=0.0) for name, _, _ in RANKING}
    folds = [one for one in results if one.fold is not None and one not in means]
    return {
        "data": data,
        "means": [_row(one, best if len(ours) > 1 and one in ours else {}) for one in means],
        "folds": [_row(one, {}) for one in folds],
    }


def _value(one: Result, name: str) -> float:
    value = getattr(one.metrics, name)
    return -1.0 if value is None else float(value)


def _row(one: Result, best: dict[str, float]) -> dict[str, Any]:
    forms = {name: form for name, _, form in RANKING}
    return {
        **{name: getattr(one, name) for name in ("policy", "kind", "fold", "first_day", "last_day", "rows", "frauds")},
        "metrics": {name: getattr(one.metrics, name) for name in forms},
        "intervals": {
            name: _shown(one.intervals[name], form).interval if name in one.intervals else ""
            for name, form in forms.items()
        },
        "best": {
            name: best.get(name, 0) > 0 and form(_value(one, name)) == form(best[name]) for name, form in forms.items()
        },
    }


def _across(by_data: dict[str, list[Result]], policies: Sequence[str]) -> list[dict[str, Any]]:
    found = []
    for data, results in by_data.items():
        values = {one.policy: one.metrics.average_precision for one in _means(results)}
        found.append({"data": data, "cells": {policy: values.get(policy) for policy in policies}})
    return found


def backtest_table(report: Backtest) -> Table:
    """Return the comparison as a table for the terminal."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for heading in (report.champion.name, report.challenger.name, "difference"):
        table.add_column(heading, justify="right")
    for (_, rows), title in zip(FIGURE_GROUPS, ("ranking", "alerts", "suspected")):
        for (name, label, _), row in zip(rows, _compared(report, rows)):
            cells = (row["champion"], row["challenger"], row["difference"])
            shown = [f"{one.value}\n[dim]{one.interval}[/dim]" if one.interval else one.value for one in cells]
            table.add_row(_SHORT.get(name, f"{title}: {label[0].lower()}{label[1:]}"), *shown)
        table.add_section()
    return table


def thresholds_sentence(report: Backtest) -> str:
    """Return in a sentence what the policies do at their own thresholds."""
    one, other = report.challenger, report.champion
    alerts = [
        f"{side.name} alerts on {share(side.figures['alert_rate'].value)} of all transactions and finds"
        f" {share(side.figures['alert_recall'].value)} of the frauds"
        for side in (one, other)
    ]
    return f"At its own thresholds, {alerts[0]}; {alerts[1]}."


def _labelled_differences(report: Backtest) -> dict[str, Interval]:
    """Return the differences by short label: the ranking, and what the alerts do."""
    ranking, alerts = FIGURE_GROUPS[0][1], FIGURE_GROUPS[1][1]
    labels = {name: _SHORT[name] for name, _, _ in ranking}
    labels.update({name: label if name == "alert_rate" else f"{label} of alerts" for name, label, _ in alerts})
    labels["alert_value_recall"] = "Amount alerted on"
    return {label: report.differences[name] for name, label in labels.items()}


def _compared(report: Backtest, rows: _Rows) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "champion": _shown(report.champion.figures[name], form),
            "challenger": _shown(report.challenger.figures[name], form),
            "difference": _difference(report.differences[name], form, neutral=name.endswith("_rate")),
        }
        for name, label, form in rows
    ]


def _shown(one: Interval, form: Callable[[Optional[float]], str]) -> Shown:
    interval = "" if one.low is None else f"{_bare(form(one.low))} to {_bare(form(one.high))}"
    return Shown(form(one.value), interval)


def _difference(one: Interval, form: Callable[[Optional[float]], str], neutral: bool) -> Shown:
    if one.low is None or one.high is None:
        return Shown(_signed(one.value, form), "")
    state = "" if neutral else "up" if one.low > 0 else "down" if one.high < 0 else ""
    return Shown(
        _signed(one.value, form), f"{_bare(_signed(one.low, form))} to {_bare(_signed(one.high, form))}", state
    )


def _signed(value: Optional[float], form: Callable[[Optional[float]], str]) -> str:
    if not value:
        return form(value)
    return ("+" if value > 0 else "\N{MINUS SIGN}") + form(abs(value)).replace(PERCENT, _POINTS)


def _bare(text: str) -> str:
    return text.removesuffix(PERCENT).removesuffix(_POINTS)


def _embedded(drawn: Iterable[Optional[Drawn]]) -> list[dict[str, Any]]:
    return [
        {**one, "svg": Markup(one["svg"]), "wide": one["title"].startswith(_WIDE)}  # noqa: S704 - drawn by us
        for one in drawn
        if one is not None
    ]


def _page(template: str, **content: Any) -> str:
    templates = page.templates(_TEMPLATES)
    templates.filters.update(
        percent=share, figure=figure, count=count, amount=_amount, measure=_measure,
        json=lambda value: json.dumps(value, indent=2),
    )  # fmt: skip
    return templates.get_template(template).render(**content)
