"""The columns of the lake's tables as the Glue catalogue has them: what all others must agree with."""

from __future__ import annotations

import re

from scripts import paths

_TABLE = re.compile(r"^    (\w+) = \{\n      description .*?\n      columns = \[\n(.*?)\n      \]", re.M | re.S)
_COLUMN = re.compile(r'^ +\["(\w+)", "([^"]+)", "[^"]+"\],$', re.M)


def columns() -> dict[str, dict[str, str]]:
    """Return the columns of each table with their types, in order and without the partition keys."""
    text = (paths.ROOT / "modules" / "data_lake" / "main.tf").read_text(encoding="utf-8")
    return {table: dict(_COLUMN.findall(body)) for table, body in _TABLE.findall(text)}
