"""Rows of a CSV or JSON lines file, gzip or not, each with the line on which it begins."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Optional, TextIO

from scripts.demo.model import DemoError

Row = Mapping[str, Any]


def format_of(path: Path) -> str:
    """Return "csv" or "jsonl", by the file's name.

    Raises
    ------
    DemoError
        If the name tells neither.

    """
    name = re.sub(r"\.gz$", "", path.name.lower())
    if name.endswith((".jsonl", ".ndjson", ".json")):
        return "jsonl"
    if name.endswith((".csv", ".tsv", ".txt")):
        return "csv"
    raise DemoError(f"{path}: neither .csv nor .jsonl; name the format in the mapping as file.format.")


def open_text(path: Path, encoding: str, errors: str = "strict") -> TextIO:
    """Open the file for reading; one whose name ends in .gz is unpacked on the way.

    Raises
    ------
    DemoError
        If there is no such encoding.

    """
    try:
        if path.name.lower().endswith(".gz"):
            return io.TextIOWrapper(gzip.open(path), encoding=encoding, errors=errors, newline="")
        return path.open(encoding=encoding, errors=errors, newline="")
    except LookupError as error:
        raise DemoError(f"{path}: {error}; correct file.encoding in the mapping.") from error


def csv_cells(file: TextIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each line, the header's too; an empty line is no row.

    Raises
    ------
    csv.Error
        If the rest of the file is no CSV; it names the line.

    """
    reader = csv.reader(file, delimiter=delimiter)
    begins = 1
    try:
        for cells in reader:
            if cells:
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise csv.Error(f"line {begins}: {error}") from error


def json_row(text: str) -> Optional[Row]:
    """Return the object that a line holds, numbers with a point as decimals; None if it holds none."""
    try:
        row = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def json_rows(file: TextIO) -> Iterator[tuple[int, Optional[Row]]]:
    """Yield the object of each line that is not empty; None for a line that is no object."""
    for line, text in enumerate(file, start=1):
        if text.strip():
            yield line, json_row(text)
