"""How rows of the transactions table change: always with a new revision and a line of history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.aws.dynamo import to_item
from pipeline.aws.writes import Writes, condition_held
from pipeline.domain.status import Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from pipeline.aws.layout import Layout
    from pipeline.domain.settlement import Queued

UNKNOWN = "attribute_not_exists(transaction_id)"
"""The condition under which a row or a claim is new: all of them hold this attribute."""

WAITING = "#status = :received AND #fingerprint = :fingerprint"
"""The condition under which a row that must exist may be settled: waiting with the same body."""

UNSETTLED = f"{UNKNOWN} OR ({WAITING})"
"""The condition under which a transaction may be settled: unknown, or waiting with the same body."""

UNSETTLED_NAMES = {"#status": "status", "#fingerprint": "fingerprint"}


def unsettled_values(fingerprint: str) -> dict[str, Any]:
    """Return the values that `UNSETTLED` and `WAITING` refer to."""
    return to_item({":received": Status.RECEIVED.value, ":fingerprint": fingerprint})


def settle_row(
    table: str,
    key: Mapping[str, Any],
    attributes: Mapping[str, Any],
    entry: Mapping[str, str],
    condition: str = UNSETTLED,
) -> dict[str, Any]:
    """Return the update that settles a row.

    Parameters
    ----------
    table
        Name of the transactions table.
    key
        Key of the row (see `pipeline.aws.layout`).
    attributes
        What the row gets; "status" and "fingerprint" among them, parts that are None are left out.
    entry
        The line of history.
    condition
        `UNSETTLED`: the row may exist as RECEIVED or not at all; `WAITING`: it must exist.
    """
    assigned = to_item(attributes)
    assignments = [f"#{name} = :{name}" for name in assigned]
    assignments += [
        "#revision = if_not_exists(#revision, :zero) + :one",
        "#history = list_append(if_not_exists(#history, :nothing), :entry)",
    ]
    return {
        "TableName": table,
        "Key": key,
        "UpdateExpression": f"SET {', '.join(assignments)} REMOVE received_shard, sweep_after",
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {f"#{name}": name for name in (*assigned, "revision", "history")},
        "ExpressionAttributeValues": {
            **{f":{name}": value for name, value in assigned.items()},
            **to_item({":zero": 0, ":one": 1, ":nothing": [], ":entry": [entry]}),
            **unsettled_values(attributes["fingerprint"]),
        },
    }


def settle_writes(
    table: str, layout: Layout, item: Queued, attributes: Mapping[str, Any], entry: Mapping[str, str]
) -> Writes:
    """Return the writes that settle a transaction: its row, and the claim of its id where nobody claimed it yet.

    Parameters
    ----------
    table, layout
        Name and layout of the transactions table.
    item
        The transaction. Where ids are claimed, `is_stored` says whether its row must be there: a row that was
        deleted is not made again by a message that comes twice.
    attributes, entry
        As for `settle_row`, by our names.
    """
    key, ids_table = layout.key(item.acceptance), layout.ids_table
    row = layout.beside_key({"transaction_id": item.transaction_id, **attributes})
    if ids_table and item.is_stored:
        return [{"Update": settle_row(table, key, row, entry, WAITING)}]
    update = {"Update": settle_row(table, key, row, entry)}
    return [update, put_new(ids_table, layout.claim_of(item.acceptance))] if ids_table else [update]


def unsettled_checks(table: str, layout: Layout, item: Queued) -> Writes:
    """Return the checks that a transaction is not settled, and that its id is not another's, where ids are claimed."""
    fingerprint = item.acceptance.transaction.fingerprint
    row = {
        "TableName": table,
        "Key": layout.key(item.acceptance),
        "ConditionExpression": UNSETTLED,
        "ExpressionAttributeNames": UNSETTLED_NAMES,
        "ExpressionAttributeValues": unsettled_values(fingerprint),
    }
    if not layout.ids_table:
        return [{"ConditionCheck": row}]
    claim = {
        "TableName": layout.ids_table,
        "Key": to_item({"transaction_id": item.transaction_id}),
        "ConditionExpression": f"{UNKNOWN} OR fingerprint = :fingerprint",
        "ExpressionAttributeValues": to_item({":fingerprint": fingerprint}),
    }
    return [{"ConditionCheck": row}, {"ConditionCheck": claim}]


def put_new(table: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the write that stores a row or a claim if there is none; where there is one, the refusal holds it."""
    return {
        "Put": {
            "TableName": table,
            "Item": item,
            "ConditionExpression": UNKNOWN,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def put_once(client: DynamoDBClient, table: str, item: Mapping[str, Any]) -> None:
    """Store a row, in wire format, unless its key is known; storing it again changes nothing."""
    condition_held(lambda: client.put_item(TableName=table, Item=item, ConditionExpression=UNKNOWN))
