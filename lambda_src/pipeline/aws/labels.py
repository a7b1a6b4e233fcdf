"""Labels in the transactions table: one conditional update each, and no read where none is needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Optional

from botocore.exceptions import ClientError

from pipeline.aws.dynamo import error_code, from_item, to_item
from pipeline.aws.layout import BY_ID, Layout
from pipeline.aws.row_keys import key_of_id
from pipeline.aws.writes import retry_conflicts
from pipeline.domain.errors import PipelineError, VersionConflictError
from pipeline.domain.label import Labelling, LabelRequest, apply_label

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_ATTEMPTS = 5

LABEL_UNCHANGED = "attribute_not_exists(label_revision)"
"""The condition that a row's labels are as they were read, for a row without any."""


class UnknownTransactionError(PipelineError):
    """There is no such transaction."""


class NotDecidedError(PipelineError):
    """The transaction has no decision yet, so that a label would say nothing of one."""


def labels_unchanged(row: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the condition that a row's labels are as they were read, and the values that it refers to."""
    if "label_revision" not in row:
        return LABEL_UNCHANGED, {}
    return "label_revision = :label_revision_before", {":label_revision_before": row["label_revision"]}


class Labels:
    """Writes labels.

    Parameters
    ----------
    client
        A DynamoDB client.
    table
        Name of the transactions table.
    layout
        How its rows lie.
    """

    def __init__(self, client: DynamoDBClient, table: str, layout: Layout = BY_ID) -> None:
        self._client = client
        self._table = table
        self._layout = layout

    def record(self, request: LabelRequest, actor: str, at: str) -> Labelling:
        """Record a label; the row's status and revision stay as they are.

        The first attempt supposes that the transaction is decided and has no label yet: if so, it is
        the only call (after one that finds the row, where the id is not its key). If not, the refusal
        brings the row, and what it says decides.

        Raises
        ------
        UnknownTransactionError
            If there is no such transaction.
        NotDecidedError
            If it has no decision.
        VersionConflictError
            If others kept labelling it at the same time.
        """
        key = key_of_id(self._client, self._layout, request.transaction_id)
        if key is None:
            raise UnknownTransactionError("nobody has claimed the id")
        row: dict[str, Any] = {}
        for _ in range(MAX_ATTEMPTS):
            labelling = apply_label(row, request.label, actor, at)
            if labelling.attributes is None:
                return labelling
            refused = self._write(key, row, labelling.attributes)
            if refused is None:
                return labelling
            if not refused:
                raise UnknownTransactionError("there is no such transaction")
            if "decision" not in refused:
                raise NotDecidedError("the transaction has not been decided")
            row = refused
        raise VersionConflictError("the transaction's labels keep changing")

    def _write(
        self, key: Mapping[str, Any], row: Mapping[str, Any], attributes: Mapping[str, Any]
    ) -> Optional[dict[str, Any]]:
        """Write the attributes if the row's labels are as in `row`; else return the row as it stands, {} for none."""
        condition, values = labels_unchanged(row)
        assigned = {f":{name}": value for name, value in attributes.items()}
        try:
            retry_conflicts(
                lambda: self._client.update_item(
                    TableName=self._table,
                    Key=key,
                    UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in attributes),
                    ConditionExpression=f"attribute_exists(decision) AND {condition}",
                    ExpressionAttributeNames={f"#{name}": name for name in attributes},
                    ExpressionAttributeValues=to_item({**assigned, **values}),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            known: Mapping[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
            return from_item(known)
        return None
