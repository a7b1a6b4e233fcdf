"""Column mapping: how a row of another program's file becomes a transaction.

A mapping is a small TOML file:

    [file]                      # optional
    format    = "csv"           # csv or jsonl; default: from the file's name
    delimiter = ","             # csv only
    encoding  = "utf-8"

    [transaction]               # one entry per field of the API
    transaction_id = "id"       # a text alone names the source column ...
    amount   = { column = "cents", divide_by = 100 }
    currency = { constant = "USD" }
    occurred_at = { template = "{date} {time}", format = "%d/%m/%Y %H:%M", timezone = "Europe/Berlin" }

    [merchant]                  # optional: what is configured for the merchants of the file
    name = "shop"
    max_transaction_amount = { constant = "50000" }

    [label]                     # optional: known frauds; counted afterwards, never sent
    column  = "is_fraud"
    fraud   = ["1", "true"]
    genuine = ["0", "false"]    # a backtest needs it: there, a value of no list is an error of its row
    unknown = ["?"]             # optional; an empty value is unknown without it

An entry has exactly one source and any of the steps, which run in this order:

    column, template, constant   the source. In JSONL "a.b" reaches into objects.
    strip_prefix = "x_"          take this off the front
    replace = [["from", "to"]]   regular expressions, one after the other
    lower = true, upper = true   change the case
    slug = true                  characters that an id must not hold become "-", cut at 64
    map = { a = "b" }            look the value up; one that is not listed needs a default
    default = "x"                for an empty value, or one that `map` does not list
    divide_by = 100              numbers only: e.g. cents to major units
    format, timezone             occurred_at only: "iso" (default), "unix_seconds", "unix_milliseconds" or a
                                 strptime pattern; the zone is for times without an offset, UTC by default

A row that cannot be turned into a transaction is reported with its line; whether a transaction is acceptable is
for the API to say.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from pathlib import Path
from string import Formatter
from typing import Any, Optional
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scripts.demo.model import DemoError, Merchant, Transaction
from scripts.demo.rows import Row

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

REQUIRED = ("transaction_id", "account_id", "merchant_id", "amount", "currency", "occurred_at")
OPTIONAL = ("category", "channel", "latitude", "longitude")
_NUMBERS = frozenset({"amount", "latitude", "longitude", "max_transaction_amount"})
LABELS = ("fraud", "genuine", "unknown")
"""What can be known of a transaction."""

_SOURCES = ("column", "template", "constant")
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9_.:-]+")
_ID_LENGTH = 64
_LARGEST_EXPONENT = 30
"""Numbers beyond 10^30 are nobody's amount; writing one out could need gigabytes."""

_STEPS: dict[str, type] = {
    "strip_prefix": str, "replace": list, "lower": bool, "upper": bool, "slug": bool, "map": dict, "default": str,
    "divide_by": int, "format": str, "timezone": str,
}  # fmt: skip


class MappingError(DemoError):
    """The mapping file is wrong; the text names the key."""


class RowError(Exception):
    """One row cannot be mapped; the text names the mapping key and the column."""


@dataclass(frozen=True)
class Field:
    """One entry of a mapping: where a value comes from, and what is done to it."""

    key: str
    column: Optional[str] = None
    template: Optional[str] = None
    constant: Optional[str] = None
    strip_prefix: str = ""
    replace: tuple[tuple[re.Pattern[str], str], ...] = ()
    lower: bool = False
    upper: bool = False
    slug: bool = False
    map: Optional[Mapping[str, str]] = None
    default: Optional[str] = None
    divide_by: int = 1
    format: str = "iso"
    timezone: tzinfo = timezone.utc

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that this entry reads."""
        if self.column is not None:
            return (self.column,)
        return tuple(name for _, name, _, _ in Formatter().parse(self.template or "") if name)

    def text(self, row: Row) -> str:
        """Return the value for `row`, after all steps that work on text.

        Raises
        ------
        RowError
            If a column is missing or empty and there is no default, or the look-up knows no such value.

        """
        value = self._changed(self._source(row))
        if self.map is not None and value:
            found = self.map.get(value)
            if found is None and self.default is None:
                raise RowError(f"{self.key}: {self._where()} holds {value!r}, which `map` does not list")
            value = found if found is not None else ""
        if not value and self.default is not None:
            value = self.default
        if not value:
            raise RowError(f"{self.key}: {self._where()} is empty")
        return value

    def _source(self, row: Row) -> str:
        if self.constant is not None:
            return self.constant
        if self.column is not None:
            return _cell(row, self.column, self.key)
        values = {name: _cell(row, name, self.key) for name in self.columns}
        return (self.template or "").format_map(values) if all(values.values()) else ""

    def _changed(self, value: str) -> str:
        value = value.strip()
        if self.strip_prefix and value.startswith(self.strip_prefix):
            value = value[len(self.strip_prefix) :]
        for pattern, replacement in self.replace:
            value = pattern.sub(replacement, value)
        if self.lower:
            value = value.lower()
        if self.upper:
            value = value.upper()
        if self.slug:
            value = _NOT_IN_AN_ID.sub("-", value).strip("-_.:")[:_ID_LENGTH]
        return value

    def number(self, row: Row) -> Decimal:
        """Return the value for `row` as a decimal.

        Raises
        ------
        RowError
            If it is no finite number.

        """
        text = self.text(row)
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise RowError(f"{self.key}: {self._where()} holds {text!r}, which is no number") from None
        if not number.is_finite() or abs(number.adjusted()) > _LARGEST_EXPONENT:
            raise RowError(f"{self.key}: {self._where()} holds {text!r}, which is out of range")
        return number / self.divide_by if self.divide_by != 1 else number

    def instant(self, row: Row) -> str:
        """Return the value for `row` as RFC 3339 text in UTC.

        Raises
        ------
        RowError
            If it does not read as a time in the entry's format.

        """
        text = self.text(row)
        try:
            moment = _parsed_time(text, self.format)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=self.timezone)
            moment = moment.astimezone(timezone.utc)
        except (ValueError, OverflowError, OSError, InvalidOperation):
            raise RowError(f"{self.key}: {self._where()} gives {text!r}, no time as {self.format!r}") from None
        precision = "milliseconds" if moment.microsecond else "seconds"
        return moment.isoformat(timespec=precision).replace("+00:00", "Z")

    def _where(self) -> str:
        names = " and ".join(repr(name) for name in self.columns)
        return f"column {names}" if names else "the constant"


def _cell(row: Row, column: str, key: str) -> str:
    value: Any = row.get(column)
    if value is None and column not in row and "." in column:
        value = row
        for part in column.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    elif column not in row:
        raise RowError(f"{key}: the row has no column {column!r}")
    if isinstance(value, (dict, list)):
        raise RowError(f"{key}: column {column!r} holds no single value; use a dotted name such as {column}.part")
    return "" if value is None else _written(value)


def _written(value: Any) -> str:
    """Return a single value as text, as JSON writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _parsed_time(text: str, layout: str) -> datetime:
    if layout in ("unix_seconds", "unix_milliseconds"):
        seconds = Decimal(text) / (1000 if layout == "unix_milliseconds" else 1)
        return datetime.fromtimestamp(float(seconds), tz=timezone.utc)
    if layout == "iso":
        return datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", text))
    return datetime.strptime(text, layout)  # noqa: DTZ007 - the caller adds the mapping's zone


@dataclass(frozen=True)
class ColumnMapping:
    """A mapping file, checked."""

    path: Path
    fields: Mapping[str, Field]
    merchant_name: Optional[Field] = None
    merchant_limit: Optional[Field] = None
    label: Optional[Field] = None
    label_values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    file_format: Optional[str] = None
    delimiter: str = ","
    encoding: str = "utf-8-sig"

    @property
    def entries(self) -> list[Field]:
        """All entries, those of the merchant and the label too."""
        extra = (self.merchant_name, self.merchant_limit, self.label)
        return [*self.fields.values(), *(field for field in extra if field is not None)]

    def check_columns(self, header: Iterable[str], source: str) -> None:
        """Refuse a file that lacks a column before its first row is read.

        Raises
        ------
        MappingError
            If an entry reads a column that `header` does not hold; it names both and the likely one.

        """
        known = list(header)
        for entry in self.entries:
            for column in entry.columns:
                if column not in known:
                    close = difflib.get_close_matches(column, known, n=1, cutoff=0.5)
                    hint = f" Did you mean {close[0]!r}?" if close else ""
                    raise MappingError(
                        f"{self.path}: {entry.key}: {source} has no column {column!r}.{hint}"
                        f" Its columns are: {', '.join(known)}."
                    )

    def transaction(self, row: Row) -> Transaction:
        """Return the transaction that `row` describes.

        Raises
        ------
        RowError
            If the row cannot be mapped.

        """
        fields = self.fields
        numbers = {name: fields[name].number(row) for name in ("latitude", "longitude") if name in fields}
        texts = {name: fields[name].text(row) for name in ("category", "channel") if name in fields}
        return Transaction(
            transaction_id=fields["transaction_id"].text(row),
            account_id=fields["account_id"].text(row),
            merchant_id=fields["merchant_id"].text(row),
            amount=fields["amount"].number(row),
            currency=fields["currency"].text(row),
            occurred_at=fields["occurred_at"].instant(row),
            fraud=self._label(row),
            category=texts.get("category"),
            channel=texts.get("channel"),
            latitude=numbers.get("latitude"),
            longitude=numbers.get("longitude"),
        )

    def merchant(self, row: Row) -> Merchant:
        """Return the merchant to configure for `row`; without `merchant.name` the id is the name.

        Raises
        ------
        RowError
            If the row cannot be mapped.

        """
        merchant_id = self.fields["merchant_id"].text(row)
        return Merchant(
            merchant_id=merchant_id,
            name=self.merchant_name.text(row) if self.merchant_name else merchant_id,
            max_transaction_amount=self.merchant_limit.number(row) if self.merchant_limit else None,
        )

    def known_label(self, row: Row) -> str:
        """Return which of `LABELS` the row has; one without a value is unknown.

        Raises
        ------
        RowError
            If the mapping lists its value nowhere.

        """
        if self.label is None:
            return "unknown"
        column = self.label.column or ""
        present = column in row or "." in column
        value = _cell(row, column, self.label.key).strip() if present else ""
        found = next((name for name, values in self.label_values.items() if value in values), None)
        if found is None and value:
            raise RowError(f"label: column {self.label.column!r} holds {value!r}, which the mapping does not list")
        return found or "unknown"

    def _label(self, row: Row) -> Optional[bool]:
        if self.label is None:
            return None
        try:
            value = self.label.text(row)
        except RowError:
            return None  # a row without a label is still a transaction
        return None if value in self.label_values.get("unknown", ()) else value in self.label_values["fraud"]


def load_mapping(path: Path) -> ColumnMapping:
    """Read and check a mapping file.

    Raises
    ------
    MappingError
        If it cannot be read, or an entry is missing, unknown or malformed; the text names the key.

    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MappingError(f"{path}: the mapping cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"{path}: the mapping is no valid TOML: {error}.") from error
    return _Reader(path, document).mapping()


class _Reader:
    """Checks a mapping document key by key; every refusal names the file and the key."""

    def __init__(self, path: Path, document: Mapping[str, Any]) -> None:
        self._path = path
        self._document = document

    def mapping(self) -> ColumnMapping:
        self._only("", self._document, ("file", "transaction", "merchant", "label"))
        file, merchant, label = (self._table(name) for name in ("file", "merchant", "label"))
        transaction = self._table("transaction")
        self._only("transaction", transaction, REQUIRED + OPTIONAL)
        for name in REQUIRED:
            if name not in transaction:
                raise self._error(f"transaction.{name}", "is missing; say which column holds it")
        if ("latitude" in transaction) != ("longitude" in transaction):
            raise self._error("transaction", "needs both latitude and longitude, or neither")
        self._only("merchant", merchant, ("name", "max_transaction_amount"))
        self._only("file", file, ("format", "delimiter", "encoding"))
        if file.get("format", "csv") not in ("csv", "jsonl"):
            raise self._error("file.format", 'must be "csv" or "jsonl"')
        if len(str(file.get("delimiter", ","))) != 1:
            raise self._error("file.delimiter", "must be one character")
        optional = {name: self._field(f"merchant.{name}", merchant[name]) for name in merchant}
        return ColumnMapping(
            path=self._path,
            fields={name: self._field(f"transaction.{name}", entry) for name, entry in transaction.items()},
            merchant_name=optional.get("name"),
            merchant_limit=optional.get("max_transaction_amount"),
            label=self._label(label) if label else None,
            label_values={name: frozenset(map(_written, label[name])) for name in LABELS if name in label},
            file_format=file.get("format"),
            delimiter=str(file.get("delimiter", ",")),
            encoding=str(file.get("encoding", "utf-8-sig")),
        )

    def _label(self, entry: Mapping[str, Any]) -> Field:
        self._only("label", entry, ("column", *LABELS))
        if not isinstance(entry.get("column"), str):
            raise self._error("label.column", "is missing; say which column holds the label")
        if not isinstance(entry.get("fraud"), list) or not entry["fraud"]:
            raise self._error("label.fraud", 'must list the values that mean fraud, such as ["1"]')
        seen: set[str] = set()
        for name in LABELS:
            values = entry.get(name, [])
            if not isinstance(values, list):
                raise self._error(f"label.{name}", f'must list the values that mean {name}, such as ["0"]')
            if seen.intersection(map(_written, values)):
                raise self._error(f"label.{name}", "holds a value that means something else already")
            seen.update(map(_written, values))
        return Field("label.column", column=entry["column"])

    def _field(self, key: str, entry: Any) -> Field:
        if isinstance(entry, str):
            return Field(key, column=entry)
        if not isinstance(entry, dict):
            raise self._error(key, 'must be a column\'s name or a table such as { column = "name" }')
        self._only(key, entry, (*_SOURCES, *_STEPS))
        sources = [name for name in _SOURCES if name in entry]
        if len(sources) != 1:
            raise self._error(key, "needs exactly one of column, template and constant")
        steps = {name: self._step(key, name, value) for name, value in entry.items() if name in _STEPS}
        source = entry[sources[0]]
        if sources[0] == "constant":
            source = str(source)
        if not isinstance(source, str):
            raise self._error(f"{key}.{sources[0]}", "must be a text")
        if sources[0] == "template":
            self._check_template(key, source)
        values: dict[str, Any] = {sources[0]: source, **steps}
        return Field(key, **values)

    def _step(self, key: str, name: str, value: Any) -> Any:
        wanted = _STEPS[name]
        fits = isinstance(value, wanted) and not (wanted is int and isinstance(value, bool))
        if not fits:
            kinds = {str: "a text", bool: "true or false", list: "a list", dict: "a table", int: "a whole number"}
            raise self._error(f"{key}.{name}", f"must be {kinds[wanted]}")
        field_name = key.rpartition(".")[2]
        if name == "divide_by" and (value < 1 or field_name not in _NUMBERS):
            raise self._error(f"{key}.divide_by", "is for numbers, and must be 1 or more")
        if name in ("format", "timezone") and field_name != "occurred_at":
            raise self._error(f"{key}.{name}", "is for occurred_at only")
        if name == "replace":
            return tuple(self._replacement(key, pair) for pair in value)
        if name == "map":
            return {str(source): str(target) for source, target in value.items()}
        return self._zone(key, value) if name == "timezone" else value

    def _replacement(self, key: str, pair: Any) -> tuple[re.Pattern[str], str]:
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)):
            raise self._error(f"{key}.replace", 'must list pairs such as ["from", "to"]')
        try:
            pattern = re.compile(pair[0])
            pattern.sub(pair[1], "")
        except re.error as error:
            raise self._error(f"{key}.replace", f"{pair[0]!r} is no regular expression: {error}") from error
        return pattern, pair[1]

    def _zone(self, key: str, name: str) -> tzinfo:
        try:
            return timezone.utc if name == "UTC" else ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise self._error(f"{key}.timezone", f"{name!r} is no time zone known here; try UTC") from error

    def _check_template(self, key: str, template: str) -> None:
        try:
            parts = list(Formatter().parse(template))
        except ValueError as error:
            raise self._error(f"{key}.template", f"{template!r} is malformed: {error}") from error
        names = [name for _, name, layout, conversion in parts if name and not layout and not conversion]
        if not names or len(names) != sum(1 for part in parts if part[1] is not None):
            raise self._error(f"{key}.template", 'must name columns in braces, such as "{date}T{time}"')
        if any(re.search(r"[.\[\]]", name) for name in names):
            raise self._error(f"{key}.template", "takes plain column names only")

    def _table(self, name: str) -> Mapping[str, Any]:
        table = self._document.get(name, {})
        if not isinstance(table, dict):
            raise self._error(name, f"must be a table: [{name}]")
        return table

    def _only(self, key: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for name in table:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                hint = f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(known)}"
                raise self._error(f"{key}.{name}" if key else name, f"is not known{hint}")

    def _error(self, key: str, problem: str) -> MappingError:
        return MappingError(f"{self._path}: {key} {problem}.")
