"""The report as a page, for people: it loads nothing, runs nothing, and every text in it is escaped; pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from html import escape
from typing import Any, Optional

from report.books import Kind
from report.contents import Report
from report.trail import Accesses

SHOWN = 100
"""Lines of a list that the page shows; the sheet has more."""

IN_WORDS = {
    Kind.NOT_IN_LAKE: "in the table, not in the lake",
    Kind.NOT_IN_TABLE: "in the lake, not in the table",
    Kind.STATUS_DIFFERS: "another status in the lake",
    Kind.AMOUNT_DIFFERS: "another amount or currency in the lake",
    Kind.REVISION_DIFFERS: "another revision or label in the lake",
    Kind.NOT_DECIDED: "accepted, and not decided yet",
    Kind.COUNTER_DIFFERS: "a counter that the table's rows do not amount to",
    Kind.UNREADABLE: "unreadable",
}

_STYLE = """
body { margin: 0 auto; max-width: 1080px; padding: 32px 20px; color: #1f2933;
       font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.1rem; margin: 32px 0 8px; }
p { margin: 4px 0; } .note { color: #52606d; font-size: 0.9rem; }
.good, .bad { display: inline-block; padding: 4px 12px; border-radius: 999px; font-weight: 600; }
.good { color: #0b6b4f; background: #e3f4ed; } .bad { color: #a61b13; background: #fdeceb; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
th, td { text-align: left; padding: 5px 10px 5px 0; border-bottom: 1px solid #dde2e8; vertical-align: top;
         overflow-wrap: anywhere; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.differs { background: #fdeceb; }
"""

_HOW = """
The day is that of the event, UTC; a transaction without an event time counts by its receipt. The table's rows are
those of a scan, the lake's those of its partition of the day: of several lines of a transaction the last one counts.
Received are the rows whose receipt lies in the day, whenever they happened. A side of a difference reads: revision,
label revision, status, amount, currency.
"""


def page_of(report: Report) -> str:
    """Return the report's page."""
    day = report.day.isoformat()
    parts = [
        f"<h1>Compliance report, {day}</h1>",
        _verdict(report),
        _figures(report),
        _sums(report),
        _counters(report),
        _differences(report),
        _access(report.accesses),
        f"<h2>How it was counted</h2><p class='note'>{escape(_HOW.strip())}</p>",
    ]
    return (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Compliance report, {day}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body></html>\n"
    )


def _verdict(report: Report) -> str:
    if not report.compared:
        return f"<p class='bad'>The books were not compared: {escape(report.reason)}.</p>"
    if report.differences.total:
        return f"<p class='bad'>The books differ: {report.differences.total:,} differences.</p>"
    return "<p class='good'>The books agree.</p>"


def _figures(report: Report) -> str:
    rows = [(figure.text, _number(figure.value)) for figure in report.figures]
    return "<h2>Main figures</h2>" + _table((), rows, numbers={1})


def _sums(report: Report) -> str:
    if not report.compared:
        return ""
    head = ("status", "currency", "table", "lake", "sum in the table", "sum in the lake")
    rows = [(one.status, one.currency, one.table[0], one.lake[0], one.table[1], one.lake[1]) for one in report.pairs]
    marked = {place for place, one in enumerate(report.pairs) if not one.agrees}
    sums = _table(head, rows, {2, 3, 4, 5}, marked)
    received = _table(("status", "rows"), sorted(report.received.items()), {1})
    return f"<h2>Transactions that happened on the day</h2>{sums}<h2>Rows that were received on the day</h2>{received}"


def _counters(report: Report) -> str:
    if not report.counters:
        return ""
    rows = [(one.name, one.table, one.counter) for one in report.counters]
    marked = {place for place, one in enumerate(report.counters) if not one.agrees}
    return "<h2>Decisions by the counters</h2>" + _table(("counter", "table", "counted"), rows, {1, 2}, marked)


def _differences(report: Report) -> str:
    found = report.differences
    parts = [f"<h2>Differences</h2><p class='note'>{found.total:,} in all.</p>"]
    for kind in Kind:
        count, listed = found.counts[kind], found.listed(kind)[:SHOWN]
        if count:
            rows = [(one.name, one.in_table, one.in_lake) for one in listed]
            parts.append(f"<h3>{kind.value}: {IN_WORDS[kind]} ({count:,})</h3>")
            parts.append(_table(("name", "table", "lake"), rows) + _more(count - len(listed)))
    return "".join(parts)


def _access(accesses: Optional[Accesses]) -> str:
    if accesses is None:
        return "<h2>Access to data</h2><p class='note'>No trail configured.</p>"
    groups = sorted(accesses.groups(), key=lambda one: -one.count)
    rows = [(one.principal, one.event, one.resource, one.count, one.errors) for one in groups[:SHOWN]]
    told = f"{accesses.total:,} data events in {accesses.files:,} files"
    if accesses.unreadable:
        told += f"; {accesses.unreadable:,} files could not be read to their end"
    if not accesses.whole:
        told += "; there was no time for the other files"
    head = ("principal", "event", "resource", "times", "refused or failed")
    return (
        f"<h2>Access to data</h2><p class='note'>{told}.</p>"
        + _table(head, rows, {3, 4})
        + _more(len(groups) - len(rows))
    )


def _more(count: int) -> str:
    return f"<p class='note'>And {count:,} more; the sheet lists more of them.</p>" if count > 0 else ""


def _table(
    head: tuple[str, ...],
    rows: Iterable[tuple[Any, ...]],
    numbers: Iterable[int] = (),
    marked: Iterable[int] = (),
) -> str:
    right, differs = frozenset(numbers), frozenset(marked)
    lines = [_line("th", head, right)] if head else []
    for place, row in enumerate(rows):
        lines.append(_line("td", row, right, " class='differs'" if place in differs else ""))
    return f"<table>{''.join(lines)}</table>"


def _line(tag: str, cells: Iterable[Any], right: frozenset[int], kind: str = "") -> str:
    written = "".join(
        f"<{tag} class='number'>{_text(cell)}</{tag}>" if place in right else f"<{tag}>{_text(cell)}</{tag}>"
        for place, cell in enumerate(cells)
    )
    return f"<tr{kind}>{written}</tr>\n"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, (int, Decimal)) else escape(str(value))


def _number(text: str) -> Any:
    return int(text) if text.isdigit() else text
