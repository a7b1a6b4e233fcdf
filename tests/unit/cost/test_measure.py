"""What a run left in the local AWS becomes figures a transaction."""

from __future__ import annotations

import json
from typing import Any

from scripts.cost.measure.collect import Left
from scripts.cost.measure.digest import digest
from scripts.cost.measure.sizes import index_units, item_bytes, projected

KEY = ["id"]
BY_ACCOUNT = {
    "KeySchema": [{"AttributeName": "account"}, {"AttributeName": "at"}],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["status"]},
}
WAITING = {"KeySchema": [{"AttributeName": "shard"}], "Projection": {"ProjectionType": "KEYS_ONLY"}}
ROW = {"id": {"S": "t1"}, "account": {"S": "a"}, "at": {"S": "1"}, "status": {"S": "RECEIVED"}, "shard": {"S": "3"}}
DECIDED = {**{name: value for name, value in ROW.items() if name != "shard"}, "status": {"S": "APPROVED"}}


def test_names_and_values_make_the_size() -> None:
    assert item_bytes({"id": {"S": "t1"}}) == 2 + 2
    assert item_bytes({"n": {"N": "1234"}}) == 1 + 3
    assert item_bytes({"n": {"N": "-0.5"}}) == 1 + 2
    assert item_bytes({"b": {"BOOL": True}}) == 1 + 1
    assert item_bytes({"m": {"M": {"k": {"S": "vv"}}}}) == 1 + 3 + 1 + 2 + 1
    assert item_bytes({"l": {"L": [{"S": "vv"}, {"N": "1"}]}}) == 1 + 3 + 3 + 3
    assert item_bytes({"u": {"S": "é"}}) == 1 + 2


def test_an_index_holds_keys_and_what_it_is_told_to() -> None:
    assert projected(ROW, BY_ACCOUNT, KEY) == {name: ROW[name] for name in ("id", "account", "at", "status")}
    assert projected(ROW, WAITING, KEY) == {"id": ROW["id"], "shard": ROW["shard"]}
    assert projected(DECIDED, WAITING, KEY) is None


def test_an_index_is_written_only_when_what_it_holds_changes() -> None:
    assert index_units(None, ROW, BY_ACCOUNT, KEY) == 1
    assert index_units(ROW, DECIDED, BY_ACCOUNT, KEY) == 1
    assert index_units(ROW, DECIDED, WAITING, KEY) == 1
    assert index_units(DECIDED, {**DECIDED, "note": {"S": "x"}}, BY_ACCOUNT, KEY) == 0


def test_an_item_that_moves_in_an_index_is_deleted_and_written() -> None:
    assert index_units(ROW, {**ROW, "shard": {"S": "4"}}, WAITING, KEY) == 2


def change(old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    images = {"NewImage": new, **({"OldImage": old} if old else {})}
    return {"dynamodb": images}


def test_a_run_is_told_a_transaction() -> None:
    metric = {"_aws": {"CloudWatchMetrics": [{"Namespace": "N", "Dimensions": [["s"]], "Metrics": [{"Name": "M"}]}]}}
    lines = ["START RequestId: 1", json.dumps({"message": "answered"}), json.dumps({**metric, "s": "x"}), "REPORT R"]
    table = {"KeySchema": [{"AttributeName": "id"}], "GlobalSecondaryIndexes": [BY_ACCOUNT, WAITING]}
    left = Left(
        logs={"/aws/lambda/f": lines},
        tables={"rows": table},
        items={"rows": [DECIDED]},
        changes={"rows": [change(None, ROW), change(ROW, DECIDED)]},
        objects={"archive": [500, 500]},
        executions=[["ExecutionStarted", "TaskStateEntered", "PassStateEntered", "ExecutionSucceeded"]],
    )
    write = {"Update": {"TableName": "rows"}}
    calls = [
        {"target": "DynamoDB_20120810.TransactWriteItems", "body": json.dumps({"TransactItems": [write, write]})},
        {"target": "AmazonSQS.SendMessage", "body": json.dumps({"QueueUrl": "http://x/1/queue"})},
        {"target": "", "method": "PUT", "path": "/archive/key"},
    ]

    figures = digest(left, calls, 2)

    assert figures["functions"]["/aws/lambda/f"]["calls"] == 0.5
    assert figures["metrics"] == 1
    assert figures["tables"]["rows"]["changes"]["RECEIVED > APPROVED"] == {
        "a_transaction": 0.5, "units": 1, "index_units": 2,
    }  # fmt: skip
    assert figures["calls"]["TransactWriteItems Update rows"] == 1
    assert figures["calls"]["SendMessage queue"] == 0.5
    assert figures["calls"]["PUT /archive"] == 0.5
    assert figures["buckets"]["archive"] == {"objects": 2, "bytes": 500}
    assert figures["transitions"] == 2
