"""One script of calls for the model and for emulators of AWS: what the one answers, the others must answer as well.

The script holds every form of expression that the functions use, every way to be refused, and the queue's promises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

from pipeline.aws.dynamo import from_item, to_item
from tests.property.simulation.queues import Queue, queue_url
from tests.property.simulation.tables import Change, Database

Step = tuple[str, Any]
"""What was asked, and what came of it."""

TABLE, OTHER = "agreement", "agreement-other"
INDEX = "waiting-index"
NEW = "attribute_not_exists(id)"
WAITING = "attribute_not_exists(id) OR (#status = :received AND #fingerprint = :fingerprint)"


def make_tables(client: Any) -> None:
    """Make the script's tables on an emulator."""
    strings = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "lane", "due")]
    index = {
        "IndexName": INDEX,
        "KeySchema": [{"AttributeName": "lane", "KeyType": "HASH"}, {"AttributeName": "due", "KeyType": "RANGE"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    common = {"BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    client.create_table(
        TableName=TABLE,
        AttributeDefinitions=strings,
        GlobalSecondaryIndexes=[index],
        StreamSpecification=stream,
        **common,
    )
    client.create_table(TableName=OTHER, AttributeDefinitions=strings[:1], **common)


def modelled_tables() -> tuple[Database, list[Change]]:
    """Return the model's tables, and the list that their stream's records go to."""
    database = Database(lambda: 0.0)
    table = database.create(TABLE, "id", waiting_index=("lane", "due"))
    database.create(OTHER, "id")
    return database, table.changes


def table_script(client: Any) -> Iterator[Step]:
    """Ask a client of DynamoDB, and yield what comes of it."""
    for name, operation, arguments in _TABLE_CALLS:
        yield name, outcome(getattr(client, operation), **arguments)


def _key(value: str) -> dict[str, Any]:
    return to_item({"id": value})


def _put(value: str, condition: str = "", **attributes: Any) -> dict[str, Any]:
    only_new = {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"} if condition else {}
    return {"TableName": TABLE, "Item": to_item({"id": value, **attributes}), **only_new}


def _update(value: str, update: str, condition: str = "", table: str = TABLE, **values: Any) -> dict[str, Any]:
    names = {
        f"#{name}": name for name in ("status", "fingerprint", "history", "own") if f"#{name}" in update + condition
    }
    arguments: dict[str, Any] = {"TableName": table, "Key": _key(value), "UpdateExpression": update}
    if condition:
        arguments["ConditionExpression"] = condition
    if names:
        arguments["ExpressionAttributeNames"] = names
    if values:
        arguments["ExpressionAttributeValues"] = to_item({f":{name}": value for name, value in values.items()})
    return arguments


def _get(value: str) -> tuple[str, str, dict[str, Any]]:
    return f"read {value}", "get_item", {"TableName": TABLE, "Key": _key(value), "ConsistentRead": True}


def _query(condition: str, **more: Any) -> dict[str, Any]:
    values = to_item({":lane": "0", ":due": "2026-02"})
    return {
        "TableName": TABLE,
        "IndexName": INDEX,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": values,
        **more,
    }


def _filtered(condition: str, amount: int, **more: Any) -> dict[str, Any]:
    values = to_item({":lane": "0", ":amount": amount})
    conditions = {"KeyConditionExpression": "lane = :lane", "FilterExpression": condition}
    where = {"TableName": TABLE, "IndexName": INDEX, "ScanIndexForward": False}
    return {**where, **conditions, "ExpressionAttributeValues": values, **more}


_RECEIVED: dict[str, Any] = {
    "status": "RECEIVED",
    "fingerprint": "f",
    "history": [{"status": "RECEIVED"}],
    "revision": 1,
}
_SETTLE = (
    "SET #status = :decided, revision = if_not_exists(revision, :zero) + :one,"
    " #history = list_append(if_not_exists(#history, :nothing), :entry) REMOVE lane, due"
)
_SETTLED: dict[str, Any] = {
    "decided": "APPROVED", "zero": 0, "one": 1, "nothing": [], "entry": [{"status": "APPROVED"}],
    "received": "RECEIVED", "fingerprint": "f",
}  # fmt: skip
_REQUEST = "the-script"
_CONFLICT = [
    {"Update": _update("t1", _SETTLE, WAITING, **_SETTLED)},
    {"Put": {**_put("t1", NEW), "TableName": OTHER}},
    {
        "Update": _update(
            "a1", "SET blocked_by = if_not_exists(blocked_by, :id) ADD version :one", table=OTHER, id="t1", one=1
        )
    },
]
_BOTH = [
    {"Update": _update("t4", _SETTLE, WAITING, **_SETTLED)},
    {"ConditionCheck": {"TableName": OTHER, "Key": _key("nobody"), "ConditionExpression": NEW}},
    {"Update": _update("a1", "SET held = :one ADD version :one", "version = :before", table=OTHER, one=1, before=1)},
]

_LIFT, _IS_FENCE = "REMOVE held ADD version :one", "held = :one AND attribute_not_exists(quarantined_at)"

_TABLE_CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("a new row", "put_item", _put("t1", NEW, lane="0", due="2026-01", **_RECEIVED)),
    ("the same id again", "put_item", _put("t1", NEW, other=1)),
    ("a row without a condition", "put_item", _put("t2", lane="0", due="2026-03", amount=1)),
    ("what an index holds", "query", _query("lane = :lane AND due < :due")),
    ("up to a key", "query", _query("lane = :lane AND due <= :due", ScanIndexForward=False, Limit=1)),
    ("from the end, and filtered out", "query", _filtered("amount = :amount", 2, Limit=1)),
    ("from the end, and kept", "query", _filtered("amount = :amount", 1, Limit=2)),
    ("from the end, from a key on", "query",
     _filtered("amount = :amount", 1, ExclusiveStartKey=to_item({"lane": "0", "due": "2026-03", "id": "t2"}))),
    ("all rows, filtered", "scan", {
        "TableName": TABLE, "FilterExpression": "amount = :amount", "ConsistentRead": True,
        "ExpressionAttributeValues": to_item({":amount": 1}),
    }),
    ("settled", "update_item", _update("t1", _SETTLE, WAITING, **_SETTLED)),
    _get("t1"),
    ("settled again", "update_item", _update("t1", _SETTLE, WAITING, **_SETTLED)),
    ("settled without a row", "update_item", _update("t3", _SETTLE, WAITING, **_SETTLED)),
    _get("t3"),
    ("not in the index any more", "query", _query("lane = :lane AND due < :due")),
    ("another type is never equal", "update_item", _update("t1", "SET x = :x", "revision = :text", x=1, text="2")),
    ("a number by its value", "update_item", _update("t1", "SET x = :x", "revision = :number", x=1, number=2)),
    ("what is missing is not less", "update_item", _update("t1", "SET x = :x", "absent < :number", x=1, number=2)),
    ("or of two", "update_item", _update("t1", "SET y = :y", "attribute_not_exists(y) OR x = :y", y=2)),
    ("or of two, none", "update_item", _update("t1", "SET y = :y", "attribute_not_exists(y) OR x = :y", y=3)),
    ("another owner", "update_item",
     _update("t1", "SET #own = :own", "#own <> :own AND #status = :s", own=1, s="APPROVED")),
    ("a counter", "update_item", _update("t1", "ADD sweeps :one", one=1)),
    ("a map", "update_item", _update("t1", "SET alert = :alert", alert={"state": "SENDING", "owner": "a"})),
    ("a part of a map", "update_item", _update("t1", "REMOVE alert", "alert.#own = :a AND #status = :a", a="a")),
    ("a removal", "update_item", _update("t1", "REMOVE alert, x, nothing", "attribute_exists(alert)")),
    _get("t1"),
    ("a sum with nothing", "update_item", _update("t1", "SET z = absent + :one", one=1)),
    ("a value that nothing uses", "update_item", _update("t1", "SET z = :one", one=1, two=2)),
    ("a placeholder without a value", "update_item", _update("t1", "SET z = :one, q = :two", one=1)),
    ("another key", "update_item", _update("t1", "SET id = :other", other="t9")),
    ("a cancelled transaction", "transact_write_items", {"TransactItems": _CONFLICT}),
    _get("t1"),
    ("the row of t4", "put_item", _put("t4", **_RECEIVED)),
    ("the account", "update_item", _update("a1", "ADD version :one", table=OTHER, one=1)),
    ("a transaction", "transact_write_items", {"TransactItems": _BOTH, "ClientRequestToken": _REQUEST}),
    ("the same with its token", "transact_write_items", {"TransactItems": _BOTH, "ClientRequestToken": _REQUEST}),
    ("others with that token", "transact_write_items", {"TransactItems": _BOTH[:1], "ClientRequestToken": _REQUEST}),
    ("the same without", "transact_write_items", {"TransactItems": _BOTH}),
    ("one row twice", "transact_write_items", {"TransactItems": [_CONFLICT[2], _CONFLICT[2]]}),
    _get("t4"),
    (
        "many rows",
        "batch_get_item",
        {
            "RequestItems": {
                TABLE: {"Keys": [_key("t1"), _key("t4"), _key("nobody")], "ConsistentRead": True},
                OTHER: {"Keys": [_key("a1")], "ConsistentRead": True},
            }
        },
    ),
    ("one key twice", "batch_get_item", {"RequestItems": {TABLE: {"Keys": [_key("t1"), _key("t1")]}}}),
    ("no change at all", "put_item", _put("t2", lane="0", due="2026-03", amount=1)),
    ("counters by numbers", "update_item", {
        "TableName": OTHER, "Key": _key("day"), "UpdateExpression": "ADD #0 :0, #1 :1",
        "ExpressionAttributeNames": {"#0": "amount:USD", "#1": "fraud"},
        "ExpressionAttributeValues": to_item({":0": Decimal("12.50"), ":1": 0}), "ReturnValues": "ALL_NEW",
    }),
    ("a fence is lifted", "update_item", _update("a1", _LIFT, _IS_FENCE, table=OTHER, one=1)),
    ("it is no fence", "update_item", _update("a1", _LIFT, _IS_FENCE, table=OTHER, one=1)),
    ("no such table", "get_item", {"TableName": "nowhere", "Key": _key("t1")}),
]  # fmt: skip


def outcome(call: Callable[..., Any], **arguments: Any) -> Any:
    """Return what an answer or a refusal says, without what differs from service to service."""
    try:
        answer = call(**arguments)
    except ClientError as error:
        return _refusal(error)
    found: dict[str, Any] = {}
    if "Item" in answer:
        found["row"] = from_item(answer["Item"])
    if answer.get("Attributes"):  # empty, some say, where nothing was asked for
        found["afterwards"] = from_item(answer["Attributes"])
    if "ScannedCount" in answer:
        found["looked_at"] = answer["ScannedCount"]
    if "Items" in answer:
        found["rows"] = [from_item(item) for item in answer["Items"]]
    if "Responses" in answer:
        found["tables"] = {
            name: sorted((from_item(item) for item in items), key=lambda row: str(row["id"]))
            for name, items in answer["Responses"].items()
        }
    return found


def _refusal(error: ClientError) -> Any:
    answer: Any = error.response
    found: dict[str, Any] = {"refused": answer["Error"]["Code"]}
    if answer.get("Item"):
        found["row"] = from_item(answer["Item"])
    reasons = answer.get("CancellationReasons")
    if reasons:
        found["reasons"] = [(each["Code"], from_item(each.get("Item") or {})) for each in reasons]
    return found


class ModelledQueue:
    """The model's queue with the operations of a client of SQS that Lambda's pollers use."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def send_message(self, **given: Any) -> dict[str, Any]:
        """Send a message."""
        sent = self._queue.send(given["MessageBody"], given["MessageGroupId"], given["MessageDeduplicationId"])
        return {"MessageId": sent.message_id}

    def receive_message(self, **given: Any) -> dict[str, Any]:
        """Receive messages."""
        batch = self._queue.receive(given["MaxNumberOfMessages"])
        return {"Messages": [{"Body": each.body, "ReceiptHandle": each.handle} for each in batch]}

    def delete_message(self, **given: Any) -> None:
        """Delete a message."""
        self._queue.delete(given["ReceiptHandle"])

    def change_message_visibility(self, **given: Any) -> None:
        """Change when a message is visible again."""
        self._queue.hide(given["ReceiptHandle"], given["VisibilityTimeout"])


def queue_script(
    client: Any, url: str, dead_letters: Any, dead_url: str, *, blocks_whole_groups: bool = True
) -> Iterator[Step]:
    """Ask a client of SQS about a FIFO queue that gives up after three receives; yield what comes of it.

    Parameters
    ----------
    client, url
        The client, and the queue.
    dead_letters, dead_url
        The same for its dead letters.
    blocks_whole_groups
        Whether to ask what becomes of a group of which only a later message is under way.
    """

    def receive(most: int = 10) -> list[Any]:
        return client.receive_message(QueueUrl=url, MaxNumberOfMessages=most).get("Messages", [])  # type: ignore[no-any-return]

    def send(body: str, group: str) -> str:
        sent = client.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=body)
        return str(sent["MessageId"])

    def show(messages: list[Any]) -> None:
        for message in messages:
            client.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)

    first = send("a1", "a")
    yield "the same id is one message", send("a1", "a") == first
    send("a2", "a")
    send("b1", "b")
    batch = receive()
    yield "a batch in order", _bodies(batch)
    send("a3", "a")
    yield "nothing of a group that is under way", _bodies(receive())
    client.delete_message(QueueUrl=url, ReceiptHandle=batch[-1]["ReceiptHandle"])
    if blocks_whole_groups:
        show(batch[:1])
        yield "nothing while one of it is under way", _bodies(receive())
        show(batch[1:2])
    else:
        show(batch[:2])
    for receives in (2, 3):
        batch = receive(2)
        yield f"receive {receives}", _bodies(batch)
        show(batch)
    yield "given up after three", _bodies(receive())
    dead = dead_letters.receive_message(QueueUrl=dead_url, MaxNumberOfMessages=10).get("Messages", [])
    yield "dead letters in order", _bodies(dead)


def _bodies(messages: list[Any]) -> list[str]:
    return [message["Body"] for message in messages]


def modelled_queues() -> tuple[ModelledQueue, str, ModelledQueue, str]:
    """Return the model's queue and its dead letters, as `queue_script` takes them."""
    dead = Queue("dead.fifo", lambda: 0.0, 60.0)
    queue = Queue("queue.fifo", lambda: 0.0, 60.0, dead)
    return ModelledQueue(queue), queue_url(queue.name), ModelledQueue(dead), queue_url(dead.name)


def make_queues(client: Any) -> tuple[Any, str, Any, str]:
    """Make the same on an emulator."""
    fifo = {"FifoQueue": "true", "VisibilityTimeout": "60"}
    dead = client.create_queue(QueueName="agreement-dead.fifo", Attributes=fifo)["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": 3}}'
    queue = client.create_queue(QueueName="agreement.fifo", Attributes={**fifo, "RedrivePolicy": redrive})["QueueUrl"]
    return client, queue, client, dead


def stream_records(tables: Any, streams: Any) -> list[Any]:
    """Return what the stream of the script's table tells on an emulator."""
    arn = tables.describe_table(TableName=TABLE)["Table"]["LatestStreamArn"]
    found: list[Any] = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = streams.get_records(ShardIterator=iterator)["Records"]
        found += [(record["dynamodb"].get("OldImage"), record["dynamodb"].get("NewImage")) for record in records]
    return [tuple(from_item(image) if image else None for image in images) for images in found]


def modelled_records(changes: list[Change]) -> list[Any]:
    """Return what the model's stream tells of the same."""
    images = [(change.old, change.new) for change in changes]
    return [tuple(None if image is None else from_item(image) for image in pair) for pair in images]
