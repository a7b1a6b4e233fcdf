"""The way in as common examples write it: look at the body, queue it, answer. Nothing is stored before the answer."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3

sdk: Any = boto3
sqs = sdk.client("sqs")
queue_url = os.environ["TRANSACTION_QUEUE_URL"]


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Queue the transaction of a request."""
    try:
        transaction = json.loads(event["body"])
        account, identity = transaction["account_id"], transaction["transaction_id"]
    except (KeyError, TypeError, ValueError) as error:
        return _answer(400, {"message": f"not a transaction: {error}"})
    sqs.send_message(
        QueueUrl=queue_url,
        MessageBody=json.dumps({"transaction": transaction}),
        MessageGroupId=account,
        MessageDeduplicationId=identity,
    )
    return _answer(202, {"transaction_id": identity, "status": "queued"})


def _answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
