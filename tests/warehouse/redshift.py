"""Reads the SQL of the warehouse with a parser of Redshift's dialect, the bodies of procedures included.

The parser does not know PL/pgSQL. Its control structure is few words, which are taken off here; what remains of a body
are statements of SQL and expressions, and each of them is parsed. Nothing is passed over: what is neither is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import sqlglot
from sqlglot import exp

from scripts.warehouse import sql
from scripts.warehouse.sql import Statement
from tests.warehouse import lake

DIALECT = "redshift"

# Statements that the parser does not know, and what Redshift's documentation says that they look like.
_NAME = r"[a-z_]+(?:\.[a-z_]+)?"
_ROLE = r"(?:[a-z_]+|\"IAMR:\$\{loader_role_name\}\")"
KNOWN_FORMS = {
    "CREATE EXTERNAL SCHEMA": (
        r"CREATE EXTERNAL SCHEMA IF NOT EXISTS [a-z]+ FROM DATA CATALOG DATABASE '[^']+' IAM_ROLE '[^']+'"
    ),
    "CREATE ROLE": r"CREATE ROLE [a-z_]+",
    "CREATE USER": rf"CREATE USER {_ROLE} PASSWORD DISABLE",
    "GRANT ROLE": rf"GRANT ROLE [a-z_]+ TO {_ROLE}",
    "LOCK": rf"LOCK {_NAME}",
    "CALL": rf"CALL {_NAME}\(.*\)",
}

_PROCEDURE = re.compile(
    r"CREATE OR REPLACE PROCEDURE (?P<name>[a-z_.]+)\((?P<arguments>[^)]*)\)\nAS \$\$\n"
    r"(?:DECLARE\n(?P<declarations>.*?))?BEGIN\n(?P<body>.*)END;\n\$\$ LANGUAGE plpgsql(?P<definer> SECURITY DEFINER)?",
    re.DOTALL,
)
_INTO = re.compile(r"\bINTO\s+([a-z_]+(?:,\s*[a-z_]+)*)(?=\s+FROM\b|\s*$)")


class NotRedshiftError(Exception):
    """A piece of SQL is nothing that Redshift is known to take."""


@dataclass(frozen=True)
class Parsed:
    """What a piece of SQL is.

    Parameters
    ----------
    place
        Where it stands.
    text
        The piece itself.
    tree
        Its syntax, or None for one of the forms that the parser does not know.
    variables
        Names that stand for values in it, with their types.
    """

    place: str
    text: str
    tree: exp.Expression | None
    variables: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Procedure:
    """A procedure: its arguments and variables with their types, and its body."""

    name: str
    arguments: dict[str, str]
    variables: dict[str, str]
    body: str
    is_definer: bool


@cache
def statements() -> list[Statement]:
    """Return the statements of sql/."""
    return sql.read()


def procedure(statement: Statement) -> Procedure | None:
    """Return the procedure that a statement makes, None if it makes none.

    Raises
    ------
    NotRedshiftError
        If it begins like one and is none.
    """
    if "PROCEDURE" not in statement.title or statement.text.startswith("GRANT"):
        return None
    found = _PROCEDURE.fullmatch(statement.text)
    if found is None:
        raise NotRedshiftError(f"{statement.place}: this is not how a procedure is written here")
    arguments = dict(one.split(" ", 1) for one in found["arguments"].split(", "))
    declared = re.findall(
        r"^ +([a-z_]+) ([A-Z]+(?:\(\d+\))?)(?: := ([^;]+))?;$", found["declarations"] or "", re.MULTILINE
    )
    if len(declared) != (found["declarations"] or "").count(";"):
        raise NotRedshiftError(f"{statement.place}: a declaration is not understood")
    variables = {name: kind for name, kind, _ in declared}
    return Procedure(found["name"], arguments, {**arguments, **variables}, found["body"], bool(found["definer"]))


@cache
def parsed(statement: Statement) -> tuple[Parsed, ...]:
    """Return what a statement consists of: itself, or the pieces of a procedure's body."""
    made = procedure(statement)
    if made is None:
        return (Parsed(statement.place, statement.text, tree_of(statement.text, statement.place)),)
    return tuple(one for piece in pieces(made.body) for one in _piece(piece, statement.place, made.variables))


def pieces(body: str) -> Iterator[str]:
    """Yield the pieces of a procedure's body: what ends with a semicolon, THEN or ELSE."""
    bare = re.sub(r"--[^\n]*", "", body)
    for piece in re.findall(r"\s*(?:IF [^;]*? THEN\b|ELSE\b|(?:'[^']*'|[^;'])+;)", bare):
        yield " ".join(piece.strip().removesuffix(";").split())


def _piece(piece: str, place: str, variables: dict[str, str]) -> Iterator[Parsed]:
    if piece in ("END IF", "ELSE"):
        return
    condition = re.fullmatch(r"IF (.*) THEN", piece)
    assignment = re.fullmatch(r"([a-z_]+) := (.*)", piece)
    raised = re.fullmatch(r"RAISE EXCEPTION '((?:[^']|'')*)'((?:, [a-z_]+)*)", piece)
    diagnostics = re.fullmatch(r"GET DIAGNOSTICS ([a-z_]+) := ROW_COUNT", piece)
    if condition:
        yield _expression(condition[1], place, variables)
    elif assignment:
        _must_be_known(assignment[1], variables, place)
        yield _expression(assignment[2], place, variables)
    elif raised:
        if raised[1].count("%") != raised[2].count(","):
            raise NotRedshiftError(f"{place}: RAISE has another number of values than of %")
        for name in raised[2].split(", ")[1:]:
            _must_be_known(name, variables, place)
    elif diagnostics:
        _must_be_known(diagnostics[1], variables, place)
    else:
        into = _INTO.search(piece)
        if into and piece.startswith("SELECT"):
            for name in into[1].split(", "):
                _must_be_known(name, variables, place)
            piece = piece[: into.start()] + piece[into.end() :]
        yield Parsed(place, piece, tree_of(piece, place), variables)


def _expression(text: str, place: str, variables: dict[str, str]) -> Parsed:
    return Parsed(place, text, tree_of(f"SELECT {text}", place), variables)


def _must_be_known(name: str, variables: dict[str, str], place: str) -> None:
    if name not in variables:
        raise NotRedshiftError(f"{place}: {name} is not declared")


def tree_of(text: str, place: str) -> exp.Expression | None:
    """Parse a piece of SQL; return None for a known form that the parser lacks.

    Raises
    ------
    NotRedshiftError
        If it is neither.
    """
    flat = " ".join(text.split())
    for beginning, form in KNOWN_FORMS.items():
        if flat.startswith(beginning):
            if not re.fullmatch(form, flat):
                raise NotRedshiftError(f"{place}: this is not the documented form of {beginning}")
            return None
    try:
        tree = sqlglot.parse_one(text, dialect=DIALECT)
    except sqlglot.errors.ParseError as error:
        raise NotRedshiftError(f"{place}: {error}") from error
    if isinstance(tree, exp.Command) or not isinstance(tree, exp.Expression):
        raise NotRedshiftError(f"{place}: the parser does not know what {flat[:60]} is")
    return tree


def tables() -> dict[str, dict[str, str]]:
    """Return the columns of every table by its full name: the lake's, and those that the DDL makes."""
    found = {
        f"lake.{name}": {column: lake.sql_type(kind) for column, kind in columns.items()}
        for name, columns in lake.TABLES.items()
    }
    found["system.svv_external_partitions"] = dict.fromkeys(
        ("schemaname", "tablename", "values", "location"), "VARCHAR(256)"
    )
    for statement in statements():
        if statement.text.startswith("CREATE TABLE"):
            schema = _create(statement).this
            name = f"{schema.this.db}.{schema.this.name}"
            found[name] = {column.name: column.kind.sql(DIALECT) for column in schema.find_all(exp.ColumnDef)}
    return found


def _create(statement: Statement) -> exp.Create:
    tree = tree_of(statement.text, statement.place)
    assert isinstance(tree, exp.Create)
    return tree
