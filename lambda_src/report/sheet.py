"""The report as CSV, for machines: one table, its rows told apart by `section`; pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from report.books import Kind
from report.contents import Report, plain

COLUMNS = ("section", "kind", "name", "status", "currency", "table", "lake", "value", "errors", "resource")

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def sheet_of(report: Report) -> str:
    """Return the report's sheet."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for row in _rows(report):
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return text.getvalue()


def _rows(report: Report) -> Iterator[dict[str, Any]]:
    yield {"section": "day", "name": "day", "value": report.day.isoformat()}
    yield {"section": "day", "name": "compared", "value": "yes" if report.compared else "no", "kind": report.reason}
    for figure in report.figures:
        yield {"section": "figure", "name": figure.name, "value": figure.value}
    for status, count in sorted(report.received.items()):
        yield {"section": "received", "status": status, "value": count}
    for pair in report.pairs:
        key = {"status": pair.status, "currency": pair.currency}
        yield {"section": "transactions", **key, "table": pair.table[0], "lake": pair.lake[0]}
        yield {"section": "amount", **key, "table": pair.table[1], "lake": pair.lake[1]}
    for counter in report.counters:
        yield {"section": "counter", "name": counter.name, "table": counter.table, "value": counter.counter}
    yield from _differences(report)
    if report.accesses is not None:
        yield {"section": "trail", "name": "files", "value": report.accesses.files}
        yield {"section": "trail", "name": "unreadable_files", "value": report.accesses.unreadable}
        yield {"section": "trail", "name": "whole", "value": "yes" if report.accesses.whole else "no"}
        for one in report.accesses.groups():
            yield {
                "section": "access",
                "kind": one.event,
                "name": one.principal,
                "value": one.count,
                "errors": one.errors,
                "resource": one.resource,
            }


def _differences(report: Report) -> Iterator[dict[str, Any]]:
    for kind in Kind:
        yield {"section": "differences", "kind": kind.value, "value": report.differences.counts[kind]}
    for kind in Kind:
        for one in report.differences.listed(kind):
            yield {
                "section": "difference",
                "kind": kind.value,
                "name": one.name,
                "table": one.in_table,
                "lake": one.in_lake,
            }


def _cell(value: Any) -> str:
    """Return a cell; a text that a spreadsheet would take for a formula is quoted by an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain(value)
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_STARTS_A_FORMULA) else text
