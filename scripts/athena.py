"""Run a named query of a lake and print its rows.

Without the name of a query, those of the workgroup are listed with their parameters. The workgroup is that of
`make local-up`, or any other by its name, with the credentials and the region of the environment.

Parameters are put into the query as literals, where its question marks are. Athena does the same with the execution
parameters of its API, which the embedded emulator does not know. The numbers of a repeated query come from its
last result while that is young enough (--reuse), so that nothing is scanned, and nothing charged.

Usage: python -m scripts.athena [QUERY [NAME=VALUE ...]] [--workgroup NAME] [--reuse MINUTES]
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scripts import stack
from scripts.arguments import Parser
from scripts.errors import CommandError

OUTPUT = "athena_workgroup"
"""The output of a root that names its workgroup."""
REUSE_MINUTES = 60
MOST_REUSE_MINUTES = 10_080
"""Seven days: Athena reuses nothing older."""
DEADLINE_SECONDS = 600.0

_PARAMETERS = re.compile(r"^-- Parameters: (.+)$", re.MULTILINE)
# What may hold a question mark that is none (text, names, comments), or one that is.
_TOKENS = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\?""")
_NUMERIC = frozenset({"bigint", "decimal", "double", "float", "integer", "int", "real", "smallint", "tinyint"})


class QueryError(CommandError):
    """A query could not be run, or failed."""


@dataclass(frozen=True)
class Parameter:
    """What a question mark of a query stands for.

    Parameters
    ----------
    name
        What the caller calls it; a name that occurs twice is given once.
    kind
        date (YYYY-MM-DD), number (whole, not negative) or text.
    """

    name: str
    kind: str

    def literal(self, value: str) -> str:
        """Return a value as SQL.

        Raises
        ------
        QueryError
            If it is none of this kind.
        """
        if self.kind == "number":
            if not re.fullmatch(r"[0-9]{1,9}", value):
                raise QueryError(f"{self.name} must be a whole number, not {value!r}.")
            return value
        if self.kind == "date":
            try:
                value = date.fromisoformat(value).isoformat()
            except ValueError:
                raise QueryError(f"{self.name} must be a day, YYYY-MM-DD, not {value!r}.") from None
        doubled = value.replace("'", "''")
        return f"'{doubled}'"


@dataclass(frozen=True)
class NamedQuery:
    """A query of a workgroup, with what its comments say of it."""

    name: str
    description: str
    database: str
    sql: str

    @property
    def positions(self) -> tuple[Parameter, ...]:
        """Return what each question mark stands for, in their order."""
        found = _PARAMETERS.search(self.sql)
        if found is None:
            return ()
        words = [part.split() for part in found.group(1).split(",")]
        if any(len(pair) != 2 for pair in words):
            raise QueryError(f"the parameters of {self.name} are not written as `name kind, name kind`.")
        return tuple(Parameter(name, kind) for name, kind in words)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters that a caller gives, each once."""
        return tuple(dict.fromkeys(self.positions))

    def filled(self, values: Mapping[str, str]) -> str:
        """Return the SQL with the values in the places of its question marks.

        Raises
        ------
        QueryError
            If a value is missing, unknown or of the wrong kind.
        """
        names = [parameter.name for parameter in self.parameters]
        unknown, missing = (
            [name for name in values if name not in names],
            [name for name in names if name not in values],
        )
        if unknown or missing:
            wanted = ", ".join(names) or "none"
            raise QueryError(f"the parameters of {self.name} are {wanted}, but {_problem(unknown, missing)}.")
        literals = iter([parameter.literal(values[parameter.name]) for parameter in self.positions])
        try:
            sql = _TOKENS.sub(lambda token: next(literals) if token.group() == "?" else token.group(), self.sql)
        except StopIteration:
            raise QueryError(f"{self.name} has more question marks than its comment names.") from None
        if next(literals, None) is not None:
            raise QueryError(f"{self.name} has fewer question marks than its comment names.")
        return sql


@dataclass(frozen=True)
class Result:
    """The rows of a query, as Athena gives them: text, or None.

    Parameters
    ----------
    columns
        Their names.
    types
        Their types in Athena's words.
    rows
        The values.
    scanned_bytes
        How much was read, which is what Athena charges for.
    reused
        Whether they are an earlier run's.
    """

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    scanned_bytes: int = 0
    reused: bool = False

    def records(self) -> list[dict[str, str | None]]:
        """Return the rows with the names of their columns."""
        return [dict(zip(self.columns, row)) for row in self.rows]


class Workgroup:
    """The named queries of one Athena workgroup.

    Parameters
    ----------
    client
        Athena.
    name
        Of the workgroup.
    sleep
        Waits some seconds.
    """

    def __init__(self, client: Any, name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._athena = client
        self.name = name
        self._sleep = sleep

    def queries(self) -> dict[str, NamedQuery]:
        """Return the named queries by name."""
        pages = self._athena.get_paginator("list_named_queries").paginate(WorkGroup=self.name)
        ids = [found for page in pages for found in page["NamedQueryIds"]]
        queries = {}
        for first in range(0, len(ids), 50):  # the most that one call takes
            answer = self._athena.batch_get_named_query(NamedQueryIds=ids[first : first + 50])
            for query in answer["NamedQueries"]:
                queries[query["Name"]] = NamedQuery(
                    query["Name"], query.get("Description", ""), query["Database"], query["QueryString"]
                )
        return dict(sorted(queries.items()))

    def run(self, name: str, values: Mapping[str, str], reuse_minutes: int = REUSE_MINUTES) -> Result:
        """Run a named query to its end.

        Parameters
        ----------
        name
            Of the query.
        values
            Its parameters, as text.
        reuse_minutes
            How old an earlier result of the same query may be to stand for this one; 0 for none.

        Raises
        ------
        QueryError
            If there is no such query, a parameter is wrong, or the query does not succeed.
        """
        queries = self.queries()
        if name not in queries:
            raise QueryError(f"{self.name} has no query {name!r}; it has {', '.join(queries) or 'none'}.")
        query = queries[name]
        return self._run(name, query.filled(values), query.database, reuse_minutes)

    def ask(self, sql: str, database: str) -> Result:
        """Run SQL that is no named query, and reuse no earlier result of it.

        Raises
        ------
        QueryError
            If it does not succeed.
        """
        return self._run("the query", sql, database, 0)

    def _run(self, name: str, sql: str, database: str, reuse_minutes: int) -> Result:
        started = self._athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": database},
            WorkGroup=self.name,
            ResultReuseConfiguration={
                "ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": reuse_minutes}
                if reuse_minutes
                else {"Enabled": False}
            },
        )
        return self._result(name, started["QueryExecutionId"])

    def _result(self, name: str, execution_id: str) -> Result:
        statistics = self._finished(name, execution_id)
        columns: list[Any] = []
        rows: list[tuple[str | None, ...]] = []
        pages = self._athena.get_paginator("get_query_results").paginate(QueryExecutionId=execution_id)
        for page in pages:
            columns = columns or page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
            rows += [tuple(value.get("VarCharValue") for value in row["Data"]) for row in page["ResultSet"]["Rows"]]
        return Result(
            tuple(column["Name"] for column in columns),
            tuple(column["Type"] for column in columns),
            tuple(rows[1:]),  # the first repeats the names of the columns
            statistics.get("DataScannedInBytes", 0),
            statistics.get("ResultReuseInformation", {}).get("ReusedPreviousResult", False),
        )

    def _finished(self, name: str, execution_id: str) -> Mapping[str, Any]:
        """Wait for the end of an execution and return its statistics."""
        for wait in _waits():
            execution = self._athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
            status = execution["Status"]
            if status["State"] == "SUCCEEDED":
                statistics: Mapping[str, Any] = execution.get("Statistics", {})
                return statistics
            if status["State"] in ("FAILED", "CANCELLED"):
                reason = status.get("StateChangeReason") or "without a reason"
                raise QueryError(f"{name} was not answered ({status['State'].lower()}): {reason}")
            self._sleep(wait)
        self._athena.stop_query_execution(QueryExecutionId=execution_id)
        raise QueryError(f"{name} was stopped after {DEADLINE_SECONDS:.0f} seconds.")


def _waits() -> Iterator[float]:
    """Yield the pauses between two looks: short at first, `DEADLINE_SECONDS` in all."""
    wait, left = 0.1, DEADLINE_SECONDS
    while left > 0:
        yield wait
        left -= wait
        wait = min(2.0, wait * 1.5)


def _problem(unknown: Sequence[str], missing: Sequence[str]) -> str:
    said = [f"{', '.join(names)} {what}" for names, what in ((unknown, "is none"), (missing, "is missing")) if names]
    return " and ".join(said)


def deployed(name: str | None) -> Workgroup:
    """Return a workgroup of the user's account by its name, or without one that of the local stack.

    Raises
    ------
    CommandError
        If nothing runs locally, or what runs has no lake.
    """
    if name is not None:
        session: Any = boto3.session.Session()
        return Workgroup(session.client("athena"), name)
    found = stack.running()
    if found is None:
        raise CommandError("nothing runs locally (make local-up SYSTEM=securebank), and no --workgroup is given.")
    if OUTPUT not in found.stack.outputs:
        raise CommandError(f"{found.stack.system} has no lake to query.")
    return Workgroup(found.stack.client("athena"), found.stack.outputs[OUTPUT])


def show_queries(queries: Mapping[str, NamedQuery], console: Console) -> None:
    """Print what can be asked."""
    table = Table("query", "parameters", "answer", title_justify="left")
    for query in queries.values():
        asked = ", ".join(f"{parameter.name} ({parameter.kind})" for parameter in query.parameters)
        table.add_row(query.name, asked, query.description)
    console.print(table)


def show(result: Result, console: Console) -> None:
    """Print the rows, and what they cost."""
    table = Table()
    for name, kind in zip(result.columns, result.types):
        table.add_column(name, justify="right" if kind in _NUMERIC else "left", overflow="fold")
    for row in result.rows:
        table.add_row(*[Text("" if value is None else value) for value in row])
    console.print(table)
    source = "an earlier result" if result.reused else f"{result.scanned_bytes:,} bytes scanned"
    console.print(f"{len(result.rows):,} rows; {source}", highlight=False)


def _values(pairs: Sequence[str]) -> dict[str, str]:
    split = [pair.partition("=") for pair in pairs]
    without = [name for name, equals, _ in split if not equals]
    if without:
        raise QueryError(f"parameters are written NAME=VALUE, not {without[0]}.")
    return {name: value for name, _, value in split}


def main(arguments: Sequence[str]) -> int:
    """Run the command; return the exit status."""
    parser = Parser(prog="athena", description=__doc__.partition("\n")[0])
    parser.add_argument("query", nargs="?", metavar="QUERY", help="its name (default: list them)")
    parser.add_argument("values", nargs="*", metavar="NAME=VALUE", help="its parameters")
    parser.add_argument("--workgroup", metavar="NAME", help="of another deployment than the local one")
    parser.add_argument(
        "--reuse",
        type=int,
        default=REUSE_MINUTES,
        metavar="MINUTES",
        help="oldest result to reuse (default: 60; 0: none)",
    )
    options = parser.parse_args(arguments)
    if not 0 <= options.reuse <= MOST_REUSE_MINUTES:
        parser.error(f"argument --reuse: must lie between 0 and {MOST_REUSE_MINUTES:,} (seven days)")
    console = Console(width=None if sys.stdout.isatty() else 160)
    try:
        workgroup = deployed(options.workgroup)
        if options.query is None:
            show_queries(workgroup.queries(), console)
        else:
            show(workgroup.run(options.query, _values(options.values), options.reuse), console)
    except (BotoCoreError, ClientError, CommandError) as error:
        print(f"athena: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
