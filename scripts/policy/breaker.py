"""The drift breaker, as the function `drift` left it: an open one holds promotions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.aws.drift import BREAKER
from pipeline.aws.dynamo import from_item
from pipeline.domain.times import from_text
from pipeline.scoring.drift import Breaker
from scripts.errors import CommandError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


LOOK_HOLDS = timedelta(hours=3)
"""`drift` looks every hour; what it found counts for so long."""


@dataclass(frozen=True)
class State:
    """What `drift` left.

    Parameters
    ----------
    breaker
        Open or closed, and why.
    ran
        Whether `drift` has ever left anything.
    looked_at
        When it looked last, RFC 3339; empty: not recorded.
    """

    breaker: Breaker
    ran: bool
    looked_at: str

    def is_stale(self, now: datetime) -> bool:
        """Tell whether the last look is too old to say anything of now, or is not known."""
        try:
            return now - from_text(self.looked_at) > LOOK_HOLDS
        except ValueError:
            return True


def read(client: DynamoDBClient, table: str) -> State:
    """Return the breaker and the last look; before the first run of `drift` there is neither."""
    try:
        item = client.get_item(TableName=table, Key={"window": {"S": BREAKER}}, ConsistentRead=True).get("Item", {})
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"the drift breaker in {table} cannot be read: {error}.") from error
    row = from_item(item)
    state = Breaker(bool(row.get("open")), row.get("since"), tuple(row.get("reasons", ())))
    return State(state, ran=bool(row), looked_at=str(row.get("looked_at", "")))
