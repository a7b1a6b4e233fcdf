"""Registers the lake's partitions in the Glue catalogue.

Athena computes the partitions of the lake's tables from their properties (partition projection). Nobody else does:
Redshift Spectrum sees the partitions that are registered, so they are registered ahead of time, empty ones included.
Athena looks at its projection only, and does not mind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from string import Template
from typing import Any

from scripts.errors import CommandError

AT_ONCE = 100
"""Partitions that Glue takes in one call."""

_HOURLY, _DAILY = ("year", "month", "day", "hour"), ("day",)


@dataclass(frozen=True)
class Projected:
    """A table of the catalogue whose partitions are projected.

    Parameters
    ----------
    name
        Name of the table.
    keys
        Names of its partition keys, in their order.
    template
        Its storage.location.template.
    first_day
        Where its projection begins.
    """

    name: str
    keys: tuple[str, ...]
    template: str
    first_day: date

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Projected:
        """Read a table as the catalogue describes it.

        Raises
        ------
        CommandError
            If its partitions are of a kind that is not known here.
        """
        keys = tuple(key["Name"] for key in table["PartitionKeys"])
        if keys not in (_HOURLY, _DAILY):
            raise CommandError(
                f"{table['Name']} is partitioned by {', '.join(keys) or 'nothing'}: that is not known here."
            )
        parameters = table["Parameters"]
        begin = parameters[f"projection.{keys[0]}.range"].split(",")[0]
        if not re.fullmatch(r"\d{4}(-\d{2}-\d{2})?", begin):
            raise CommandError(f"the projection of {table['Name']} begins at {begin}, which is no day and no year.")
        first_day = date.fromisoformat(begin if "-" in begin else f"{begin}-01-01")
        return cls(table["Name"], keys, parameters["storage.location.template"], first_day)

    def partitions(self, last_day: date) -> Iterator[tuple[str, ...]]:
        """Yield the values of each partition up to and with a day."""
        for number in range((last_day - self.first_day).days + 1):
            day = self.first_day + timedelta(days=number)
            if self.keys == _HOURLY:
                yield from ((f"{day:%Y}", f"{day:%m}", f"{day:%d}", f"{hour:02d}") for hour in range(24))
            else:
                yield (str(day),)

    def location(self, values: Sequence[str]) -> str:
        """Return where the objects of a partition lie."""
        return Template(self.template).substitute(dict(zip(self.keys, values)))


def register(glue: Any, database: str, tables: Iterable[str], last_day: date) -> dict[str, int]:
    """Register what is missing up to and with a day; return how many partitions each table got.

    Raises
    ------
    CommandError
        If the catalogue did not take one.
    """
    return {
        name: _register(glue, database, glue.get_table(DatabaseName=database, Name=name)["Table"], last_day)
        for name in sorted(tables)
    }


def _register(glue: Any, database: str, table: Mapping[str, Any], last_day: date) -> int:
    projected = Projected.of(table)
    known = set(_known(glue, database, projected.name))
    missing = [values for values in projected.partitions(last_day) if values not in known]
    for begin in range(0, len(missing), AT_ONCE):
        answer = glue.batch_create_partition(
            DatabaseName=database,
            TableName=projected.name,
            PartitionInputList=[
                {
                    "Values": list(values),
                    "StorageDescriptor": {**table["StorageDescriptor"], "Location": projected.location(values)},
                }
                for values in missing[begin : begin + AT_ONCE]
            ],
        )
        # Somebody who registers at the same time is no failure.
        codes = {error["ErrorDetail"]["ErrorCode"] for error in answer.get("Errors", [])} - {"AlreadyExistsException"}
        if codes:
            raise CommandError(
                f"the catalogue did not take partitions of {projected.name}: {', '.join(sorted(codes))}."
            )
    return len(missing)


def _known(glue: Any, database: str, table: str) -> Iterator[tuple[str, ...]]:
    pages = glue.get_paginator("get_partitions").paginate(
        DatabaseName=database, TableName=table, ExcludeColumnSchema=True
    )
    for page in pages:
        yield from (tuple(partition["Values"]) for partition in page["Partitions"])
