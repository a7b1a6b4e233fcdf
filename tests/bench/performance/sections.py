"""What a part of the benchmark found: a table for people, and the figures behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # drawing takes a second to import, which the measured processes do not need
    from scripts.drawing import Drawn


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
    plot
        What is drawn below it, in a file beside the page (`drawing`).
    """

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    figures: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    plot: Drawn | None = None

    @property
    def drawing(self) -> str:
        """The name of the plot's file."""
        return f"performance-{self.name}.svg"

    def markdown(self) -> str:
        """Return the table, the first column to the left and numbers to the right, then the note and the plot."""
        aligned = ["---", *("---:" for _ in self.columns[1:])]
        lines = [self.columns, aligned, *self.rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        plot = f"![{self.plot['alt']}]({self.drawing})" if self.plot else ""
        return "\n\n".join(part for part in (table, self.note, plot) if part)
