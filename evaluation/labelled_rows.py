"""The rows of a labelled file, line by line; what is no row, or is refused, becomes a problem of its line."""

from __future__ import annotations

import csv
import difflib
import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Optional, TextIO, Union

from scripts.demo.mapping import RowError
from scripts.demo.rows import Row, csv_cells, json_row, open_text
from scripts.errors import CommandError

_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")

PROBLEMS_SHOWN = 50
"""How many lines of an error report are written out; the rest is counted."""


@dataclass(frozen=True)
class Problem:
    """Why a line cannot be used: the file, the line (0: the file as a whole), the field, a sentence."""

    file: str
    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.reason}"


@dataclass
class Problems:
    """The lines that cannot be used: all of them counted, the first of them kept."""

    count: int = 0
    by_field: Counter[str] = field(default_factory=Counter)
    shown: list[Problem] = field(default_factory=list)

    def add(self, problem: Problem) -> None:
        """Count a problem; keep it in full while there are few."""
        self.count += 1
        self.by_field[problem.field] += 1
        if len(self.shown) < PROBLEMS_SHOWN:
            self.shown.append(problem)

    def lines(self) -> list[str]:
        """Return the report, a line of it for each problem."""
        more = self.count - len(self.shown)
        return [str(problem) for problem in self.shown] + ([f"... and {more:,} more"] if more else [])

    def summary(self) -> str:
        """Return how many there are and of what kind: "3 lines (2 amount, 1 label)"."""
        kinds = ", ".join(f"{count:,} {name}" for name, count in self.by_field.most_common())
        return f"{self.count:,} line{'' if self.count == 1 else 's'} ({kinds})"


class LabelledFileError(CommandError):
    """The file cannot be used as it is; `problems` says which of its lines, and why."""

    def __init__(self, sentence: str, problems: Optional[Problems] = None) -> None:
        super().__init__(sentence)
        self.problems = problems or Problems()


@dataclass(frozen=True)
class Layout:
    """How the lines of a file become rows.

    Parameters
    ----------
    format
        "csv" or "jsonl".
    delimiter, encoding
        Of the text; JSON lines have no delimiter.
    columns
        Pairs of field and column that a CSV file must have.
    advice
        What to do about a header that lacks some of them, in a sentence.
    """

    format: str
    columns: tuple[tuple[str, str], ...]
    delimiter: str = ","
    encoding: str = "utf-8-sig"
    advice: str = ""


def header_of(path: Path, layout: Layout) -> set[str]:
    """Return the columns of a CSV file, or the keys of the first object of a JSON lines file."""
    with _Reading(path), open_text(path, layout.encoding, "surrogateescape") as file:
        if layout.format == "csv":
            return {name.strip() for name in next(csv_cells(file, layout.delimiter), (1, []))[1]}
        return set(next((json_row(text) or {} for text in file if text.strip()), {}))


def each_row(path: Path, layout: Layout, problems: Problems, take: Callable[[Row, int], None]) -> None:
    """Hand every row to `take`; what it refuses, and what is no row at all, is a problem of its line.

    Raises
    ------
    LabelledFileError
        If the header lacks a column, or the file is damaged.
    """
    for line, row in _rows(path, layout):
        try:
            if isinstance(row, str):
                raise RowError(row)
            take(row, line)
        except RowError as error:
            name, _, reason = str(error).partition(": ")
            problems.add(Problem(path.name, line, field_of(name), reason))


def field_of(key: str) -> str:
    """Return the field that an entry of a mapping is for: "amount" for transaction.amount."""
    return key.removeprefix("transaction.").removesuffix(".column")


def _rows(path: Path, layout: Layout) -> Iterator[tuple[int, Union[Row, str]]]:
    """Yield each row, or in a sentence why its line is none."""
    with _Reading(path) as reading, open_text(path, layout.encoding, "surrogateescape") as file:
        if layout.format == "csv":
            yield from reading.passed(_csv_rows(path, file, layout))
        else:
            yield from reading.passed(_json_rows(file))


def _csv_rows(path: Path, file: TextIO, layout: Layout) -> Iterator[tuple[int, Union[Row, str]]]:
    rows = csv_cells(file, layout.delimiter)
    line, first = next(rows, (1, []))
    header = [name.strip() for name in first]
    _check_header(path, line, header, layout)
    for line, cells in rows:
        if len(cells) != len(header):
            torn = "; a quote is probably not closed" if any("\n" in cell for cell in cells) else ""
            yield line, f"row: has {len(cells)} cells where the header has {len(header)}{torn}"
        elif _undecoded("".join(cells)):
            yield line, f"encoding: is no {_shown(layout.encoding)} text"
        else:
            yield line, dict(zip(header, (cell.strip() for cell in cells)))


def _json_rows(file: TextIO) -> Iterator[tuple[int, Union[Row, str]]]:
    for line, text in enumerate(file, start=1):
        if not text.strip():
            continue
        row = json_row(text)
        if _undecoded(text):
            yield line, "encoding: is no UTF-8 text"
        elif row is None:
            yield line, "row: is no JSON object"
        else:
            torn = _torn_field(row) if _SURROGATE_ESCAPE.search(text) else None
            yield line, row if torn is None else f"{torn}: holds half a surrogate pair, which is no text"


def _torn_field(row: Row) -> Optional[str]:
    """Return the first field with a lone surrogate in it, at any depth: JSON can write what no text can hold."""
    for name, value in row.items():
        left: list[Any] = [name, value]
        while left:
            one = left.pop()
            if isinstance(one, str) and _undecoded(one):
                return name.encode("utf-8", "backslashreplace").decode()
            if isinstance(one, Mapping):
                left += [*one.keys(), *one.values()]
            elif isinstance(one, list):
                left += one
    return None


def _undecoded(text: str) -> bool:
    """Tell whether the text holds lone surrogates: as which bytes are read that its encoding does not know."""
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def _shown(encoding: str) -> str:
    return "UTF-8" if encoding == "utf-8-sig" else encoding


def _check_header(path: Path, line: int, header: list[str], layout: Layout) -> None:
    """Refuse a file without all its columns: no row of it could be used."""
    problems = Problems()
    if _undecoded("".join(header)) or "\0" in "".join(header):
        reason = f"is no {_shown(layout.encoding)} text; save it as UTF-8, or set file.encoding in a mapping"
        problems.add(Problem(path.name, line, "encoding", reason))
    else:
        for name, column in layout.columns:
            if column not in header:
                problems.add(Problem(path.name, line, name, _missing(column, header)))
    for name in {column for _, column in layout.columns if header.count(column) > 1}:
        problems.add(Problem(path.name, line, name, "is a column twice"))
    if problems.count:
        raise LabelledFileError(f"{path.name}: the header cannot be used. {layout.advice}".rstrip(), problems)


def _missing(column: str, header: Iterable[str]) -> str:
    known = [name for name in header if name]
    close = difflib.get_close_matches(column, known, n=1, cutoff=0.6)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"there is no column {column!r}{hint} (the columns are: {', '.join(known) or 'none'})"


class _Reading:
    """Turns what can go wrong with a file as a whole into one sentence that names the line reached."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._line = 0

    def __enter__(self) -> _Reading:
        return self

    def passed(self, rows: Iterable[tuple[int, Union[Row, str]]]) -> Iterator[tuple[int, Union[Row, str]]]:
        """Pass numbered rows through, and remember how far they were read."""
        for line, row in rows:
            self._line = line
            yield line, row

    def __exit__(self, _: object, error: Optional[BaseException], __: object) -> None:
        where = f"{self._path}:{self._line + 1}"
        if isinstance(error, (EOFError, gzip.BadGzipFile, zlib.error)):
            raise LabelledFileError(
                f"{where}: the file is damaged from here on, or no gzip as its name says ({error})."
            ) from error
        if isinstance(error, UnicodeError):
            raise LabelledFileError(f"{where}: the rest of the file is no text in its encoding ({error}).") from error
        if isinstance(error, csv.Error):
            raise LabelledFileError(
                f"{self._path}: no valid CSV from here on: {error}; a quote is probably not closed."
            ) from error
        if isinstance(error, OSError):
            raise LabelledFileError(f"{self._path}: the file cannot be read ({error.strerror}).") from error
