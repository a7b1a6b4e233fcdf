"""The stub as DynamoDB's meter sees it: bytes of items read and written, and the capacity units that they take."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Optional

from pipeline.aws.dynamo import from_json_item
from scripts.capacity.item_size import item_bytes
from tests.bench.performance.stub_aws import Item, Stub

_READ_UNIT, _WRITE_UNIT = 4096, 1024


@dataclass
class Volume:
    """What was read and written.

    Parameters
    ----------
    read_bytes, written_bytes
        Of items, names and values; an item that is changed counts as what it is afterwards.
    read_units, write_units
        Capacity units: half of a read that may be stale, twice in a transaction.
    """

    read_bytes: int = 0
    written_bytes: int = 0
    read_units: float = 0.0
    write_units: float = 0.0


class MeteredStub(Stub):
    """Answers for AWS and measures what DynamoDB would.

    Parameters
    ----------
    parameters
        Texts of SSM parameters, by name.

    Attributes
    ----------
    volume
        What was read and written so far.
    template
        The item of every account that was not written yet, but for its key; None: there are no others.
    stored
        Makes the rows that a query finds; it returns as many as its limit lets through.
    """

    def __init__(self, parameters: dict[str, str]) -> None:
        super().__init__(frozenset({"accounts"}), parameters, milliseconds=0.0)
        self.volume = Volume()
        self.template: Optional[Item] = None
        self.stored: Callable[[], Iterator[Item]] = lambda: iter(())

    def found(self, table: str, key: Item) -> Optional[Item]:
        """Return the item, an account's also if it was never written."""
        item = super().found(table, key)
        if item is None and table == "accounts" and self.template is not None:
            return {**self.template, **key}
        return item

    def _dynamodb_BatchGetItem(self, body: Item) -> Item:  # noqa: N802 - the service's name for it
        answer = super()._dynamodb_BatchGetItem(body)
        for table, items in answer["Responses"].items():
            self._read(items, bool(body["RequestItems"][table].get("ConsistentRead")), apart=True)
        return answer

    def _dynamodb_Query(self, body: Item) -> Item:  # noqa: N802
        items = list(islice(self.stored(), body["Limit"]))
        self._read(items, bool(body.get("ConsistentRead")), apart=False)
        return {"Items": items, "Count": len(items), "ScannedCount": len(items)}

    def _dynamodb_TransactWriteItems(self, body: Item) -> Item:  # noqa: N802
        before = self.volume.write_units
        answer = super()._dynamodb_TransactWriteItems(body)
        self.volume.write_units += self.volume.write_units - before
        return answer

    def _write(self, kind: str, write: Item) -> None:
        if kind in ("Put", "Update"):
            size = wire_bytes(self.written(kind, write))
            self.volume.written_bytes += size
            self.volume.write_units += math.ceil(size / _WRITE_UNIT)
        super()._write(kind, write)

    def _read(self, items: list[Item], is_consistent: bool, apart: bool) -> None:
        """Measure a read: each item rounds up by itself in a batch, and a query as a whole."""
        sizes = [wire_bytes(item) for item in items]
        units = sum(math.ceil(size / _READ_UNIT) for size in (sizes if apart else [sum(sizes)]))
        self.volume.read_bytes += sum(sizes)
        self.volume.read_units += units if is_consistent else units / 2


def wire_bytes(item: Item) -> int:
    """Return the bytes of an item as it travels, in which binary attributes are text."""
    return item_bytes(from_json_item(item))
