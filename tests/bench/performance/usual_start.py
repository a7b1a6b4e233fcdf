"""How such a function is usually begun: the resource API, the tracer, and the parser. Only its import is measured."""

from __future__ import annotations

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.utilities.parser import BaseModel, parse
from aws_lambda_powertools.utilities.typing import LambdaContext

logger, metrics, tracer = Logger(), Metrics(), Tracer()
app = APIGatewayRestResolver(enable_validation=True)
sdk: Any = boto3
table = sdk.resource("dynamodb").Table(os.environ["TRANSACTIONS_TABLE"])
queue = sdk.resource("sqs").Queue(os.environ["TRANSACTION_QUEUE_URL"])


class Payment(BaseModel):
    """What is posted."""

    transaction_id: str
    account_id: str
    merchant_id: str
    amount: float
    currency: str


@app.post("/v1/transactions")
def submit() -> dict[str, Any]:
    """Store and queue a transaction."""
    payment = parse(event=app.current_event.json_body, model=Payment)
    table.put_item(Item=payment.model_dump())
    queue.send_message(MessageBody=payment.model_dump_json(), MessageGroupId=payment.account_id)
    return {"transaction_id": payment.transaction_id}


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer a request."""
    return app.resolve(event, context)
