"""What is noted of a function's calls: the IAM actions behind its operations, and nothing that a test did itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.ministack import MiniStack
from tests.unit.functions.conftest import Tables
from tests.unit.functions.function_module import load_handler
from tests.unit.functions.recorded_calls import Recorder, asked

TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:orders"


@pytest.mark.parametrize(
    ("service", "operation", "params", "expected"),
    [
        ("dynamodb", "GetItem", {"TableName": "a"}, [("dynamodb:GetItem", f"{TABLE}/a")]),
        (
            "dynamodb",
            "Query",
            {"TableName": "a", "IndexName": "by-day"},
            [("dynamodb:Query", f"{TABLE}/a/index/by-day")],
        ),
        (
            "dynamodb",
            "BatchGetItem",
            {"RequestItems": {"a": {}, "b": {}}},
            [("dynamodb:BatchGetItem", f"{TABLE}/a"), ("dynamodb:BatchGetItem", f"{TABLE}/b")],
        ),
        (
            "dynamodb",
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "a"}}, {"ConditionCheck": {"TableName": "b"}}]},
            [("dynamodb:PutItem", f"{TABLE}/a"), ("dynamodb:ConditionCheckItem", f"{TABLE}/b")],
        ),
        ("sqs", "SendMessageBatch", {"QueueUrl": "http://x/0/orders"}, [("sqs:SendMessage", QUEUE)]),
        ("s3", "ListObjectsV2", {"Bucket": "b"}, [("s3:ListBucket", "arn:aws:s3:::b")]),
        ("s3", "PutObject", {"Bucket": "b"}, [("s3:PutObject", "arn:aws:s3:::b/object")]),
        (
            "s3",
            "PutObject",
            {"Bucket": "b", "ObjectLockMode": "GOVERNANCE"},
            [("s3:PutObject", "arn:aws:s3:::b/object"), ("s3:PutObjectRetention", "arn:aws:s3:::b/object")],
        ),
        ("ce", "GetCostAndUsage", {}, [("ce:GetCostAndUsage", "*")]),
        (
            "ssm",
            "GetParameter",
            {"Name": "p"},
            [("ssm:GetParameter", "arn:aws:ssm:us-east-1:000000000000:parameter/p")],
        ),
        (
            "kinesis",
            "PutRecord",
            {"StreamName": "s"},
            [("kinesis:PutRecord", "arn:aws:kinesis:us-east-1:000000000000:stream/s")],
        ),
        (
            "cloudwatch",
            "DescribeAlarms",
            {"AlarmNames": ["high"]},
            [("cloudwatch:DescribeAlarms", "arn:aws:cloudwatch:us-east-1:000000000000:alarm:high")],
        ),
    ],
)
def test_an_operation_is_told_by_the_actions_that_it_needs(
    service: str, operation: str, params: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert list(asked(service, operation, params)) == expected


def test_a_functions_calls_are_written_and_the_tests_own_are_not(
    call_recorder: Recorder,
    tables: Tables,
    emulator: MiniStack,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    settings = {"TRANSACTIONS_TABLE": tables.transactions, "ACCOUNT_INDEX_NAME": "account-index"}
    query = load_handler("query", monkeypatch, emulator, **settings)
    tables.put(tables.transactions, {"transaction_id": "t1"})
    request = {"resource": "/v1/transactions/{transaction_id}", "pathParameters": {"transaction_id": "other"}}
    query.handler({**request, "httpMethod": "GET", "requestContext": {"operationName": "getTransaction"}}, None)

    call_recorder.write("here", tmp_path)

    (line,) = (tmp_path / "unit-here.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "principal": "function:query",
        "action": "dynamodb:GetItem",
        "resource": f"{TABLE}/transactions",
        "allowed": True,
        "suite": "unit",
    }
