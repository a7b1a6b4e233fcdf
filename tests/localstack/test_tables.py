"""DynamoDB as the adapter routes it: conditions hold under contention, streams survive cancelled transactions."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(10, func_only=True)


@pytest.fixture
def table(aws: Callable[[str], Any], request: pytest.FixtureRequest) -> str:
    """Return the name of an empty table with a stream of both images."""
    name = str(request.node.name)[:60]
    aws("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return name


def put(table: str, key: str) -> dict[str, Any]:
    """Return the transaction item that writes a row that must be new."""
    return {"Put": {"TableName": table, "Item": {"id": {"S": key}}, "ConditionExpression": "attribute_not_exists(id)"}}


def refused(table: str) -> dict[str, Any]:
    """Return a transaction item whose condition does not hold."""
    key = {"id": {"S": "never"}}
    return {"ConditionCheck": {"TableName": table, "Key": key, "ConditionExpression": "attribute_exists(id)"}}


def count(table: str, key: str) -> dict[str, Any]:
    """Return the transaction item that counts a call in a row."""
    return {
        "Update": {
            "TableName": table,
            "Key": {"id": {"S": key}},
            "UpdateExpression": "ADD calls :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    }


def test_of_many_writers_of_one_new_row_one_succeeds(aws: Callable[[str], Any], table: str) -> None:
    dynamodb = aws("dynamodb")

    def write(_: int) -> bool:
        try:
            dynamodb.transact_write_items(TransactItems=[put(table, "row")])
        except dynamodb.exceptions.TransactionCanceledException:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(write, range(16)))

    assert written.count(True) == 1


def test_a_cancelled_transaction_changes_no_row_and_its_stream_goes_on(aws: Callable[[str], Any], table: str) -> None:
    dynamodb, streams = aws("dynamodb"), aws("dynamodbstreams")
    stream = dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    dynamodb.transact_write_items(TransactItems=[put(table, "one")])

    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        dynamodb.transact_write_items(TransactItems=[count(table, "one"), put(table, "two"), refused(table)])
    dynamodb.transact_write_items(TransactItems=[count(table, "one"), put(table, "three")])

    rows = {row["id"]["S"]: row for row in dynamodb.scan(TableName=table)["Items"]}
    assert rows == {"one": {"id": {"S": "one"}, "calls": {"N": "1"}}, "three": {"id": {"S": "three"}}}
    for _ in range(2):  # an iterator may be used again
        records = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
        told = [(record["eventName"], record["dynamodb"]["Keys"]["id"]["S"]) for record in records]
        assert told == [("INSERT", "one"), ("MODIFY", "one"), ("INSERT", "three")]


def test_transactions_do_not_slow_down_as_their_table_grows(aws: Callable[[str], Any], table: str) -> None:
    dynamodb = aws("dynamodb")
    started = time.monotonic()

    for batch in range(60):
        dynamodb.transact_write_items(TransactItems=[put(table, f"{batch}-{i}") for i in range(20)])

    assert time.monotonic() - started < 8  # copying the table for each item would take minutes
