"""Reading a day from a table that is keyed by customer: a parallel scan, filtered where the rows lie.

The table has no index by day: it would be a hot key, and dear for every write, to spare one read a day. The
price is that the scan reads every row there is, and costs by the table's size, not by the day's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

from pipeline.domain.records import UNREADABLE_ROW
from pipeline.domain.status import Status
from report.books import Difference, Kind, Row
from report.limits import OutOfTimeError
from report.states import State

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEGMENTS = 4
"""Parts of the table that are read at once; each asks for a page at a time, so that it takes no more than its share."""

ATTRIBUTES = (
    "transaction_id",
    "status",
    "amount",
    "currency",
    "occurred_at",
    "received_at",
    "revision",
    "label_revision",
    "decided_at",
    "is_fraud",
)

Item = Mapping[str, Mapping[str, Any]]


class TableDay:
    """Reads the rows that happened or were received on a day.

    Parameters
    ----------
    client
        A DynamoDB client.
    table
        Name of the transactions table.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self.read_units = Decimal()

    def rows(self, day: date, in_time: Callable[[], bool]) -> Iterator[Union[Row, Difference]]:
        """Yield the rows in no order; for one that cannot be read, what is told of it.

        Raises
        ------
        OutOfTimeError
            If the time does not suffice for the whole table.
        """
        self.read_units = Decimal()
        text = day.isoformat()
        with ThreadPoolExecutor(SEGMENTS) as pool:
            pages: dict[Future[Any], int] = {
                pool.submit(self._page, text, segment, None): segment for segment in range(SEGMENTS)
            }
            while pages:
                for page in wait(pages, return_when=FIRST_COMPLETED).done:
                    segment, answer = pages.pop(page), page.result()
                    if not in_time():
                        raise OutOfTimeError("the table is too large to be read in the time that the function has")
                    if "LastEvaluatedKey" in answer:
                        pages[pool.submit(self._page, text, segment, answer["LastEvaluatedKey"])] = segment
                    self.read_units += Decimal(str(answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0)))
                    for item in answer["Items"]:
                        yield _read(item, text)

    def _page(self, day: str, segment: int, start: Optional[Mapping[str, Any]]) -> Any:
        begin: Any = {} if start is None else {"ExclusiveStartKey": start}
        return self._client.scan(
            TableName=self._table,
            Segment=segment,
            TotalSegments=SEGMENTS,
            FilterExpression="begins_with(#occurred_at, :day) OR begins_with(#received_at, :day)",
            ProjectionExpression=", ".join(f"#{name}" for name in ATTRIBUTES),
            ExpressionAttributeNames={f"#{name}": name for name in ATTRIBUTES},
            ExpressionAttributeValues={":day": {"S": day}},
            ReturnConsumedCapacity="TOTAL",
            **begin,
        )


def _read(item: Item, day: str) -> Union[Row, Difference]:
    try:
        received_at = _text(item, "received_at") or ""
        state = State(
            revision=int(item["revision"]["N"]),
            label_revision=int(item["label_revision"]["N"]) if "label_revision" in item else 0,
            status=Status(item["status"]["S"]).value,
            amount=Decimal(item["amount"]["N"]) if "amount" in item else None,
            currency=_text(item, "currency"),
        )
        return Row(
            transaction_id=item["transaction_id"]["S"],
            state=state,
            happened=(_text(item, "occurred_at") or received_at).startswith(day),  # as the lake takes it
            received=received_at.startswith(day),
            decided="decided_at" in item,
            is_fraud=bool(item["is_fraud"]["BOOL"]) if "is_fraud" in item else False,
        )
    except UNREADABLE_ROW as error:
        name = str(item.get("transaction_id", {}).get("S", "a row without an id"))
        return Difference(Kind.UNREADABLE, f"table: {name}", in_table=type(error).__name__)


def _text(item: Item, name: str) -> Optional[str]:
    return str(item[name]["S"]) if name in item else None
