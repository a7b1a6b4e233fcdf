"""examples/securebank for analysts and auditors: the lake, its queries, and the locked report of a day."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipeline.domain.lines import day_partition
from scripts import report
from scripts.athena import Workgroup
from tests.e2e.deployed import wait_for
from tests.e2e.securebank import NEW_YORK, TOKYO, Payment, SecureBank, at, day_before, payment_of
from tests.unit.lake import lake

DAYS_AGO = 40
DAY = day_before(DAYS_AGO)
"""No other test's, so that all that the system knows of it is the day of trade."""
ONE_DAY = {"first_day": DAY.isoformat(), "last_day": DAY.isoformat()}


@dataclass(frozen=True)
class Trade:
    """What customers did on the day, as the table has it."""

    rows: list[dict[str, Any]]

    @property
    def lines(self) -> list[lake.Line]:
        """Return it as the oracle of the queries takes it."""
        return [
            lake.Line(
                row["transaction_id"],
                row["customer_id"],
                row["merchant_id"],
                row.get("merchant_category"),
                row["amount"],
                row["currency"],
                datetime.fromisoformat(row["occurred_at"].replace("Z", "+00:00")),
                row["status"],
                int(row["risk_score"] * 10),
            )
            for row in self.rows
        ]


def documents_of(number: int) -> list[dict[str, Any]]:
    """Return the day of a customer: usual transactions in one currency; the first one's account is taken over."""
    payment = partial(payment_of, lambda name: f"{name}-of-trader-{number}")
    of_customer = {"customer_id": f"trader-{number}", "currency": ("EUR", "USD", "JPY")[number % 3]}
    usual = [
        payment(
            f"{place}",
            **of_customer,
            timestamp=at(DAYS_AGO, minute=4 * place),
            merchant_id=f"merchant-{(number + place) % 4}",
            merchant_category="groceries",
            location=NEW_YORK,
            amount=10 + number + place,
        )
        for place in range(6)
    ]
    large = payment("6", **of_customer, timestamp=at(DAYS_AGO, minute=30), location=TOKYO, amount=900)
    return [*usual, large] if number == 0 else usual


@pytest.fixture(scope="module")
def trade(securebank: SecureBank) -> Trade:
    """Have customers trade, all at once, and wait until the lake knows."""
    days = [documents_of(number) for number in range(9)]

    def send(documents: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        return [securebank.decided(document) for document in documents]

    with securebank.paused(securebank.outputs["function_names"]["lake"]), ThreadPoolExecutor(len(days)) as pool:
        rows = [row for own in pool.map(send, days) for row in own]
    wait_for(lambda: len(securebank.lake_lines(DAY)) == len(rows), "all lines of the day")
    return Trade(rows)


def test_the_lake_holds_each_transaction_as_the_table_does(securebank: SecureBank, trade: Trade) -> None:
    names = ("customer_id", "merchant_id", "currency", "status", "is_fraud", "occurred_at", "processed_timestamp")

    lines = {line["transaction_id"]: line for line in securebank.lake_lines(DAY)}

    assert lines.keys() == {row["transaction_id"] for row in trade.rows}
    for row in trade.rows:
        line = lines[row["transaction_id"]]
        assert {name: line[name] for name in names} == {name: row[name] for name in names}
        assert (line["amount"], line["risk_score"]) == (float(row["amount"]), float(row["risk_score"]))
    assert sum(line["is_fraud"] for line in lines.values()) == 1


def test_an_object_of_the_lake_holds_many_transactions(securebank: SecureBank, trade: Trade) -> None:
    objects = securebank.lake_objects(f"raw/transactions/{day_partition(DAY)}/")

    assert len(objects) <= len(trade.rows) / 10


def test_a_row_that_cannot_be_read_is_put_aside_with_the_reason_and_the_lake_goes_on(
    securebank: SecureBank, payment: Payment, new_id: Callable[[str], str]
) -> None:
    unreadable = new_id("unreadable")
    key = {"customer_id": {"S": unreadable}, "timestamp": {"S": "never"}}
    dynamodb, table = securebank.client("dynamodb"), securebank.outputs["transactions_table_name"]
    dynamodb.put_item(TableName=table, Item={**key, "status": {"S": "APPROVED"}})
    behind = securebank.decided(payment(timestamp=at(DAYS_AGO + 1)))["transaction_id"]
    wait_for(
        lambda: behind in {line["transaction_id"] for line in securebank.lake_lines(day_before(DAYS_AGO + 1))},
        "the line behind it",
    )
    dynamodb.delete_item(TableName=table, Key=key)  # no report shall find it

    (aside,) = [body for body in securebank.lake_objects("quarantine/").values() if unreadable.encode() in body]
    assert json.loads(aside)["reason"].startswith("KeyError")


@pytest.mark.needs("athena-queries")
def test_the_named_queries_answer_what_the_customers_did(securebank: SecureBank, trade: Trade) -> None:
    queries = workgroup(securebank)

    def asked(name: str, **values: str) -> list[dict[str, str | None]]:
        return queries.run(name, {**ONE_DAY, **values}, reuse_minutes=0).records()

    assert asked("daily_volume") == lake.daily_volume(trade.lines)
    assert asked("top_merchants", places="2") == lake.top_merchants(trade.lines, 2)
    (trend,) = asked("fraud_trend")
    (wanted,) = lake.fraud_trend(trade.lines)
    assert {name: float(trend[name] or "nan") for name in wanted if name != "day"} == pytest.approx(
        {name: value for name, value in wanted.items() if name != "day"}
    )
    history = asked("customer_history", customer_id="trader-0")
    own = [row for row in reversed(trade.rows) if row["customer_id"] == "trader-0"]
    assert [(one["transaction_id"], one["status"]) for one in history] == [
        (row["transaction_id"], row["status"]) for row in own
    ]


def test_the_report_of_a_day_finds_table_and_lake_agree(securebank: SecureBank, trade: Trade) -> None:
    answer = report_of_the_day(securebank)

    assert (answer["compared"], answer["differences"]) == (True, 0)
    assert {name: answer["figures"][name] for name in ("table", "counted", "lake")} == dict.fromkeys(
        ("table", "counted", "lake"), str(len(trade.rows))
    )
    bucket = securebank.outputs["reports_bucket_name"]
    for key in (answer["html"], answer["csv"]):
        text = securebank.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        assert key.startswith(f"reports/{day_partition(DAY)}/")
        assert DAY.isoformat() in text


def test_the_report_tells_what_the_lake_lacks_and_where_it_differs(securebank: SecureBank, trade: Trade) -> None:
    s3, bucket = securebank.client("s3"), securebank.outputs["lake_bucket_name"]
    key, body = next(iter(securebank.lake_objects(f"raw/transactions/{day_partition(DAY)}/").items()))
    lines = [json.loads(line) for line in gzip.decompress(body).splitlines()]
    lines[0]["amount"] += 1
    s3.put_object(Bucket=bucket, Key=key, Body=gzip.compress("\n".join(map(json.dumps, lines[:-1])).encode()))
    try:
        answer = report_of_the_day(securebank)
    finally:
        s3.put_object(Bucket=bucket, Key=key, Body=body)

    assert answer["by_kind"] == {"AMOUNT_DIFFERS": 1, "NOT_IN_LAKE": 1}


@pytest.mark.needs("object-lock")
def test_no_version_of_a_report_can_be_deleted(securebank: SecureBank, trade: Trade) -> None:
    s3, bucket = securebank.client("s3"), securebank.outputs["reports_bucket_name"]
    key = report_of_the_day(securebank)["csv"]
    assert report_of_the_day(securebank)["csv"] == key  # made again: a further version

    versions = [
        version["VersionId"] for version in s3.list_object_versions(Bucket=bucket, Prefix=key).get("Versions", [])
    ]

    assert len(versions) >= 2
    for version in versions:
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.delete_object(Bucket=bucket, Key=key, VersionId=version)
        assert s3.get_object(Bucket=bucket, Key=key, VersionId=version)["Body"].read()


@pytest.mark.needs("athena-queries")
def test_the_reconciliation_by_query_finds_what_the_report_counted_in_the_lake(
    securebank: SecureBank, trade: Trade
) -> None:
    report_of_the_day(securebank)

    answer = workgroup(securebank).run("reconciliation", {"day": DAY.isoformat()}, reuse_minutes=0).records()

    assert {row["verdict"] for row in answer} == {"equal"}
    assert sum(int(row["table_transactions"] or 0) for row in answer) == len(trade.rows)


def report_of_the_day(securebank: SecureBank) -> dict[str, Any]:
    """Have the report of the day made, as `make report` does."""
    return report.make(securebank.outputs["report_function_name"], securebank.client, DAY)


def workgroup(securebank: SecureBank) -> Workgroup:
    """Return the lake's queries."""
    return Workgroup(securebank.client("athena"), securebank.outputs["athena_workgroup"])
