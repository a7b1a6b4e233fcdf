"""Where transactions come from: the generator, or a file that is read twice and never held in memory."""

from __future__ import annotations

import csv
import gzip
import itertools
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional, Protocol, TextIO

from scripts.demo import generator, patterns
from scripts.demo.mapping import ColumnMapping, MappingError, RowError
from scripts.demo.model import DemoError, Merchant, Transaction
from scripts.demo.rows import Row, csv_cells, format_of, json_rows, open_text

_EVERY = 4
"""Of so many generated transactions one is of a pattern, where patterns are asked for."""
EXAMPLES_KEPT = 20
"""How many unmappable rows a report shows in full."""


@dataclass
class Unmappable:
    """Rows that are no transactions: how many, and the first of them with line and reason."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, line: int, reason: str) -> None:
        """Count a row; keep it in words while there are few."""
        self.count += 1
        if len(self.examples) < EXAMPLES_KEPT:
            self.examples.append(f"line {line}: {reason}")


class Source(Protocol):
    """What the run needs of an input.

    Attributes
    ----------
    name
        What the report calls it.
    total
        About how many transactions will come, repeats too.
    unmappable
        The rows that are no transactions.

    """

    name: str
    total: int
    unmappable: Unmappable

    def merchants(self) -> Iterator[Merchant]:
        """Yield what has to be configured before the first transaction."""
        ...

    def transactions(self) -> Iterator[Transaction]:
        """Yield the transactions in the order in which they are to be sent."""
        ...


class GeneratedSource:
    """The project's own generator as an input.

    Parameters
    ----------
    count
        Acceptable transactions.
    seed
        Same seed, same transactions.
    kinds
        Patterns of which every fourth transaction is one; none: all are the generator's.

    """

    def __init__(self, count: int, seed: int, kinds: Sequence[str] = ()) -> None:
        self._kinds = kinds
        self._of_kinds = count // _EVERY if kinds else 0
        self._own = count - self._of_kinds
        self.name = f"generator, {count:,} transactions and the edges among them"
        if self._of_kinds:
            self.name += f"; a quarter in patterns ({', '.join(kinds)})"
        self.total = count + self._own * generator.COMPANIONS_PER_THOUSAND // 1000
        self.unmappable = Unmappable()
        self._seed = seed

    def merchants(self) -> Iterator[Merchant]:
        """Yield the generator's merchants."""
        return generator.merchants()

    def transactions(self) -> Iterator[Transaction]:
        """Yield the generator's transactions, and those of patterns among them; each has customers of its own."""
        own = generator.transactions(self._own, self._seed)
        if not self._of_kinds:
            return own
        return _mixed(own, patterns.transactions(self._of_kinds, self._seed, self._kinds, prefix="pattern"))


def _mixed(own: Iterator[Transaction], of_kinds: Iterator[Transaction]) -> Iterator[Transaction]:
    """Yield one of a kind after each few others, each sort in its order, and what is left of them."""
    for number, transaction in enumerate(own, start=1):
        yield transaction
        if number % (_EVERY - 1) == 0:
            yield from itertools.islice(of_kinds, 1)
    yield from of_kinds


class FileSource:
    """A file of another program, through a column mapping.

    The file is read once beforehand: to find every merchant, and to count and report the rows that are no
    transactions before anything is deployed.

    Parameters
    ----------
    path
        CSV or JSON lines, gzip or not.
    mapping
        How its rows become transactions.
    limit
        Rows to take from the start; 0: all.

    """

    def __init__(self, path: Path, mapping: ColumnMapping, limit: int) -> None:
        self._path = path
        self._mapping = mapping
        self._limit = limit
        self._merchants: dict[str, Merchant] = {}
        self.name = path.name + (f", first {limit:,} rows" if limit else ", all rows")
        self.unmappable = Unmappable()
        self.total = self._survey()

    def merchants(self) -> Iterator[Merchant]:
        """Yield the merchants that the file names."""
        return iter(self._merchants.values())

    def transactions(self) -> Iterator[Transaction]:
        """Yield the file's transactions in its order."""
        for _, row in self._rows():
            try:
                yield self._transaction(row)
            except RowError:
                continue  # counted and reported by the survey

    def _survey(self) -> int:
        mapped = 0
        for line, row in self._rows():
            try:
                self._transaction(row)
                self._know(self._mapping.merchant(row or {}), line)
                mapped += 1
            except RowError as error:
                self.unmappable.add(line, str(error))
        if not mapped:
            first = f" The first: {self.unmappable.examples[0]}." if self.unmappable.count else " It has no rows."
            raise DemoError(f"{self._path}: no row could be mapped with {self._mapping.path}.{first}")
        return mapped

    def _transaction(self, row: Optional[Row]) -> Transaction:
        if row is None:
            raise RowError("is no JSON object")
        return self._mapping.transaction(row)

    def _know(self, merchant: Merchant, line: int) -> None:
        known = self._merchants.setdefault(merchant.merchant_id, merchant)
        if known.name != merchant.name:
            raise MappingError(
                f"{self._mapping.path}: transaction.merchant_id gives {merchant.merchant_id!r} to two merchants,"
                f" {known.name!r} and {merchant.name!r} (line {line}): map another column, or tell them apart"
                " with `replace`."
            )

    def _rows(self) -> Iterator[tuple[int, Optional[Row]]]:
        """Yield each row with the line on which it begins; None for a line that is no row at all."""
        file_format = self._mapping.file_format or format_of(self._path)
        try:
            with open_text(self._path, self._mapping.encoding) as file:
                rows = self._csv_rows(file) if file_format == "csv" else json_rows(file)
                yield from itertools.islice(rows, self._limit or None)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DemoError(f"{self._path}: the file is damaged, or not gzip as its name says ({error}).") from error
        except UnicodeDecodeError as error:
            raise DemoError(
                f"{self._path}: the file is not {self._mapping.encoding} text; set file.encoding in"
                f" {self._mapping.path}, for example to latin-1."
            ) from error
        except csv.Error as error:
            raise DemoError(f"{self._path}: the file is no valid CSV: {error}.") from error
        except OSError as error:
            raise DemoError(f"{self._path}: the file cannot be read ({error.strerror}).") from error

    def _csv_rows(self, file: TextIO) -> Iterator[tuple[int, Optional[Row]]]:
        rows = csv_cells(file, self._mapping.delimiter)
        _, header = next(rows, (1, []))
        self._mapping.check_columns(header, self._path.name)
        for line, cells in rows:
            yield line, dict(zip(header, cells))
