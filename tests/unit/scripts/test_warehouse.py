"""`make warehouse`: partitions in the catalogue of a local AWS, statements by a stand-in of the Data API."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scripts import paths
from scripts.errors import CommandError
from scripts.warehouse import __main__ as command
from scripts.warehouse import partitions, sql
from scripts.warehouse.database import Warehouse, run
from scripts.warehouse.partitions import Projected
from scripts.warehouse.sql import Statement

SERVERLESS = Warehouse(
    "txn",
    None,
    "securebank",
    "arn:aws:secretsmanager:x",
    "txn_lake",
    "arn:aws:iam::123456789012:role/txn-lake",
    "txn-loader",
)
STATEMENT = Statement("10_a.sql", 1, "SELECT 1")

# --- partitions ------------------------------------------------------------------------------------------------------


def table(name: str, keys: list[str], template: str, begin: str) -> dict[str, Any]:
    return {
        "Name": name,
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
        "Parameters": {
            "projection.enabled": "true",
            f"projection.{keys[0]}.range": f"{begin},NOW",
            "storage.location.template": template,
        },
        "StorageDescriptor": {
            "Columns": [{"Name": "amount", "Type": "decimal(18,3)"}],
            "Location": template.split("$", maxsplit=1)[0],
            "InputFormat": "text",
            "SerdeInfo": {"SerializationLibrary": "json"},
        },
    }


HOURLY = table(
    "raw_transactions", ["year", "month", "day", "hour"],
    "s3://lake/raw/transactions/year=${year}/month=${month}/day=${day}/hour=${hour}/", "2026",
)  # fmt: skip
DAILY = table("daily_aggregates", ["day"], "s3://lake/processed/daily-aggregates/day=${day}/", "2026-01-01")


@pytest.fixture
def glue(aws: Any) -> Iterator[Any]:
    client = aws("glue")
    client.create_database(DatabaseInput={"Name": "txn_lake"})
    yield client
    client.delete_database(Name="txn_lake")


def create(glue: Any, *tables: dict[str, Any]) -> None:
    for one in tables:
        glue.create_table(DatabaseName="txn_lake", TableInput=one)


def registered(glue: Any, name: str) -> dict[tuple[str, ...], str]:
    pages = glue.get_paginator("get_partitions").paginate(DatabaseName="txn_lake", TableName=name)
    return {
        tuple(partition["Values"]): partition["StorageDescriptor"]["Location"]
        for page in pages
        for partition in page["Partitions"]
    }


def test_every_hour_and_day_up_to_the_last_day_is_registered_where_its_objects_lie(glue: Any) -> None:
    create(glue, HOURLY, DAILY)

    counts = partitions.register(glue, "txn_lake", {"raw_transactions", "daily_aggregates"}, date(2026, 1, 9))

    assert counts == {"raw_transactions": 9 * 24, "daily_aggregates": 9}
    raw = registered(glue, "raw_transactions")
    assert len(raw) == 9 * 24
    assert raw["2026", "01", "09", "23"] == "s3://lake/raw/transactions/year=2026/month=01/day=09/hour=23/"
    assert registered(glue, "daily_aggregates")["2026-01-09",] == "s3://lake/processed/daily-aggregates/day=2026-01-09/"


def test_what_is_registered_is_left_alone_and_the_rest_is_added(glue: Any) -> None:
    create(glue, DAILY)
    partitions.register(glue, "txn_lake", {"daily_aggregates"}, date(2026, 1, 3))

    assert partitions.register(glue, "txn_lake", {"daily_aggregates"}, date(2026, 1, 5)) == {"daily_aggregates": 2}
    assert partitions.register(glue, "txn_lake", {"daily_aggregates"}, date(2026, 1, 5)) == {"daily_aggregates": 0}
    assert len(registered(glue, "daily_aggregates")) == 5


def test_a_partition_is_read_as_its_table_is(glue: Any) -> None:
    create(glue, DAILY)
    partitions.register(glue, "txn_lake", {"daily_aggregates"}, date(2026, 1, 1))

    (partition,) = glue.get_partitions(DatabaseName="txn_lake", TableName="daily_aggregates")["Partitions"]
    assert partition["StorageDescriptor"]["SerdeInfo"] == {"SerializationLibrary": "json"}
    assert partition["StorageDescriptor"]["Columns"] == [{"Name": "amount", "Type": "decimal(18,3)"}]


def test_a_table_that_the_sql_does_not_read_is_left_alone(glue: Any) -> None:
    create(glue, DAILY, table("fraud_patterns", ["week"], "s3://lake/week=${week}/", "2025-12-29"))

    assert partitions.register(glue, "txn_lake", {"daily_aggregates"}, date(2026, 1, 5)) == {"daily_aggregates": 5}


def test_the_tables_are_those_that_the_sql_reads() -> None:
    assert sql.lake_tables(sql.read()) == {"daily_aggregates", "raw_transactions", "table_counts"}
    allowed = (paths.ROOT / "modules" / "warehouse" / "variables.tf").read_text(encoding="utf-8")
    assert '["daily_aggregates", "raw_transactions", "table_counts"]' in allowed, "the role of the lake sees the same"


def test_partitions_of_a_kind_that_is_not_known_are_refused() -> None:
    with pytest.raises(CommandError, match="other is partitioned by country"):
        Projected.of(table("other", ["country"], "s3://lake/${country}/", "2026"))


def test_a_projection_without_a_beginning_is_refused() -> None:
    with pytest.raises(CommandError, match="begins at NOW-3YEARS"):
        Projected.of(table("other", ["day"], "s3://lake/${day}/", "NOW-3YEARS"))


class Refusing:
    """A catalogue that is empty and takes nothing."""

    def __init__(self, code: str) -> None:
        self._code = code

    def get_table(self, **_: Any) -> dict[str, Any]:
        return {"Table": DAILY}

    def get_paginator(self, _: str) -> Any:
        return type("Pages", (), {"paginate": lambda _, **__: [{"Partitions": []}]})()

    def batch_create_partition(self, **_: Any) -> dict[str, Any]:
        return {"Errors": [{"PartitionValues": ["2026-01-01"], "ErrorDetail": {"ErrorCode": self._code}}]}


def test_a_partition_that_the_catalogue_does_not_take_is_a_failure() -> None:
    with pytest.raises(CommandError, match="ResourceNumberLimitExceededException"):
        partitions.register(
            Refusing("ResourceNumberLimitExceededException"), "txn_lake", {"daily_aggregates"}, date(2026, 1, 1)
        )


def test_a_partition_that_somebody_else_has_just_registered_is_none() -> None:
    assert partitions.register(
        Refusing("AlreadyExistsException"), "txn_lake", {"daily_aggregates"}, date(2026, 1, 1)
    ) == {"daily_aggregates": 1}


# --- statements ------------------------------------------------------------------------------------------------------


class DataApi:
    """The Data API: statements go through the given states."""

    def __init__(self, *states: str, error: str | None = None) -> None:
        self._states = list(states)
        self._error = error
        self.calls: list[dict[str, Any]] = []

    def execute_statement(self, **call: Any) -> dict[str, Any]:
        self.calls.append(call)
        return {"Id": "id"}

    def describe_statement(self, Id: str) -> dict[str, Any]:  # noqa: N803 - the service's word
        assert Id == "id"
        answer: dict[str, Any] = {"Status": self._states.pop(0)}
        return {**answer, "Error": self._error} if self._error else answer


def test_a_statement_is_run_as_the_administrator_and_waited_for() -> None:
    slept: list[float] = []
    api = DataApi("SUBMITTED", "STARTED", "FINISHED")

    assert run(api, SERVERLESS, STATEMENT, "SELECT 1", slept.append)
    assert api.calls == [
        {"WorkgroupName": "txn", "Database": "securebank", "SecretArn": "arn:aws:secretsmanager:x", "Sql": "SELECT 1",
         "StatementName": "10_a.sql:1"}
    ]  # fmt: skip
    assert len(slept) == 2


def test_a_cluster_is_named_by_its_identifier() -> None:
    api = DataApi("FINISHED")
    cluster = Warehouse(None, "txn", "securebank", "arn", "db", "role", "loader")

    run(api, cluster, STATEMENT, "SELECT 1")

    assert api.calls[0]["ClusterIdentifier"] == "txn"
    assert "WorkgroupName" not in api.calls[0]


def test_a_statement_that_fails_says_where_it_stands_and_why() -> None:
    with pytest.raises(CommandError, match=r"10_a\.sql:1 \(SELECT 1 \.\.\.\): ERROR: no such column"):
        run(DataApi("FAILED", error="ERROR: no such column"), SERVERLESS, STATEMENT, "SELECT 1")


@pytest.mark.parametrize("text", ["CREATE ROLE a", 'CREATE USER "IAMR:a" PASSWORD DISABLE'])
def test_roles_and_users_that_are_there_stay(text: str) -> None:
    statement = Statement("80.sql", 1, text)

    assert not run(DataApi("FAILED", error='role "a" already exists'), SERVERLESS, statement, text)


def test_anything_else_that_is_there_already_is_a_failure() -> None:
    with pytest.raises(CommandError, match="already exists"):
        run(DataApi("FAILED", error="table already exists"), SERVERLESS, STATEMENT, "SELECT 1")


# --- command ---------------------------------------------------------------------------------------------------------


def output() -> dict[str, Any]:
    return {
        "workgroup_name": "txn", "cluster_identifier": None, "database_name": "securebank",
        "admin_secret_arn": "arn:aws:secretsmanager:x", "glue_database_name": "txn_lake",
        "lake_role_arn": "arn:aws:iam::123456789012:role/txn-lake", "loader_role_name": "txn-loader",
    }  # fmt: skip


def test_the_output_of_the_root_is_what_the_module_gives_out() -> None:
    assert command.read({**output(), "more": 1}) == SERVERLESS
    outputs = (paths.ROOT / "modules" / "warehouse" / "outputs.tf").read_text(encoding="utf-8")
    assert all(f"    {name} " in outputs for name in output())


def test_a_system_without_a_warehouse_says_so() -> None:
    with pytest.raises(CommandError, match="switch it on and apply"):
        command.read(None)


def test_an_output_of_another_shape_is_refused() -> None:
    with pytest.raises(CommandError, match="output installation of the module warehouse"):
        command.read({"workgroup_name": "txn"})


def test_every_statement_can_be_filled_from_the_output() -> None:
    for statement in sql.read():
        assert "${" not in sql.filled(statement, SERVERLESS.placeholders)


def test_the_sql_is_printed_without_a_call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked: list[Path] = []

    def terraform(arguments: list[str], cwd: Path, **_: Any) -> Any:
        assert arguments == ["terraform", "output", "-json", "warehouse"]
        asked.append(cwd)
        return subprocess.CompletedProcess(arguments, 0, json.dumps(output()), "")

    monkeypatch.setattr(subprocess, "run", terraform)

    assert command.main(["--directory", str(tmp_path), "--print"]) == 0
    printed = capsys.readouterr().out
    assert asked == [tmp_path]
    assert "FROM DATA CATALOG DATABASE 'txn_lake'" in printed
    assert printed.rstrip().endswith("GRANT SELECT ON bi.merchant_risk TO ROLE warehouse_reader;")


def test_a_folder_that_is_no_root_ends_with_one_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.warehouse", "--directory", str(tmp_path)],
        cwd=paths.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr.startswith("warehouse: terraform output failed in")
    assert "Traceback" not in done.stderr
