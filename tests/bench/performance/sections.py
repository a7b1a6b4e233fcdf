"""What a part of the benchmark found: a table for people, and the figures behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Section:
    """One part of docs/performance.md and of the report.

    Parameters
    ----------
    name
        Its key in the report, and in the markers of the page.
    columns, rows
        The table.
    figures
        The numbers, by name.
    note
        What has to be said below the table; empty for nothing.
    """

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    figures: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""

    def markdown(self) -> str:
        """Return the table, the first column to the left and numbers to the right, and below it the note."""
        aligned = ["---", *("---:" for _ in self.columns[1:])]
        lines = [self.columns, aligned, *self.rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return f"{table}\n\n{self.note}" if self.note else table
