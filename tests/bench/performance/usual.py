"""The same work as `process`, as common examples write it: record by record, a call for each thing.

Get the customer's profile, query the history, score, put the transaction, put an audit object, put the profile, put
metrics. It is what the figures of `process` are compared with; it keeps no order, and settles a repeat twice.
"""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import boto3
from boto3.dynamodb.conditions import Key

sdk: Any = boto3
dynamodb = sdk.resource("dynamodb")
transactions = dynamodb.Table(os.environ["TRANSACTIONS_TABLE"])
accounts = dynamodb.Table(os.environ["ACCOUNTS_TABLE"])
s3 = sdk.client("s3")
audit_bucket = os.environ["AUDIT_BUCKET"]
cloudwatch = sdk.client("cloudwatch")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Handle each record of the batch."""
    failures = []
    for record in event["Records"]:
        try:
            handle(json.loads(record["body"], parse_float=Decimal)["transaction"])
        except Exception as error:  # noqa: BLE001 - as the examples do
            print(f"failed: {error}")
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def handle(transaction: dict[str, Any]) -> None:
    """Decide one transaction, store it, and count it."""
    amount = Decimal(str(transaction["amount"]))
    profile = accounts.get_item(Key={"account_id": transaction["account_id"]}).get("Item", {})
    history = transactions.query(
        KeyConditionExpression=Key("account_id").eq(transaction["account_id"]), ScanIndexForward=False, Limit=20
    )["Items"]
    score, reasons = risk(transaction, amount, profile, history)
    status = "FRAUD_SUSPECTED" if score >= 70 else "APPROVED"
    now = datetime.now(timezone.utc).isoformat()
    item = {**transaction, "amount": amount, "status": status, "score": score, "reasons": reasons, "decided_at": now}
    transactions.put_item(Item=item)
    s3.put_object(Bucket=audit_bucket, Key=f"{transaction['transaction_id']}.json", Body=json.dumps(item, default=str))
    count, total = profile.get("count", 0) + 1, profile.get("total", Decimal(0)) + amount
    accounts.put_item(
        Item={"account_id": transaction["account_id"], "count": count, "total": total, "average": total / count}
    )
    cloudwatch.put_metric_data(Namespace="fraud", MetricData=[{"MetricName": "Processed", "Value": 1, "Unit": "Count"}])


def risk(
    transaction: dict[str, Any], amount: Decimal, profile: dict[str, Any], history: list[dict[str, Any]]
) -> tuple[int, list[str]]:
    """Return the points of the published rules, and why."""
    score, reasons = 0, list[str]()
    if amount > 10_000:
        score, reasons = score + 30, [*reasons, "high amount"]
    if profile and amount > 3 * profile["average"]:
        score, reasons = score + 30, [*reasons, "unusual amount"]
    if len([one for one in history if one["occurred_at"][:13] == transaction["occurred_at"][:13]]) > 5:
        score, reasons = score + 25, [*reasons, "velocity"]
    return score, reasons
