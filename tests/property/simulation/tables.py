"""DynamoDB: tables in memory, with conditions, transactions, indexes that lag behind, and streams."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable, Optional

from tests.property.simulation import expressions
from tests.property.simulation.errors import refused
from tests.property.simulation.expressions import Compiled, Context, InvalidExpressionError

Item = dict[str, Any]
Key = tuple[tuple[str, Any], ...]

TOKEN_SECONDS = 600.0
"""How long a transaction's token is remembered."""

CONDITION_FAILED = "ConditionalCheckFailed"


@dataclass(frozen=True)
class Change:
    """One change of a row, as the stream tells it.

    Parameters
    ----------
    at, key, old, new
        When, whose, and the row before and after; None where there is none.
    """

    at: float
    key: Key
    old: Optional[Item]
    new: Optional[Item]


@dataclass
class Table:
    """One table.

    Parameters
    ----------
    name, key_names
        Its name, and the attributes of its key.
    indexes
        The key of each index.
    """

    name: str
    key_names: tuple[str, ...]
    indexes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rows: dict[Key, Item] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    watchers: list[Callable[[Change], None]] = field(default_factory=list)

    def key_of(self, item: Mapping[str, Any]) -> Key:
        """Return the key that an item holds."""
        try:
            return tuple(next(iter(item[name].items())) for name in self.key_names)
        except KeyError as error:
            raise refused("ValidationException", f"the key attribute {error} is missing") from error

    def as_of(self, at: float) -> dict[Key, Item]:
        """Return the rows as they stood at a time, for reads that lag behind."""
        rows = dict(self.rows)
        for change in reversed(self.changes):
            if change.at <= at:
                break
            if change.old is None:
                rows.pop(change.key, None)
            else:
                rows[change.key] = change.old
        return rows


@dataclass(frozen=True)
class _Write:
    """A write that its condition allows: the row that it makes; None leaves it as it is."""

    table: Table
    key: Key
    new: Optional[Item]


class _ConditionFailedError(Exception):
    """The condition of a write does not hold; with the row that was found, where the caller asked for it."""

    def __init__(self, item: Optional[Item]) -> None:
        super().__init__()
        self.item = item


class Database:
    """The service: operations by their names in boto3, with arguments and answers in wire format.

    Parameters
    ----------
    now
        The clock.
    lag
        Draws by how many seconds a read behind an index, or one that need not be consistent, is late.
    """

    def __init__(self, now: Callable[[], float], lag: Callable[[], float] = lambda: 0.0) -> None:
        self._now = now
        self._lag = lag
        self.tables: dict[str, Table] = {}
        self._tokens: dict[str, tuple[float, Any]] = {}

    def create(self, name: str, *key: str, **indexes: tuple[str, ...]) -> Table:
        """Make a table; an index's name has underscores for its hyphens here."""
        named = {index.replace("_", "-"): parts for index, parts in indexes.items()}
        self.tables[name] = Table(name, key, named)
        return self.tables[name]

    def get_item(self, TableName: str, Key: Item, ConsistentRead: bool = False) -> dict[str, Any]:  # noqa: N803
        """Return a row."""
        table = self._table(TableName)
        rows = table.rows if ConsistentRead else table.as_of(self._now() - self._lag())
        found = rows.get(table.key_of(Key))
        return {"Item": found} if found is not None else {}

    def batch_get_item(self, RequestItems: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N803
        """Return many rows."""
        if sum(len(part["Keys"]) for part in RequestItems.values()) > 100:
            raise refused("ValidationException", "too many items requested for the BatchGetItem call")
        responses: dict[str, list[Item]] = {}
        for name, part in RequestItems.items():
            table = self._table(name)
            keys = [table.key_of(key) for key in part["Keys"]]
            if not keys or len(set(keys)) < len(keys):
                raise refused("ValidationException", "the keys are none, or hold one twice")
            rows = table.rows if part.get("ConsistentRead") else table.as_of(self._now() - self._lag())
            responses[name] = [rows[key] for key in keys if key in rows]
        return {"Responses": responses, "UnprocessedKeys": {}}

    def query(
        self,
        TableName: str,  # noqa: N803
        KeyConditionExpression: str,  # noqa: N803
        ExpressionAttributeValues: Mapping[str, Any],  # noqa: N803
        IndexName: Optional[str] = None,  # noqa: N803
        ExpressionAttributeNames: Optional[Mapping[str, str]] = None,  # noqa: N803
        FilterExpression: Optional[str] = None,  # noqa: N803
        Limit: Optional[int] = None,  # noqa: N803
        ScanIndexForward: bool = True,  # noqa: N803
        ExclusiveStartKey: Optional[Item] = None,  # noqa: N803
        ConsistentRead: bool = False,  # noqa: N803
    ) -> dict[str, Any]:
        """Return rows of one hash key in the order of the range key, whole rows whatever the index projects."""
        table = self._table(TableName)
        if IndexName and ConsistentRead:
            raise refused("ValidationException", "Consistent reads are not supported on global secondary indexes")
        parts = table.indexes[IndexName] if IndexName else table.key_names
        rows = table.as_of(self._now() - self._lag()) if IndexName else table.rows
        names, values = ExpressionAttributeNames or {}, ExpressionAttributeValues
        wanted, kept = expressions.condition(KeyConditionExpression), _optional(FilterExpression)
        _check([wanted, *kept], names, values)
        found = [
            row
            for row in rows.values()
            if all(part in row for part in parts) and _holds(wanted, Context(row, names, values))
        ]
        order = (*parts, *table.key_names)
        found.sort(key=lambda row: _values_of(row, order), reverse=not ScanIndexForward)
        if ExclusiveStartKey is not None:
            start = _values_of(ExclusiveStartKey, order)
            ahead = operator.gt if ScanIndexForward else operator.lt
            found = [row for row in found if ahead(_values_of(row, order), start)]
        page = found[:Limit]
        answer: dict[str, Any] = {
            "Items": [row for row in page if all(_holds(one, Context(row, names, values)) for one in kept)],
            "ScannedCount": len(page),
        }
        if Limit is not None and len(page) == Limit:
            answer["LastEvaluatedKey"] = {name: page[-1][name] for name in order}
        return {**answer, "Count": len(answer["Items"])}

    def scan(
        self,
        TableName: str,  # noqa: N803
        FilterExpression: str,  # noqa: N803
        ExpressionAttributeNames: Optional[Mapping[str, str]] = None,  # noqa: N803
        ExpressionAttributeValues: Optional[Mapping[str, Any]] = None,  # noqa: N803
        ConsistentRead: bool = False,  # noqa: N803
    ) -> dict[str, Any]:
        """Return all rows that a filter lets through."""
        table = self._table(TableName)
        rows = table.rows if ConsistentRead else table.as_of(self._now() - self._lag())
        names, values = ExpressionAttributeNames or {}, ExpressionAttributeValues or {}
        kept = expressions.condition(FilterExpression)
        _check([kept], names, values)
        found = [row for row in rows.values() if _holds(kept, Context(row, names, values))]
        return {"Items": found, "Count": len(found), "ScannedCount": len(rows)}

    def put_item(self, **arguments: Any) -> dict[str, Any]:
        """Store a row."""
        return self._single(self._put, arguments)

    def update_item(self, **arguments: Any) -> dict[str, Any]:
        """Change a row, or make it; return it where that is asked for."""
        self._single(self._update, arguments)
        if arguments.get("ReturnValues") != "ALL_NEW":
            return {}
        table = self._table(arguments["TableName"])
        return {"Attributes": table.rows[table.key_of(arguments["Key"])]}

    def transact_write_items(self, TransactItems: list[Any], ClientRequestToken: str = "") -> dict[str, Any]:  # noqa: N803
        """Make all writes or none; the same token within ten minutes makes them once."""
        known = self._tokens.get(ClientRequestToken) if ClientRequestToken else None
        if known is not None and known[0] + TOKEN_SECONDS > self._now():
            if known[1] != TransactItems:
                raise refused("IdempotentParameterMismatchException")
            return {}
        writes, reasons = self._checked(TransactItems)
        if any(reason["Code"] != "None" for reason in reasons):
            codes = ", ".join(reason["Code"] for reason in reasons)
            message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
            raise refused("TransactionCanceledException", message, CancellationReasons=reasons)
        if len({(write.table.name, write.key) for write in writes}) < len(writes):
            raise refused("ValidationException", "Transaction request cannot include multiple operations on one item")
        for write in writes:
            self._store(write)
        self._tokens[ClientRequestToken] = (self._now(), TransactItems)
        return {}

    def _checked(self, items: list[Any]) -> tuple[list[_Write], list[dict[str, Any]]]:
        """Return the writes, and what speaks against each of them."""
        if not 1 <= len(items) <= 100:
            raise refused("ValidationException", "1 to 100 items make a transaction")
        writes: list[_Write] = []
        reasons: list[dict[str, Any]] = []
        for item in items:
            ((kind, arguments),) = item.items()
            make = {"Put": self._put, "Update": self._update, "ConditionCheck": self._check_only}[kind]
            try:
                writes.append(make(arguments))
                reasons.append({"Code": "None"})
            except _ConditionFailedError as failed:
                shown = {} if failed.item is None else {"Item": failed.item}
                reasons.append({"Code": CONDITION_FAILED, "Message": "The conditional request failed", **shown})
        return writes, reasons

    def _single(self, make: Callable[[Mapping[str, Any]], _Write], arguments: Mapping[str, Any]) -> dict[str, Any]:
        try:
            self._store(make(arguments))
        except _ConditionFailedError as failed:
            shown: dict[str, Any] = {} if failed.item is None else {"Item": failed.item}
            raise refused(f"{CONDITION_FAILED}Exception", "The conditional request failed", **shown) from failed
        return {}

    def _put(self, arguments: Mapping[str, Any]) -> _Write:
        table = self._table(arguments["TableName"])
        key = table.key_of(arguments["Item"])
        compiled = _condition_of(arguments)
        _check(compiled, *_placeholders(arguments))
        self._test(table, key, compiled, arguments)
        return _Write(table, key, arguments["Item"])

    def _update(self, arguments: Mapping[str, Any]) -> _Write:
        table = self._table(arguments["TableName"])
        key = table.key_of(arguments["Key"])
        compiled = _condition_of(arguments)
        update = expressions.update(arguments["UpdateExpression"])
        names, values = _placeholders(arguments)
        _check([*compiled, update], names, values)
        self._test(table, key, compiled, arguments)
        row = table.rows.get(key, arguments["Key"])
        assert update.update is not None  # an update is one
        try:
            changed = update.update(Context(row, names, values))
        except InvalidExpressionError as error:
            raise refused("ValidationException", str(error)) from error
        if table.key_of(changed) != key:
            raise refused("ValidationException", "Cannot update attribute: it is part of the key")
        return _Write(table, key, changed)

    def _check_only(self, arguments: Mapping[str, Any]) -> _Write:
        table = self._table(arguments["TableName"])
        key = table.key_of(arguments["Key"])
        compiled = _condition_of(arguments)
        _check(compiled, *_placeholders(arguments))
        self._test(table, key, compiled, arguments)
        return _Write(table, key, None)

    def _test(self, table: Table, key: Key, compiled: list[Compiled], arguments: Mapping[str, Any]) -> None:
        row = table.rows.get(key)
        context = Context(row or {}, *_placeholders(arguments))
        if all(_holds(one, context) for one in compiled):
            return
        raise _ConditionFailedError(row if arguments.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" else None)

    def _store(self, write: _Write) -> None:
        if write.new is None:
            return
        old = write.table.rows.get(write.key)
        if old == write.new:  # DynamoDB's streams tell of changes only
            return
        write.table.rows[write.key] = write.new
        change = Change(self._now(), write.key, old, write.new)
        write.table.changes.append(change)
        for watcher in write.table.watchers:
            watcher(change)

    def _table(self, name: str) -> Table:
        if name not in self.tables:
            raise refused("ResourceNotFoundException", "Requested resource not found")
        return self.tables[name]


def _condition_of(arguments: Mapping[str, Any]) -> list[Compiled]:
    return _optional(arguments.get("ConditionExpression"))


def _optional(text: Optional[str]) -> list[Compiled]:
    return [expressions.condition(text)] if text else []


def _holds(compiled: Compiled, context: Context) -> bool:
    return compiled.test is not None and compiled.test(context)


def _values_of(row: Mapping[str, Any], names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(next(iter(row[name].values())) for name in names)


def _placeholders(arguments: Mapping[str, Any]) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    return arguments.get("ExpressionAttributeNames") or {}, arguments.get("ExpressionAttributeValues") or {}


def _check(compiled: list[Compiled], names: Mapping[str, str], values: Mapping[str, Any]) -> None:
    try:
        expressions.check_placeholders(compiled, names, values)
    except InvalidExpressionError as error:
        raise refused("ValidationException", str(error)) from error
