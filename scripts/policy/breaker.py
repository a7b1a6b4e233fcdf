"""The drift breaker, as the function `drift` left it: an open one holds promotions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.aws.drift import BREAKER
from pipeline.aws.dynamo import from_item
from pipeline.scoring.drift import Breaker
from scripts.errors import CommandError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def read(client: DynamoDBClient, table: str) -> Breaker:
    """Return the breaker; before the first run of `drift` there is none, which is not an open one."""
    try:
        item = client.get_item(TableName=table, Key={"window": {"S": BREAKER}}, ConsistentRead=True).get("Item", {})
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"the drift breaker in {table} cannot be read: {error}.") from error
    row = from_item(item)
    return Breaker(bool(row.get("open")), row.get("since"), tuple(row.get("reasons", ())))
