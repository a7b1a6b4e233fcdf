"""The trend report of a week: what it says (JSON), and the page for people, which loads nothing; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, Optional

from lake_jobs.patterns import DIMENSIONS, EVERYTHING
from lake_jobs.proposal import Champion, Proposal
from lake_jobs.rates import Rate, rate

SCHEMA = 1
MOST_SHOWN = 10
"""How many values of a dimension the report names; the table has all."""

CAVEAT = (
    "Rates hold for the labelled transactions. Labels come from reviews and chargebacks, so they are no random sample:"
    " what was suspected is looked at more often than what was not."
)

_TITLES = {
    "hour_of_day": "Hour of day (UTC)",
    "merchant_category": "Merchant category",
    "merchant": "Merchant",
    "amount_band": "Amount band",
    "reason_code": "Reason code",
    "transaction_type": "Transaction type",
}
_STYLE = """
body { margin: 0; background: #f5f7fa; color: #1f2933; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 960px; margin: 0 auto; padding: 32px 20px 56px; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.1rem; margin: 32px 0 8px; }
p { margin: 0 0 8px; } .note, td small { color: #52606d; font-size: 0.88rem; }
.scroll { overflow-x: auto; background: #fff; border: 1px solid #dde2e8; border-radius: 10px; padding: 4px 16px; }
table { border-collapse: collapse; width: 100%; font-size: 0.93rem; }
th, td { text-align: left; padding: 7px 12px 7px 0; border-bottom: 1px solid #dde2e8; vertical-align: top; }
tr:last-child > td, tr:last-child > th { border-bottom: 0; }
th { font-weight: 500; overflow-wrap: anywhere; } thead th { color: #52606d; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bar { width: 120px; }
.bar span { display: block; height: 10px; min-width: 1px; border-radius: 3px; background: #2563a8; }
@media print { body { background: #fff; } }
"""


@dataclass(frozen=True)
class Count:
    """One row of `patterns.counted`."""

    week: str
    dimension: str
    value: str
    transactions: int
    frauds: int
    labelled_fraud: int
    labelled_genuine: int
    false_positives: int
    false_negatives: int


@dataclass(frozen=True)
class Week:
    """A week as a whole.

    Parameters
    ----------
    week
        Its Monday.
    transactions, frauds
        Decided transactions, and those that are fraud by the best that is known.
    fraud_rate
        The share of the latter.
    false_positive
        Of what is labelled genuine, what was suspected.
    false_negative
        Of what is labelled fraud, what was not suspected.
    """

    week: str
    transactions: int
    frauds: int
    fraud_rate: Rate
    false_positive: Rate
    false_negative: Rate

    def to_json(self) -> dict[str, Any]:
        """Return it as the report holds it."""
        rates = {name: getattr(self, name).to_json() for name in ("fraud_rate", "false_positive", "false_negative")}
        return {"week": self.week, "transactions": self.transactions, "frauds": self.frauds, **rates}


@dataclass(frozen=True)
class Report:
    """All that the report of a week says.

    Parameters
    ----------
    week
        Its Monday.
    weeks
        The weeks that are looked at, the earliest first; the last one is `week`.
    top
        Of each dimension the values with most frauds in the week.
    proposal
        Of a threshold.
    document_version, champion
        Of the policy document in force; None if none was given.
    lines
        The books of the raw lines of all weeks: lines, transactions, undecided, superseded, quarantined.
    """

    week: str
    weeks: tuple[Week, ...]
    top: Mapping[str, tuple[Count, ...]]
    proposal: Proposal
    document_version: Optional[str] = None
    champion: Optional[Champion] = None
    lines: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the report as data."""
        return {
            "schema": SCHEMA,
            "week": self.week,
            "weeks": [week.to_json() for week in self.weeks],
            "change": self.change(),
            "patterns": {
                name: [_pattern(count, self.weeks[-1]) for count in counts] for name, counts in self.top.items()
            },
            "proposal": self.proposal.to_json(),
            "policy": {
                "document_version": self.document_version,
                "champion": self.champion.name if self.champion else None,
                "version": self.champion.version if self.champion else None,
                "threshold": self.champion.threshold if self.champion else None,
            },
            "lines": dict(self.lines),
            "caveat": CAVEAT,
        }

    def change(self) -> dict[str, Optional[float]]:
        """Return the last week against the one before: the ratio of transactions, the difference of fraud rates."""
        if len(self.weeks) < 2:
            return {"transactions": None, "fraud_rate": None}
        before, last = self.weeks[-2:]
        rates = (before.fraud_rate.value, last.fraud_rate.value)
        return {
            "transactions": last.transactions / before.transactions if before.transactions else None,
            "fraud_rate": None if rates[0] is None or rates[1] is None else rates[1] - rates[0],
        }


def week_of(monday: str, counts: Iterable[Count], minimum: int) -> Week:
    """Return a week as a whole; a week without transactions is one of zeros."""
    found = [one for one in counts if one.week == monday and one.dimension == EVERYTHING]
    count = found[0] if found else Count(monday, EVERYTHING, EVERYTHING, 0, 0, 0, 0, 0, 0)
    return Week(
        monday,
        count.transactions,
        count.frauds,
        rate(count.frauds, count.transactions) if count.transactions else Rate(0, 0, sentence="No transactions."),
        rate(count.false_positives, count.labelled_genuine, minimum, "labelled genuine"),
        rate(count.false_negatives, count.labelled_fraud, minimum, "labelled fraud"),
    )


def top_of(week: str, counts: Iterable[Count]) -> dict[str, tuple[Count, ...]]:
    """Return of each dimension the values with most frauds in a week; values without any are left out."""
    mine = [one for one in counts if one.week == week and one.frauds]
    return {
        dimension: tuple(
            sorted((one for one in mine if one.dimension == dimension), key=lambda one: (-one.frauds, one.value))[
                :MOST_SHOWN
            ]
        )
        for dimension in DIMENSIONS
    }


def page(report: Report) -> str:
    """Return the report as one HTML page; everything that comes from outside is escaped."""
    parts = [
        f"<h1>Fraud in the week from {escape(report.week)}</h1>",
        f'<p class="note">{escape(_policy_sentence(report))}</p>',
        "<h2>Weeks</h2>",
        _weeks_table(report.weeks),
        f'<p class="note">{escape(CAVEAT)}</p>',
        "<h2>Threshold</h2>",
        f"<p>{escape(report.proposal.sentence)}</p>",
        _effects_table(report.proposal),
    ]
    for dimension, counts in report.top.items():
        parts += [f"<h2>{escape(_TITLES[dimension])}</h2>", _patterns_table(counts, report.weeks[-1])]
    parts += ["<h2>Lines</h2>", f"<p>{escape(_lines_sentence(report.lines))}</p>"]
    title = f"Fraud trend {escape(report.week)}"
    head = (
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
        f"<style>{_STYLE}</style>"
    )
    body = "\n".join(part for part in parts if part)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body><main>\n{body}\n</main></body></html>\n'


def _pattern(count: Count, whole: Week) -> dict[str, Any]:
    return {
        "value": count.value,
        "transactions": count.transactions,
        "frauds": count.frauds,
        "fraud_rate": rate(count.frauds, count.transactions).to_json(),
        "lift": _lift(count, whole),
    }


def _lift(count: Count, whole: Week) -> Optional[float]:
    """Return how many times as often as in the whole week fraud shows here."""
    overall = whole.fraud_rate.value
    return count.frauds / count.transactions / overall if overall else None


def _policy_sentence(report: Report) -> str:
    if report.champion is None:
        return "No policy document was given."
    return (
        f"Policy document {report.document_version}: {report.champion.name} {report.champion.version} suspects fraud"
        f" from a score of {report.champion.threshold:,} on."
    )


def _lines_sentence(lines: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in lines.items()) + "."


def _weeks_table(weeks: Sequence[Week]) -> str:
    highest = max((week.fraud_rate.value or 0.0 for week in weeks), default=0.0)
    rows = []
    for week in weeks:
        width = round(100 * (week.fraud_rate.value or 0.0) / highest) if highest else 0
        rows.append(
            f"<tr><th>{escape(week.week)}</th>{_number(f'{week.transactions:,}')}{_number(f'{week.frauds:,}')}"
            f'{_rate(week.fraud_rate)}<td class="bar"><span style="width:{width}%"></span></td>'
            f"{_rate(week.false_positive)}{_rate(week.false_negative)}</tr>"
        )
    return _table(["Week", "#Transactions", "#Frauds", "#Fraud rate", "", "#False positives", "#False negatives"], rows)


def _effects_table(proposal: Proposal) -> str:
    named = {
        "In force, all weeks": proposal.now,
        "Proposed, all weeks": proposal.proposed,
        "Chosen on the weeks before, in the last week": proposal.later,
    }
    rows = [
        f"<tr><th>{escape(name)}</th>{_number(f'{one.threshold:,}')}{_number(f'{one.suspected:,}')}"
        f"{_rate(one.precision)}{_rate(one.recall)}</tr>"
        for name, one in named.items()
        if one
    ]
    return _table(["", "#Threshold", "#Suspected", "#Precision", "#Recall"], rows) if rows else ""


def _patterns_table(counts: Sequence[Count], whole: Week) -> str:
    if not counts:
        return "<p>No fraud in this week.</p>"
    rows = []
    for count in counts:
        lift = _lift(count, whole)
        rows.append(
            f"<tr><th>{escape(count.value)}</th>{_number(f'{count.transactions:,}')}{_number(f'{count.frauds:,}')}"
            f"{_rate(rate(count.frauds, count.transactions))}{_number('' if lift is None else f'{lift:.1f}')}</tr>"
        )
    return _table(["Value", "#Transactions", "#Frauds", "#Fraud rate", "#Times the week's rate"], rows)


def _table(heads: Sequence[str], rows: Sequence[str]) -> str:
    cells = "".join(
        f'<th class="number">{escape(head[1:])}</th>' if head.startswith("#") else f"<th>{escape(head)}</th>"
        for head in heads
    )
    body = "\n".join(rows)
    return f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>\n{body}\n</tbody></table></div>'


def _number(text: str) -> str:
    return f'<td class="number">{escape(text)}</td>'


def _rate(share: Rate) -> str:
    if share.value is None or share.low is None or share.high is None:
        return f"<td><small>{escape(share.sentence)}</small></td>"
    return _number_with(f"{share.value:.2%}", f"{share.low:.2%} to {share.high:.2%}")


def _number_with(text: str, detail: str) -> str:
    return f'<td class="number">{escape(text)}<br><small>{escape(detail)}</small></td>'
