"""A user's labelled transactions: read from a file, checked by the rules of the API, given back in event order.

Three forms are read, CSV or JSON lines, gzip or not:

    our own columns     transaction_id, account_id, merchant_id, amount, currency, occurred_at, label
                        and optionally merchant_name, category, channel, latitude, longitude
    a column mapping    any other columns, by a file such as examples/mappings/sparkov.toml; without MAP, the shipped
                        mapping that knows the file's columns is taken
    labels apart        a second file with transaction_id, label and optionally source, confirmed_at; its labels
                        replace those of the transactions; the newest confirmation stands, as in the API

A label is fraud, genuine or unknown; an empty one counts as `unlabelled` says. Whatever the API would refuse is
refused here too, with the file, the line and the field. The rows are held in a temporary database, not in memory.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Callable, Optional

from evaluation.labelled_rows import LabelledFileError, Layout, Problems, each_row, field_of, header_of
from pipeline.domain import strict_json
from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.label import LabelSource
from pipeline.domain.queue_body import from_document
from pipeline.domain.request_schemas import request_schema
from pipeline.domain.times import from_text, to_text
from pipeline.domain.transaction import Transaction, parse_request
from scripts import paths
from scripts.demo.mapping import LABELS, REQUIRED, ColumnMapping, RowError, load_mapping
from scripts.demo.rows import Row, format_of
from scripts.errors import CommandError

SOURCES = tuple(source.value for source in LabelSource)
"""Who can say what a transaction was; the vocabulary of the labels API."""

SHIPPED_MAPPINGS = paths.ROOT / "examples" / "mappings"
_PLACE = ("latitude", "longitude")
_NUMBERS = ("amount", *_PLACE)
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
"""What `Decimal` reads and a person too: no underscores, no digits of other scripts."""
VALIDATE = request_schema("flagship")
"""Labelled transactions are the flagship's: what is learnt of an account needs one, and a time."""
_PLAIN = ("transaction_id", "account_id", "merchant_id", "currency", "occurred_at", "category", "channel")


@dataclass(frozen=True)
class LabelledTransaction:
    """One transaction with what is known about it.

    Parameters
    ----------
    transaction
        As the API would have taken it.
    merchant_name
        The merchant's display name; its id where the file names none.
    label
        fraud, genuine or unknown.
    confirmed_at
        When the label was confirmed (UTC, RFC 3339), if the file says so.
    line
        Where the transaction stands in its file.
    """

    transaction: Transaction
    merchant_name: str
    label: str
    confirmed_at: Optional[str]
    line: int


class LabelledSet:
    """The checked transactions, in event order as often as they are asked for; close it after use.

    Attributes
    ----------
    source
        How the file was read, in a sentence.
    problems
        The lines that were left out.
    repeats
        How many lines repeat another one word for word; they count once.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.problems = Problems()
        self.repeats = 0
        # Without a name: on disk as far as it does not fit in the cache, and gone with the connection.
        self._database = sqlite3.connect("")
        self._database.executescript(
            """
            PRAGMA journal_mode = OFF;
            CREATE TABLE labelled (
              id TEXT PRIMARY KEY, line INTEGER, at TEXT, fingerprint TEXT, account TEXT, body TEXT,
              merchant_name TEXT, label TEXT, confirmed_at TEXT, label_line INTEGER
            ) WITHOUT ROWID;
            """
        )

    def __enter__(self) -> LabelledSet:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Throw the rows away."""
        self._database.close()

    def __len__(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM labelled").fetchone()[0])

    def __iter__(self) -> Iterator[LabelledTransaction]:
        """Yield by event time; what happened at the same time, in the order of the file."""
        rows = self._database.execute(
            "SELECT body, merchant_name, label, confirmed_at, line FROM labelled ORDER BY at, line"
        )
        for body, merchant_name, label, confirmed_at, line in rows:
            yield LabelledTransaction(from_document(json.loads(body)), merchant_name, label, confirmed_at, line)

    def count(self, label: str) -> int:
        """Return how many transactions have `label`."""
        found = self._database.execute("SELECT count(*) FROM labelled WHERE label = ?", (label,))
        return int(found.fetchone()[0])

    @property
    def accounts(self) -> int:
        """Return how many accounts there are."""
        return int(self._database.execute("SELECT count(DISTINCT account) FROM labelled").fetchone()[0])

    def add(self, one: LabelledTransaction) -> None:
        """Take a transaction; a word-for-word repeat of another one changes nothing.

        Raises
        ------
        RowError
            If its id is taken by another transaction, or by the same one with another label.
        """
        transaction = one.transaction
        body = json.dumps(transaction.to_document(), separators=(",", ":"))
        values = (
            transaction.transaction_id, one.line, transaction.occurred_at, transaction.fingerprint,
            transaction.account_id, body, one.merchant_name, one.label, one.confirmed_at,
        )  # fmt: skip
        try:
            self._database.execute("INSERT INTO labelled VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)", values)
        except sqlite3.IntegrityError:
            self._repeat(one)

    def _repeat(self, one: LabelledTransaction) -> None:
        transaction = one.transaction
        line, fingerprint, label = self._database.execute(
            "SELECT line, fingerprint, label FROM labelled WHERE id = ?", (transaction.transaction_id,)
        ).fetchone()
        if fingerprint != transaction.fingerprint:
            raise RowError(f"transaction_id: {transaction.transaction_id!r} is taken by another body on line {line}")
        if label != one.label:
            raise RowError(f"label: is {one.label}, but line {line} has the same transaction as {label}")
        self.repeats += 1

    def relabel(self, transaction_id: str, label: str, confirmed_at: Optional[str], line: int) -> None:
        """Replace a transaction's label; of several, the newest confirmation stands, or else the last line.

        Raises
        ------
        RowError
            If there is no such transaction, or two lines without a time contradict each other.
        """
        found = self._database.execute(
            "SELECT label, confirmed_at, label_line FROM labelled WHERE id = ?", (transaction_id,)
        ).fetchone()
        if found is None:
            raise RowError(f"transaction_id: {transaction_id!r} is not among the transactions")
        standing, at, before = found
        if before is not None and not confirmed_at and not at and label != standing:
            raise RowError(f"label: is {label}, but line {before} says {standing}, and neither says when")
        if before is None or (confirmed_at or "") >= (at or ""):
            self._database.execute(
                "UPDATE labelled SET label = ?, confirmed_at = ?, label_line = ? WHERE id = ?",
                (label, confirmed_at, line, transaction_id),
            )


def read_labelled(
    path: Path,
    *,
    now: datetime,
    mapping: Optional[Path] = None,
    labels: Optional[Path] = None,
    skip_bad: bool = False,
    unlabelled: str = "unknown",
) -> LabelledSet:
    """Read and check a labelled file.

    Parameters
    ----------
    path
        CSV or JSON lines; .gz too.
    now
        An event after it is refused, as by the API.
    mapping
        A column mapping; None: our own columns, or a shipped mapping that knows the file's.
    labels
        A file of labels beside the transactions.
    skip_bad
        Use the good lines and only report the others.
    unlabelled
        What a transaction without a label counts as: unknown, or genuine where every fraud is known to be listed.

    Raises
    ------
    LabelledFileError
        If the file cannot be read; or some lines cannot be used, unless `skip_bad`; or no line can.
    CommandError
        If the mapping is wrong.
    """
    form = _form_of(path, load_mapping(mapping) if mapping else None, labels_apart=labels is not None)
    made = LabelledSet(form.description)
    try:
        _take(path, form, made, now, unlabelled)
        if labels is not None:
            _take_labels(labels, made)
    except BaseException:
        made.close()
        raise
    problems, left = made.problems, len(made)
    if (problems.count and not skip_bad) or not left:
        made.close()
        reason = problems.summary() + " cannot be used" if problems.count else "there are no rows"
        raise LabelledFileError(f"{path.name}: {reason}.", problems)
    return made


@dataclass(frozen=True)
class _Form:
    """How a file is read, in a sentence and in fact.

    `read` gives the API's request body (numbers as decimals), the merchant's name and the label ("" for none).
    """

    description: str
    layout: Layout
    read: Callable[[Row], tuple[dict[str, Any], Optional[str], str]]


def _form_of(path: Path, mapping: Optional[ColumnMapping], labels_apart: bool) -> _Form:
    """Return the given mapping's form, our own, or that of the shipped mapping which knows the columns."""
    if mapping is not None:
        return _mapped_form(path, mapping)
    own = _own_form(format_of(path), labels_apart)
    header = header_of(path, own.layout)
    if set(REQUIRED) <= header:
        return own
    for shipped in sorted(SHIPPED_MAPPINGS.glob("*.toml")):
        form = _mapped_form(path, load_mapping(shipped))
        if header and header.issuperset(column for _, column in form.layout.columns):
            return form
    return own


def _own_form(file_format: str, labels_apart: bool) -> _Form:
    needed = REQUIRED if labels_apart else (*REQUIRED, "label")
    advice = "Name a column mapping with MAP=..., or rename the columns."
    layout = Layout(file_format, tuple((name, name) for name in needed), advice=advice)
    return _Form("our own columns", layout, _read_own_row if file_format == "csv" else _read_own_object)


def _mapped_form(path: Path, mapping: ColumnMapping) -> _Form:
    if mapping.label is not None and "genuine" not in mapping.label_values:
        raise CommandError(
            f"{mapping.path}: label.genuine is missing; say which values mean genuine, such as [\"0\"]: any other"
            " value is then reported instead of passing for genuine."
        )  # fmt: skip
    columns = tuple((field_of(entry.key), column) for entry in mapping.entries for column in entry.columns)

    def read(row: Row) -> tuple[dict[str, Any], Optional[str], str]:
        one = mapping.transaction(row)
        for name in mapping.fields.keys() & _NUMBERS:
            _number(name, mapping.fields[name].text(row))
        document = {name: getattr(one, name) for name in (*_PLAIN, "amount") if getattr(one, name) is not None}
        if one.latitude is not None:
            document["location"] = {"latitude": one.latitude, "longitude": one.longitude}
        return document, mapping.merchant(row).name, mapping.known_label(row)

    file_format = mapping.file_format or format_of(path)
    layout = Layout(file_format, columns, mapping.delimiter, mapping.encoding)
    return _Form(f"columns by {paths.shown(mapping.path)}", layout, read)


def _read_own_object(row: Row) -> tuple[dict[str, Any], Optional[str], str]:
    """Read an object, whose place may also be nested as in a request body."""
    location = row.get("location")
    if location is None:
        return _read_own_row(row)
    if not isinstance(location, Mapping):
        raise RowError("location: must be an object")
    for name in location:
        if name not in _PLACE:
            raise RowError(f"location: holds {name!r}, which is none of {', '.join(_PLACE)}")
    for name in _PLACE:
        if _empty(location.get(name)):
            raise RowError(f"{name}: is required in location")
        if not _empty(row.get(name)):
            raise RowError(f"{name}: is given in location and beside it")
    return _read_own_row({**row, **location})


def _read_own_row(row: Row) -> tuple[dict[str, Any], Optional[str], str]:
    document: dict[str, Any] = {name: row[name] for name in _PLAIN if not _empty(row.get(name))}
    numbers = {name: _number(name, row[name]) for name in _NUMBERS if not _empty(row.get(name))}
    if "amount" in numbers:
        document["amount"] = numbers.pop("amount")
    if numbers:
        document["location"] = numbers
    name = row.get("merchant_name")
    if not (_empty(name) or isinstance(name, str)):
        raise RowError("merchant_name: must be a text")
    return document, None if _empty(name) else name, _label(row)


def _empty(value: Any) -> bool:
    return value is None or value == ""


def _number(name: str, value: Any) -> Decimal:
    """Read a number as strictly as the API does: no NaN, nothing of absurd length."""
    try:
        if isinstance(value, bool) or not _DECIMAL.fullmatch(str(value)):
            raise InvalidOperation
        number = Decimal(str(value))
    except InvalidOperation:
        raise RowError(f"{name}: {value!r} is no number") from None
    if len(number.as_tuple().digits) > strict_json.MOST_DIGITS or abs(number.adjusted()) > strict_json.LARGEST_POWER:
        raise RowError(f"{name}: is out of range")
    return number


def _label(row: Row) -> str:
    value = row.get("label")
    if _empty(value):
        return ""
    if value not in LABELS:
        raise RowError(f"label: {value!r} is none of {', '.join(LABELS)}; a mapping can say what it means")
    return str(value)


def _take(path: Path, form: _Form, made: LabelledSet, now: datetime, unlabelled: str) -> None:
    """Read the transactions' file line by line."""

    def take(row: Row, line: int) -> None:
        document, name, label = form.read(row)
        try:
            transaction = parse_request(document, now, VALIDATE)
        except InvalidTransactionError as error:
            raise RowError(f"{error.field.rpartition('.')[2]}: {error.reason}") from error
        except InvalidOperation:
            raise RowError("amount: is no number") from None
        made.add(LabelledTransaction(transaction, name or transaction.merchant_id, label or unlabelled, None, line))

    each_row(path, form.layout, made.problems, take)


def _take_labels(path: Path, made: LabelledSet) -> None:
    """Read the labels' file line by line."""

    def take(row: Row, line: int) -> None:
        transaction_id, label = row.get("transaction_id"), _label(row)
        for name, value in (("transaction_id", transaction_id), ("label", label)):
            if not isinstance(value, str) or not value:
                raise RowError(f"{name}: is missing")
        if not _empty(row.get("source")) and row["source"] not in SOURCES:
            raise RowError(f"source: {row['source']!r} is none of {', '.join(SOURCES)}")
        made.relabel(str(transaction_id), label, _confirmed_at(row), line)

    columns = (("transaction_id", "transaction_id"), ("label", "label"))
    each_row(path, Layout(format_of(path), columns), made.problems, take)


def _confirmed_at(row: Row) -> Optional[str]:
    value = row.get("confirmed_at")
    if _empty(value):
        return None
    try:
        return to_text(from_text(str(value)))
    except ValueError as error:
        raise RowError(f"confirmed_at: {value!r} {error}") from error
