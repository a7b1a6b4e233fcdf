"""The runner of named queries: parameters, waiting, pages, and what it says when something is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from scripts import athena, stack
from scripts.athena import NamedQuery, QueryError, Workgroup
from scripts.errors import CommandError
from scripts.stack import Stack

SQL = """-- What happened on the days.
-- Parameters: first date, last date, first date, owner text, places number
SELECT '?' AS "a ?", -- what is it? a comment
    x FROM t WHERE day BETWEEN ? AND ? AND year >= substr(?, 1, 4) AND owner = ? AND place <= ?
"""
QUERY = NamedQuery("days", "What happened on the days.", "lake", SQL)
VALUES = {"first": "2026-11-01", "last": "2026-11-30", "owner": "O'Neill?", "places": "3"}


class FakeAthena:
    """Athena with one query, whose execution goes through some states and answers in two pages."""

    def __init__(self, *states: str, reason: str = "") -> None:
        self.states = list(states)
        self.reason = reason
        self.started: list[Mapping[str, Any]] = []
        self.stopped: list[str] = []

    def get_paginator(self, operation: str) -> FakePages:
        return FakePages(getattr(self, f"{operation}_pages"))

    def list_named_queries_pages(self, **asked: Any) -> Iterator[Mapping[str, Any]]:
        assert asked == {"WorkGroup": "group"}
        yield {"NamedQueryIds": ["1"]}
        yield {"NamedQueryIds": ["2"]}

    def batch_get_named_query(self, NamedQueryIds: Sequence[str]) -> Mapping[str, Any]:  # noqa: N803 - the API's name
        names = {"1": "days", "2": "another"}
        return {"NamedQueries": [{"Name": names[one], "Database": "lake", "QueryString": SQL} for one in NamedQueryIds]}

    def start_query_execution(self, **asked: Any) -> Mapping[str, Any]:
        self.started.append(asked)
        return {"QueryExecutionId": "e"}

    def get_query_execution(self, **_: Any) -> Mapping[str, Any]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        statistics = {"DataScannedInBytes": 0, "ResultReuseInformation": {"ReusedPreviousResult": True}}
        status = {"State": state, "StateChangeReason": self.reason}
        return {"QueryExecution": {"Status": status, "Statistics": statistics}}

    def get_query_results_pages(self, **_: Any) -> Iterator[Mapping[str, Any]]:
        metadata = {"ColumnInfo": [{"Name": "day", "Type": "varchar"}, {"Name": "amount", "Type": "decimal"}]}
        heading = {"Data": [{"VarCharValue": "day"}, {"VarCharValue": "amount"}]}
        for rows in (
            [heading, {"Data": [{"VarCharValue": "2026-11-01"}, {}]}],
            [{"Data": [{}, {"VarCharValue": "1"}]}],
        ):
            yield {"ResultSet": {"ResultSetMetadata": metadata, "Rows": rows}}

    def stop_query_execution(self, QueryExecutionId: str) -> None:  # noqa: N803 - the API's name
        self.stopped.append(QueryExecutionId)


class FakePages:
    """What boto3 calls a paginator."""

    def __init__(self, pages: Any) -> None:
        self.paginate = pages


def workgroup(client: FakeAthena) -> Workgroup:
    return Workgroup(client, "group", sleep=lambda _: None)


def test_values_stand_where_the_question_marks_are_and_nowhere_else() -> None:
    *_, first, last = QUERY.filled(VALUES).splitlines()

    assert first == """SELECT '?' AS "a ?", -- what is it? a comment"""
    assert last.strip() == (
        "x FROM t WHERE day BETWEEN '2026-11-01' AND '2026-11-30' AND year >= substr('2026-11-01', 1, 4)"
        " AND owner = 'O''Neill?' AND place <= 3"
    )


def test_a_parameter_is_given_once_however_often_it_occurs() -> None:
    assert [parameter.name for parameter in QUERY.parameters] == ["first", "last", "owner", "places"]
    assert len(QUERY.positions) == 5


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"first": "01/11/2026"}, "first must be a day, YYYY-MM-DD"),
        ({"last": "2026-02-30"}, "last must be a day"),
        ({"places": "3; DROP TABLE t"}, "places must be a whole number"),
        ({"extra": "1"}, "the parameters of days are first, last, owner, places, but extra is none"),
    ],
)
def test_a_wrong_value_is_refused_before_anything_is_asked(change: dict[str, str], complaint: str) -> None:
    with pytest.raises(QueryError, match=complaint):
        QUERY.filled({**VALUES, **change})


def test_a_missing_value_is_named() -> None:
    with pytest.raises(QueryError, match="but last, owner, places is missing"):
        QUERY.filled({"first": "2026-11-01"})


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("-- Parameters: a text\nSELECT ?, ?", "more question marks than its comment names"),
        ("-- Parameters: a text, a text\nSELECT ?", "fewer question marks than its comment names"),
        ("-- Parameters: a\nSELECT ?", "are not written as `name kind, name kind`"),
    ],
)
def test_a_query_and_its_comment_must_agree(sql: str, complaint: str) -> None:
    with pytest.raises(QueryError, match=complaint):
        NamedQuery("odd", "", "lake", sql).filled({"a": "1"})


def test_a_query_is_run_to_its_end_and_all_its_pages_are_read() -> None:
    client = FakeAthena("QUEUED", "RUNNING", "SUCCEEDED")

    result = workgroup(client).run("days", VALUES)

    assert result.records() == [{"day": "2026-11-01", "amount": None}, {"day": None, "amount": "1"}]
    assert result.reused
    (asked,) = client.started
    assert (asked["WorkGroup"], asked["QueryExecutionContext"]) == ("group", {"Database": "lake"})
    assert asked["QueryString"] == QUERY.filled(VALUES)


@pytest.mark.parametrize(
    ("minutes", "settings"), [(60, {"Enabled": True, "MaxAgeInMinutes": 60}), (0, {"Enabled": False})]
)
def test_earlier_results_are_reused_unless_told_otherwise(minutes: int, settings: dict[str, Any]) -> None:
    client = FakeAthena("SUCCEEDED")

    workgroup(client).run("days", VALUES, reuse_minutes=minutes)

    assert client.started[0]["ResultReuseConfiguration"] == {"ResultReuseByAgeConfiguration": settings}


def test_sql_of_ones_own_is_asked_in_the_workgroup_and_never_answered_from_before() -> None:
    client = FakeAthena("SUCCEEDED")

    result = workgroup(client).ask("SELECT day, amount FROM days", "lake")

    assert result.records()[0] == {"day": "2026-11-01", "amount": None}
    (asked,) = client.started
    assert (asked["QueryString"], asked["WorkGroup"]) == ("SELECT day, amount FROM days", "group")
    assert asked["ResultReuseConfiguration"] == {"ResultReuseByAgeConfiguration": {"Enabled": False}}


def test_a_failed_query_says_why() -> None:
    with pytest.raises(QueryError, match=r"days was not answered \(failed\): HIVE_CURSOR_ERROR: bad line"):
        workgroup(FakeAthena("FAILED", reason="HIVE_CURSOR_ERROR: bad line")).run("days", VALUES)


def test_a_query_that_never_ends_is_stopped() -> None:
    client = FakeAthena("RUNNING")

    with pytest.raises(QueryError, match="days was stopped after 600 seconds"):
        workgroup(client).run("days", VALUES)

    assert client.stopped == ["e"]


def test_an_unknown_query_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(QueryError, match="group has no query 'weeks'; it has another, days"):
        workgroup(FakeAthena("SUCCEEDED")).run("weeks", {})


def test_without_a_local_stack_the_workgroup_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "running", lambda: None)

    with pytest.raises(CommandError, match="nothing runs locally"):
        athena.deployed(None)


def test_a_system_without_a_lake_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    found = stack.Running(Stack("http://127.0.0.1:1", {}, 0.0), guarded=None)  # type: ignore[arg-type]
    monkeypatch.setattr(stack, "running", lambda: found)

    with pytest.raises(CommandError, match="flagship has no lake"):
        athena.deployed(None)


def test_the_command_prints_the_rows(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(athena, "deployed", lambda _: workgroup(FakeAthena("SUCCEEDED")))

    assert athena.main(["days", *(f"{name}={value}" for name, value in VALUES.items())]) == 0

    printed = capsys.readouterr().out
    assert "2026-11-01" in printed
    assert "2 rows; an earlier result" in printed


def test_the_command_lists_the_queries(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(athena, "deployed", lambda _: workgroup(FakeAthena("SUCCEEDED")))

    assert athena.main([]) == 0

    assert "first (date), last (date), owner (text), places (number)" in capsys.readouterr().out


def test_a_mistake_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(athena, "deployed", lambda _: workgroup(FakeAthena("SUCCEEDED")))

    assert athena.main(["days", "first"]) == 1
    assert capsys.readouterr().err == "athena: parameters are written NAME=VALUE, not first.\n"

    with pytest.raises(SystemExit, match="2"):
        athena.main(["days", "--reuse", "99999"])
    assert "must lie between 0 and 10,080" in capsys.readouterr().err


def test_markup_in_a_value_is_text() -> None:
    console = Console(file=StringIO(), width=80)

    athena.show(athena.Result(("a",), ("varchar",), (("[red]x",),)), console)

    assert "[red]x" in console.file.getvalue()  # type: ignore[attr-defined]
