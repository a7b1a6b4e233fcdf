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
    """

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    figures: Mapping[str, Any] = field(default_factory=dict)

    def markdown(self) -> str:
        """Return the table: the first column to the left, numbers to the right."""
        aligned = ["---", *("---:" for _ in self.columns[1:])]
        lines = [self.columns, aligned, *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)
