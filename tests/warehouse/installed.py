"""The SQL of the warehouse on PostgreSQL: what differs is translated here, and everything else runs as it stands.

| of Redshift | here |
| --- | --- |
| DISTSTYLE, DISTKEY, SORTKEY, ENCODE, WITH NO SCHEMA BINDING | left out, by the parser's tree |
| views and inserts | translated by the parser |
| procedures | as they stand; `getdate()` is made |
| the external schema `lake` | ordinary tables with the same columns |
| `svv_external_partitions` | an ordinary table |
| TO ROLE in grants | TO; the user of an IAM role is left out |
"""

from __future__ import annotations

from typing import Any

import pg8000.native
from sqlglot import exp

from scripts.warehouse.sql import Statement
from tests.warehouse import lake, redshift

_TYPES = {"string": "TEXT", "double": "DOUBLE PRECISION", "array<string>": "TEXT[]"}
_OF_REDSHIFT = (exp.DistStyleProperty, exp.DistKeyProperty, exp.SortKeyProperty)


def install(database: pg8000.native.Connection) -> None:
    """Make the lake's stand-in, and run every file of sql/."""
    database.run(
        "CREATE FUNCTION getdate() RETURNS timestamp LANGUAGE sql STABLE AS 'SELECT now() AT TIME ZONE ''UTC'''"
    )
    database.run("CREATE TABLE svv_external_partitions (schemaname text, tablename text, values text, location text)")
    database.run("GRANT SELECT ON svv_external_partitions TO PUBLIC")
    database.run("CREATE SCHEMA lake")
    for table, columns in lake.TABLES.items():
        definitions = ", ".join(f"{name} {_TYPES.get(kind, kind)}" for name, kind in columns.items())
        database.run(f"CREATE TABLE lake.{table} ({definitions})")
    apply(database)


def apply(database: pg8000.native.Connection) -> None:
    """Run every file of sql/, roles left out: they belong to the whole server."""
    for statement in redshift.statements():
        if (text := translated(statement)) is not None:
            database.run(text)


def translated(statement: Statement) -> str | None:
    """Return a statement as PostgreSQL takes it, None for what it has no place for."""
    text = statement.text
    if text.startswith(("CREATE EXTERNAL SCHEMA", "CREATE ROLE", "CREATE USER", "GRANT ROLE")):
        return None
    if redshift.procedure(statement) or text.startswith("CALL"):
        return text
    if text.startswith("GRANT"):
        return text.replace(" TO ROLE ", " TO ")
    tree = redshift.tree_of(text, statement.place)
    assert tree is not None
    tree = tree.copy()
    for part in [*tree.find_all(*_OF_REDSHIFT)]:
        part.pop()
    for encoding in [*tree.find_all(exp.EncodeColumnConstraint)]:
        constraint = encoding.parent
        assert constraint is not None
        constraint.pop()
    tree.set("no_schema_binding", None)
    return tree.sql("postgres")


def rows(database: pg8000.native.Connection, query: str, **values: Any) -> list[tuple]:
    """Return the rows of a query."""
    return [tuple(row) for row in database.run(query, **values)]
