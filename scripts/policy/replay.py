"""Compute a recorded decision again, from what the row keeps of it and the document that it names."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.aws.dynamo import from_json_item
from pipeline.domain.evidence import whole_decision
from pipeline.domain.records import decision_attributes, stored_features
from pipeline.scoring.engine import DecisionEngine
from scripts.errors import CommandError
from scripts.policy.documents import differences

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def read_decision(text: str, source: str) -> dict[str, Any]:
    """Return the decision in a file: a row as `aws dynamodb get-item` prints it, a plain row, or a decision alone.

    Parameters
    ----------
    text
        The file's content.
    source
        What to call it in errors.
    """
    try:
        content: Any = json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise CommandError(f"{source} is no JSON: {error}.") from error
    if isinstance(content, dict) and isinstance(content.get("Item"), dict):
        content = _plain_row(content["Item"], source)
    return decision_in(content, source)


def fetch_decision(client: DynamoDBClient, table: str, transaction_id: str) -> dict[str, Any]:
    """Return the decision of a transaction's row."""
    try:
        key = {"transaction_id": {"S": transaction_id}}
        item = client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"{table} cannot be read: {error}.") from error
    if item is None:
        raise CommandError(f"{table} has no transaction {transaction_id!r}.")
    return decision_in(_plain_row(item, transaction_id), f"transaction {transaction_id}")


def decision_in(content: Any, source: str) -> dict[str, Any]:
    """Return the decision of a row, or the content itself if it is one."""
    decision = _whole(content, source) if isinstance(content, dict) else None
    if not isinstance(decision, dict) or not isinstance(decision.get("features"), dict):
        raise CommandError(
            f"{source} holds no decision with its features: a row of the transactions table does once it is decided;"
            " the API's answer does not show features."
        )
    return decision


def _whole(content: Mapping[str, Any], source: str) -> Any:
    """Return the decision with its evidence; in a plain row, as JSON has it, that is text in base64."""
    if not isinstance(content.get("decision"), dict):
        return content.get("decision", content)
    evidence = content.get("evidence")
    try:
        row = {**content, "evidence": b64decode(evidence, validate=True)} if isinstance(evidence, str) else content
        return whole_decision(row)
    except (TypeError, ValueError) as error:
        raise CommandError(f"{source} holds evidence that this release cannot read: {error}.") from error


def compare(decision: Mapping[str, Any], engine: DecisionEngine) -> list[str]:
    """Return a line for each part of the decision that comes out otherwise now; none if it is the same."""
    try:
        again = engine.replay(stored_features(decision))
    except (KeyError, ValueError) as error:
        raise CommandError(f"the decision cannot be replayed by this release: {error}.") from error
    return differences(_plain(decision), _plain(decision_attributes(again)))


def _plain_row(item: Mapping[str, Any], source: str) -> dict[str, Any]:
    try:
        return from_json_item(item)
    except (AttributeError, TypeError, ValueError) as error:
        raise CommandError(f"{source} is no row as DynamoDB writes it: {error}.") from error


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: what a table gives back as Decimal is a whole number again."""
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return int(value) if isinstance(value, Decimal) and value == int(value) else value
