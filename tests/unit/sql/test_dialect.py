"""Every statement of sql/ is Redshift's, and names nothing that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlglot import exp
from sqlglot.dialects.redshift import Redshift

from scripts import paths
from scripts.warehouse.sql import Statement
from tests.warehouse import lake, redshift
from tests.warehouse.columns import Catalogue

STATEMENTS = redshift.statements()
# What these do, Redshift does with data on the leader node only, differently, or not at all.
FOREIGN_TO_REDSHIFT = (exp.Filter, exp.Lateral, exp.ILike, exp.Array, exp.CurrentTimestamp)
FOREIGN_FUNCTIONS = {"NOW", "GENERATE_SERIES", "ARRAY_AGG", "STRING_AGG", "AGE", "TO_JSON", "RANDOM"}
# Whoever divides decimals must say with how many digits: the scale that Redshift derives by itself can be 4.
EXACT = re.compile(r"DECIMAL\(\d+, ?6\)")


def ids(statement: Statement) -> str:
    return statement.place


def trees(statement: Statement) -> Iterator[exp.Expression]:
    yield from (piece.tree for piece in redshift.parsed(statement) if piece.tree is not None)


@pytest.mark.parametrize("statement", STATEMENTS, ids=ids)
def test_each_statement_is_in_the_dialect_of_redshift(statement: Statement) -> None:
    assert list(redshift.parsed(statement))


def test_only_forms_that_the_parser_lacks_go_without_it() -> None:
    unparsed = {
        next(form for form in redshift.KNOWN_FORMS if piece.text.startswith(form))
        for statement in STATEMENTS
        for piece in redshift.parsed(statement)
        if piece.tree is None
    }

    assert unparsed == set(redshift.KNOWN_FORMS)


def test_each_column_that_is_named_is_in_its_table() -> None:
    catalogue = Catalogue()
    for statement in STATEMENTS:
        for piece in redshift.parsed(statement):
            catalogue.check(piece)

    assert {"temporary.staged_transactions", "temporary.staged_aggregates"} <= set(catalogue.tables)


@pytest.mark.parametrize(
    "wrong",
    [
        "SELECT facts.merchant FROM warehouse.fact_transactions AS facts",
        "INSERT INTO warehouse.dim_customer (customer) SELECT lines.customer_id FROM lake.raw_transactions AS lines",
        "INSERT INTO warehouse.dim_customer (customer_id) SELECT lines.customer FROM lake.raw_transactions AS lines",
        "UPDATE warehouse.dim_customer SET last = 1 WHERE dim_customer.customer_id = 'a'",
        "DELETE FROM warehouse.dim_customer WHERE dim_customer.customer = 'a'",
        "SELECT 1 FROM warehouse.fact_transaction",
    ],
)
def test_a_column_or_table_that_is_not_there_is_found(wrong: str) -> None:
    with pytest.raises(redshift.NotRedshiftError):
        Catalogue().check(redshift.Parsed("here", wrong, redshift.tree_of(wrong, "here")))


@pytest.mark.parametrize(
    "wrong", ["LOCK a b", "CREATE ROLE a WITH b", "VACUUM warehouse.dim_date", "SELECT FROM WHERE"]
)
def test_what_redshift_does_not_take_is_found(wrong: str) -> None:
    with pytest.raises(redshift.NotRedshiftError):
        redshift.tree_of(wrong, "here")


@pytest.mark.parametrize("statement", STATEMENTS, ids=ids)
def test_no_name_is_a_reserved_word(statement: Statement) -> None:
    reserved = {word.upper() for word in Redshift.Generator.RESERVED_KEYWORDS}
    assert {"RAW", "TAG", "SNAPSHOT", "PARTITION"} <= reserved

    names = {identifier.this.upper() for tree in trees(statement) for identifier in tree.find_all(exp.Identifier)}
    made = redshift.procedure(statement)
    assert not (names | {name.upper() for name in (made.variables if made else {})}) & reserved


@pytest.mark.parametrize("statement", STATEMENTS, ids=ids)
def test_no_variable_of_a_procedure_has_the_name_of_a_column(statement: Statement) -> None:
    made = redshift.procedure(statement)
    columns = {column for table in redshift.tables().values() for column in table}

    assert not set(made.variables if made else {}) & columns


@pytest.mark.parametrize("statement", STATEMENTS, ids=ids)
def test_nothing_is_used_that_redshift_lacks_on_its_own_tables(statement: Statement) -> None:
    for tree in trees(statement):
        assert not list(tree.find_all(*FOREIGN_TO_REDSHIFT)) or "GETDATE" in statement.text
        names = {function.name.upper() for function in tree.find_all(exp.Anonymous)}
        assert not names & FOREIGN_FUNCTIONS
        assert not [
            cast
            for cast in tree.find_all(exp.Select)
            if cast.args.get("distinct") and cast.args["distinct"].args.get("on")
        ]


@pytest.mark.parametrize("statement", STATEMENTS, ids=ids)
def test_the_list_of_reasons_is_never_read(statement: Statement) -> None:
    for tree in trees(statement):
        assert "reasons" not in {column.name for column in tree.find_all(exp.Column)}
        for star in tree.find_all(exp.Star):
            assert isinstance(star.parent, exp.Count), "a list among the columns has no *"


@pytest.mark.parametrize("statement", STATEMENTS, ids=ids)
def test_every_division_says_how_many_decimals_it_keeps(statement: Statement) -> None:
    for tree in trees(statement):
        for division in tree.find_all(exp.Div):
            assert EXACT.search(division.this.sql("redshift")), division.sql("redshift")
            assert isinstance(division.parent, exp.Cast), division.sql("redshift")


def test_no_amount_is_a_float() -> None:
    for name, columns in redshift.tables().items():
        for column, kind in columns.items():
            if "amount" in column:
                assert kind.startswith("DECIMAL"), f"{name}.{column}"


def test_every_table_says_how_it_is_spread_sorted_and_encoded() -> None:
    made = [statement for statement in STATEMENTS if statement.text.startswith("CREATE TABLE")]

    assert len(made) == 10
    for statement in made:
        (tree,) = trees(statement)
        assert tree.find(exp.DistStyleProperty), statement.place
        assert tree.find(exp.SortKeyProperty), statement.place
        for column in tree.find_all(exp.ColumnDef):
            assert column.find(exp.EncodeColumnConstraint), f"{statement.place} {column.name}"


def test_the_facts_are_spread_by_customer_and_sorted_by_day() -> None:
    for name in ("fact_transactions", "fact_daily_aggregates"):
        (statement,) = [
            one for one in STATEMENTS if one.text.startswith(f"CREATE TABLE IF NOT EXISTS warehouse.{name} ")
        ]
        (tree,) = trees(statement)
        spread, sorted_by = tree.find(exp.DistKeyProperty), tree.find(exp.SortKeyProperty)
        assert spread is not None
        assert sorted_by is not None
        assert spread.this.name == "customer_key"
        assert [key.name for key in sorted_by.this] == ["date_key", "customer_key"]
        assert sorted_by.args["compound"]


def test_a_view_on_the_lake_is_bound_late() -> None:
    views = [statement for statement in STATEMENTS if statement.text.startswith("CREATE OR REPLACE VIEW")]

    assert len(views) == 5
    for statement in views:
        (tree,) = trees(statement)
        reads_the_lake = any(table.db == "lake" for table in tree.find_all(exp.Table))
        assert bool(tree.args.get("no_schema_binding")) == reads_the_lake, statement.place


def test_nobody_may_do_more_than_load_or_read_the_views() -> None:
    granted = {" ".join(statement.text.split()) for statement in STATEMENTS if statement.text.startswith("GRANT")}

    assert {grant for grant in granted if grant.endswith("warehouse_loader")} == {
        "GRANT USAGE ON SCHEMA warehouse TO ROLE warehouse_loader",
        "GRANT EXECUTE ON PROCEDURE warehouse.load_lake(INTEGER) TO ROLE warehouse_loader",
        "GRANT EXECUTE ON PROCEDURE warehouse.require_partitions(INTEGER) TO ROLE warehouse_loader",
    }
    readers = {grant for grant in granted if grant.endswith("warehouse_reader")}
    assert all(
        re.fullmatch(r"GRANT (USAGE ON SCHEMA bi|SELECT ON bi\.[a-z_0-9]+) TO ROLE warehouse_reader", one)
        for one in readers
    )
    assert "GRANT SELECT ON bi.reconciliation TO ROLE warehouse_reader" not in readers
    assert len(granted) == len(readers) + 3 + 1


def test_what_may_be_run_by_others_runs_as_its_owner() -> None:
    made = {one.name: one for one in map(redshift.procedure, STATEMENTS) if one is not None}

    assert {name for name, one in made.items() if one.is_definer} == set(made) - {"warehouse.add_days"}


def test_each_column_of_the_lake_is_read_or_left_out_on_purpose() -> None:
    left_out = {"latitude", "longitude", "reasons", "event_id", "hour"}
    read = {
        column.name for statement in STATEMENTS for tree in trees(statement) for column in tree.find_all(exp.Column)
    }

    assert set(lake.RAW_TRANSACTIONS) - read == left_out
    assert set(lake.DAILY_AGGREGATES) - read <= {"first_seen", "last_seen"}
    assert set(lake.TABLE_COUNTS) <= read


LAKE = paths.ROOT / "modules" / "data_lake" / "main.tf"


@pytest.mark.skipif(not LAKE.is_file(), reason="the lake's module is not in this tree")
@pytest.mark.parametrize("table", lake.TABLES)
def test_the_columns_that_the_tests_know_are_those_of_the_lakes_module(table: str) -> None:
    block = re.search(rf"^    {table} = {{\n(.*?)^    }}$", LAKE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert block is not None

    assert dict(re.findall(r'\["(\w+)", "([^"]+)", "', block.group(1))) == lake.TABLES[table]
