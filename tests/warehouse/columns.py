"""Holds every column that a statement names against the tables that there are."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from tests.warehouse import redshift
from tests.warehouse.redshift import DIALECT, NotRedshiftError, Parsed

_SCHEMA_OF = {"svv_external_partitions": "system"}  # tables that are named without a schema; all others are temporary


class Catalogue:
    """The tables, to which the temporary ones and the views are added as they are made."""

    def __init__(self) -> None:
        self.tables = redshift.tables()

    def check(self, parsed: Parsed) -> None:
        """Check one piece of SQL.

        Raises
        ------
        NotRedshiftError
            If it names a table that there is not, or a column that its tables have not.
        """
        tree = parsed.tree
        if tree is None or isinstance(tree, (exp.Grant, exp.Drop)):
            return
        if isinstance(tree, exp.Create):
            if not tree.expression:
                return
            query = self._checked(tree.expression, parsed)
            name = _full(tree.this.this if isinstance(tree.this, exp.Schema) else tree.this)
            self.tables[name] = {column.alias_or_name: "UNKNOWN" for column in query.selects}
        elif isinstance(tree, exp.Insert):
            self._check_insert(tree, parsed)
        elif isinstance(tree, exp.Update):
            self._check_update(tree, parsed)
        elif isinstance(tree, exp.Delete):
            others = tree.args.get("using") or []
            self._checked(_select([exp.Literal.number(1)], [tree.this, *others], tree.args.get("where")), parsed)
        elif isinstance(tree, exp.Query):
            self._checked(tree, parsed)
        else:
            raise TypeError(f"{parsed.place}: nobody has said how to check {tree.key}")

    def _check_insert(self, tree: exp.Insert, parsed: Parsed) -> None:
        named = [column.name for column in tree.this.expressions]
        self._must_have(_full(tree.this.this), named, parsed)
        source = tree.expression
        if isinstance(source, exp.Values):
            counts = {len(row.expressions) for row in source.expressions}
            _require(counts == {len(named)}, parsed, "as many values as columns are needed")
            return
        if tree.args.get("with_"):
            source = source.copy()
            source.set("with_", tree.args["with_"].copy())
        query = self._checked(source, parsed)
        _require(len(query.selects) == len(named), parsed, "as many values as columns are needed")

    def _check_update(self, tree: exp.Update, parsed: Parsed) -> None:
        settings = tree.expressions
        self._must_have(_full(tree.this), [setting.this.name for setting in settings], parsed)
        sources = [tree.this, *([tree.args["from_"].this] if tree.args.get("from_") else [])]
        self._checked(_select([setting.expression for setting in settings], sources, tree.args.get("where")), parsed)

    def _must_have(self, table: str, columns: list[str], parsed: Parsed) -> None:
        _require(table in self.tables, parsed, f"there is no table {table}")
        unknown = set(columns) - set(self.tables[table])
        _require(not unknown, parsed, f"{table} has no {', '.join(sorted(unknown))}")

    def _checked(self, query: exp.Expression, parsed: Parsed) -> exp.Query:
        query = query.copy()
        for column in list(query.find_all(exp.Column)):
            if not column.table and column.name in parsed.variables:
                column.replace(exp.cast(exp.Literal.number(1), parsed.variables[column.name]))
        ctes = {cte.alias for cte in query.find_all(exp.CTE)}
        for table in query.find_all(exp.Table):
            if not table.db and table.name not in ctes:
                alias = table.alias or table.name
                table.set("db", exp.to_identifier(_SCHEMA_OF.get(table.name, "temporary")))
                table.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
            if table.db:
                _require(_full(table) in self.tables, parsed, f"there is no table {_full(table)}")
        schemas: dict[str, dict[str, object]] = {}
        for name, columns in self.tables.items():
            schema, _, table_name = name.partition(".")
            schemas.setdefault(schema, {})[table_name] = columns
        nested: dict[str, object] = {**schemas}
        try:
            qualified = qualify(query, schema=MappingSchema(nested, dialect=DIALECT), dialect=DIALECT)
        except OptimizeError as error:
            raise NotRedshiftError(f"{parsed.place}: {error}") from error
        assert isinstance(qualified, exp.Query)
        return qualified


def _require(holds: bool, parsed: Parsed, message: str) -> None:
    if not holds:
        raise NotRedshiftError(f"{parsed.place}: {message}")


def _select(values: list[exp.Expression], sources: list[exp.Expression], where: exp.Expression | None) -> exp.Select:
    query = exp.select(*[value.copy() for value in values]).from_(sources[0].copy())
    for source in sources[1:]:
        query = query.join(source.copy(), join_type="cross")
    if where is not None:
        query.set("where", where.copy())
    return query


def _full(table: exp.Expression) -> str:
    assert isinstance(table, exp.Table)
    return f"{table.db or _SCHEMA_OF.get(table.name, 'temporary')}.{table.name}"
