"""The named queries of the lake, on the embedded emulator's Athena, against the same counted in Python."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from scripts import aws_environment, local_client, paths
from scripts.athena import QueryError, Result, Workgroup
from scripts.ministack import MiniStack
from tests.unit.lake import lake

DATABASE, WORKGROUP, BUCKET = "lake", "queries", "lake-of-the-test"
QUERIES = sorted((paths.ROOT / "modules" / "data_lake" / "queries").glob("*.sql"))
TABLES = {
    "raw_transactions": ("raw/transactions", ["year", "month", "day", "hour"]),
    "table_counts": ("analytics/table-counts", ["day"]),
}
ALL_DAYS = {"first_day": "2026-01-01", "last_day": "2027-12-31"}
SOME_DAYS = {"first_day": "2026-12-30", "last_day": "2027-01-01"}
WRITTEN = lake.lines()


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Start an emulator with the tables and the queries, as the module makes them."""
    with MiniStack("lake-queries") as server:
        of = local_client.clients(server.endpoint, aws_environment.REGION)
        s3, glue, athena = of("s3"), of("glue"), of("athena")
        s3.create_bucket(Bucket=BUCKET)
        for key, body in lake.objects(WRITTEN):
            s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        glue.create_database(DatabaseInput={"Name": DATABASE})
        for name, (prefix, keys) in TABLES.items():
            table = {
                "Name": name,
                "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
                "StorageDescriptor": {
                    "Columns": [{"Name": column, "Type": "string"} for column in ("status", "currency")]
                    + [{"Name": "transactions", "Type": "bigint"}, {"Name": "amount", "Type": "double"}],
                    "Location": f"s3://{BUCKET}/{prefix}/",
                },
                "Parameters": {"classification": "json"},
            }
            glue.create_table(DatabaseName=DATABASE, TableInput=table)
        results = {"ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/athena-results/"}}
        athena.create_work_group(Name=WORKGROUP, Configuration=results)
        for file in QUERIES:
            athena.create_named_query(
                Name=file.stem,
                Database=DATABASE,
                WorkGroup=WORKGROUP,
                QueryString=re.sub(r"\$\{(\w+)\}", rf'"{DATABASE}"."\1"', file.read_text()),
            )
        yield of


@pytest.fixture
def workgroup(client: Any) -> Workgroup:
    return Workgroup(client("athena"), WORKGROUP)


def numbers(result: Result) -> list[dict[str, Any]]:
    return [
        {name: value if name == "day" else float(value or "nan") for name, value in row.items()}
        for row in result.records()
    ]


def test_every_query_says_what_it_answers_and_what_it_is_asked(workgroup: Workgroup) -> None:
    asked = {name: [one.name for one in query.parameters] for name, query in workgroup.queries().items()}

    assert asked == {
        "customer_history": ["first_day", "last_day", "customer_id"],
        "daily_volume": ["first_day", "last_day"],
        "fraud_trend": ["first_day", "last_day"],
        "reconciliation": ["day"],
        "top_merchants": ["first_day", "last_day", "places"],
    }
    for file in QUERIES:
        assert re.match(r"-- [A-Z].{20,}\.\n-- Parameters: ", file.read_text()), file.name


@pytest.mark.parametrize("days", [ALL_DAYS, SOME_DAYS], ids=["all days", "days of two years"])
def test_the_daily_volume_counts_each_transaction_once(workgroup: Workgroup, days: dict[str, str]) -> None:
    members = lake.between(WRITTEN, days["first_day"], days["last_day"])
    assert len(members) < len(WRITTEN)

    assert workgroup.run("daily_volume", days).records() == lake.daily_volume(members)


def test_the_top_merchants_are_those_of_each_currency(workgroup: Workgroup) -> None:
    members = lake.between(WRITTEN, SOME_DAYS["first_day"], SOME_DAYS["last_day"])

    answer = workgroup.run("top_merchants", {**SOME_DAYS, "places": "3"}).records()

    assert answer == lake.top_merchants(members, 3)
    assert len(answer) == 9


def test_the_trend_of_fraud_follows_decisions_and_labels(workgroup: Workgroup) -> None:
    rows = numbers(workgroup.run("fraud_trend", ALL_DAYS))

    wanted = lake.fraud_trend(lake.latest(WRITTEN))
    assert [row.pop("day") for row in rows] == [row.pop("day") for row in wanted]
    for row, one in zip(rows, wanted):
        assert row == pytest.approx(one)
    assert sum(row["missed_frauds"] for row in rows) > 0


def test_a_customers_history_is_his_alone_and_begins_with_the_latest(workgroup: Workgroup) -> None:
    members = [line for line in lake.latest(WRITTEN) if line.customer_id == "customer-7"]
    members.sort(key=lambda line: line.occurred_at, reverse=True)

    answer = workgroup.run("customer_history", {**ALL_DAYS, "customer_id": "customer-7"}).records()

    assert [row["transaction_id"] for row in answer] == [line.transaction_id for line in members]
    assert [(row["status"], row["amount"], row["label"]) for row in answer] == [
        (line.status, f"{line.amount:.3f}", line.label) for line in members
    ]


def test_a_customers_id_is_no_sql(workgroup: Workgroup) -> None:
    assert workgroup.run("customer_history", {**ALL_DAYS, "customer_id": "x' OR 'a' = 'a"}).records() == []


def test_the_reconciliation_names_what_differs(client: Any, workgroup: Workgroup) -> None:
    day = SOME_DAYS["last_day"]
    counts = lake.counts(lake.between(WRITTEN, day, day))
    counts[0]["transactions"] += 2
    counts[0]["amount"] += 0.125
    counts.append({"day": day, "status": "RECEIVED", "currency": "EUR", "transactions": 4, "amount": 40.0})
    body = "".join(f"{json.dumps(line)}\n" for line in counts)
    client("s3").put_object(Bucket=BUCKET, Key=f"analytics/table-counts/day={day}/counts.jsonl", Body=body.encode())

    answer = workgroup.run("reconciliation", {"day": day}).records()

    assert len(answer) == len(counts)
    verdicts = {(row["status"], row["currency"]): row["verdict"] for row in answer}
    assert verdicts.pop((counts[0]["status"], counts[0]["currency"])) == "differs"
    assert verdicts.pop(("RECEIVED", "EUR")) == "undecided"
    assert set(verdicts.values()) == {"equal"}
    (differing,) = [row for row in answer if row["verdict"] == "differs"]
    assert (differing["missing_transactions"], differing["missing_amount"]) == ("2", "0.125")


def test_a_day_without_counts_of_the_table_equals_nothing(workgroup: Workgroup) -> None:
    answer = workgroup.run("reconciliation", {"day": SOME_DAYS["first_day"]}).records()

    assert {row["verdict"] for row in answer} == {"differs"}
    assert {row["table_transactions"] for row in answer} == {"0"}


def test_a_corrupt_line_stops_the_query_instead_of_vanishing(client: Any, workgroup: Workgroup) -> None:
    key = "raw/transactions/year=2026/month=12/day=30/hour=05/corrupt.jsonl"
    client("s3").put_object(Bucket=BUCKET, Key=key, Body=f"{lake.CORRUPT_LINE}\n".encode())
    try:
        with pytest.raises(QueryError, match="daily_volume was not answered"):
            workgroup.run("daily_volume", ALL_DAYS)
    finally:
        client("s3").delete_object(Bucket=BUCKET, Key=key)

    assert workgroup.run("daily_volume", ALL_DAYS).rows
