"""Print what a scan found, for a person."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from scripts.scan.findings import Findings


def show(found: Findings, console: Console) -> None:
    """Print the skips with their reasons, then what has to be mended."""
    table = Table(title=f"Skipped checks ({len(found.skips)})", title_justify="left", show_lines=False)
    for column in ("Check", "Resource", "File", "Reason"):
        table.add_column(column, overflow="fold")
    for skip in found.skips:
        table.add_row(skip.check, skip.resource, skip.file, skip.reason)
    if found.skips:
        console.print(table)
    problems(console, "Failed", found.failed)
    problems(console, "Could not be read", found.unreadable)
    problems(console, "Skipped without a reason", [f"{skip.check} ({skip.file})" for skip in found.unexplained])
    console.print(
        f"checkov: {found.count} passed, {len(found.failed)} failed, {len(found.skips)} skipped with a reason"
        if not found.unexplained
        else f"checkov: {found.count} passed, {len(found.failed)} failed"
    )


def problems(console: Console, title: str, lines: Iterable[str]) -> None:
    """Print one line for each problem of a kind."""
    for line in lines:
        console.print(f"[red]{title}:[/red] ", line, highlight=False)
