"""The cases table, and the transaction that each case is about: changed together or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from botocore.exceptions import ClientError

from pipeline.aws.dynamo import error_code, from_item, to_item
from pipeline.aws.labels import labels_unchanged
from pipeline.aws.writes import condition_held, retry_conflicts, transact
from pipeline.domain.case import StatusChange
from pipeline.domain.records import history_entry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class CaseFile:
    """A case's row and its transaction's row, as read; None where there is no row."""

    case: Optional[dict[str, Any]]
    transaction: Optional[dict[str, Any]]


class CaseStore:
    """Reads and writes cases for one execution of the workflow.

    Parameters
    ----------
    client
        A DynamoDB client.
    cases_table, transactions_table
        Names of the tables.
    """

    def __init__(self, client: DynamoDBClient, cases_table: str, transactions_table: str) -> None:
        self._client = client
        self._cases = cases_table
        self._transactions = transactions_table

    def load(self, case_id: str) -> CaseFile:
        """Return both rows as they stand now (two consistent reads; conditions guard what is built on them)."""
        return CaseFile(
            self._get(self._cases, "case_id", case_id),
            self._get(self._transactions, "transaction_id", case_id),
        )

    def open(self, row: Mapping[str, Any], started_at: str) -> bool:
        """Write a new case; tell whether it is the execution's own.

        It is if there was none, if a retry of the same execution finds its own, or if another execution failed
        before this one started: an operator opens a failed case again by sending its event again. A request that
        arrives late changes nothing: the own case is never written again, and the failed case of another, which
        went on while this one had its answer long since, stays failed.

        Parameters
        ----------
        row
            The case.
        started_at
            When the execution started, UTC, as `to_text` writes it.
        """
        own = row["execution_arn"]
        try:
            retry_conflicts(
                lambda: self._client.put_item(
                    TableName=self._cases,
                    Item=to_item(row),
                    ConditionExpression="attribute_not_exists(case_id)"
                    " OR (execution_arn <> :own AND #status = :failed AND failure.#at < :started)",
                    ExpressionAttributeNames={"#status": "status", "#at": "at"},
                    ExpressionAttributeValues=to_item({":own": own, ":failed": "FAILED", ":started": started_at}),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            known: Mapping[str, Any] = error.response["Item"]  # type: ignore[typeddict-item]
            return bool(from_item(known)["execution_arn"] == own)
        return True

    def commit(
        self,
        case_id: str,
        execution_arn: str,
        attributes: Mapping[str, Any],
        transaction: Mapping[str, Any],
        change: Optional[StatusChange],
        at: str,
        label: Optional[Mapping[str, Any]] = None,
    ) -> None:
        """Change an open case and its transaction in one transaction.

        Parameters
        ----------
        case_id, execution_arn
            The case, and the execution that owns it.
        attributes
            What the case's row gets.
        transaction
            The transaction's row as read: it must not have changed since.
        change
            The change of the transaction's status; None: it stays as it is.
        at
            The time of the change, UTC, RFC 3339.
        label
            What the transaction's row gets with a change that says what it turned out to be.

        Raises
        ------
        VersionConflictError
            If the case is no longer open for this execution, or the transaction or its label has changed;
            nothing was written.
        """
        writes = [
            self._case_update(case_id, execution_arn, attributes),
            self._transaction_update(transaction, change, at, label or {}),
        ]
        transact(self._client, writes, "the case or its transaction changed since it was read")

    def note_failure(self, case_id: str, execution_arn: str, status: str, failure: Mapping[str, Any]) -> bool:
        """Record that the execution failed, also where it never came to open its case.

        Returns
        -------
        bool
            False if the case belongs to another execution: that one goes on.
        """
        values = {":own": execution_arn, ":status": status, ":failure": dict(failure), ":transaction": case_id}
        return condition_held(
            lambda: self._client.update_item(
                TableName=self._cases,
                Key={"case_id": {"S": case_id}},
                UpdateExpression="SET #status = :status, failure = :failure, "
                "execution_arn = :own, transaction_id = :transaction",
                ConditionExpression="attribute_not_exists(case_id) OR execution_arn = :own",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=to_item(values),
            )
        )

    def _get(self, table: str, key: str, value: str) -> Optional[dict[str, Any]]:
        answer = self._client.get_item(TableName=table, Key={key: {"S": value}}, ConsistentRead=True)
        return from_item(answer["Item"]) if "Item" in answer else None

    def _case_update(self, case_id: str, execution_arn: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
        values = to_item(attributes)
        return {
            "Update": {
                "TableName": self._cases,
                "Key": {"case_id": {"S": case_id}},
                "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in values),
                "ConditionExpression": "execution_arn = :own AND #status = :open",
                "ExpressionAttributeNames": {f"#{name}": name for name in (*values, "status")},
                "ExpressionAttributeValues": {
                    **{f":{name}": value for name, value in values.items()},
                    **to_item({":own": execution_arn, ":open": "OPEN"}),
                },
            }
        }

    def _transaction_update(
        self, row: Mapping[str, Any], change: Optional[StatusChange], at: str, label: Mapping[str, Any]
    ) -> dict[str, Any]:
        target: dict[str, Any] = {
            "TableName": self._transactions,
            "Key": {"transaction_id": {"S": row["transaction_id"]}},
            "ConditionExpression": "#revision = :revision",
        }
        if change is None:
            return {
                "ConditionCheck": {
                    **target,
                    "ExpressionAttributeNames": {"#revision": "revision"},
                    "ExpressionAttributeValues": to_item({":revision": row["revision"]}),
                }
            }
        entry = history_entry(change.status, at, change.actor, change.reason)
        values = {":revision": row["revision"], ":one": 1, ":status": change.status.value, ":entry": [entry]}
        if label:
            condition, seen = labels_unchanged(row)
            target["ConditionExpression"] += f" AND {condition}"
            values.update(seen, **{f":{name}": value for name, value in label.items()})
        assignments = [
            "#status = :status",
            "#revision = #revision + :one",
            "#history = list_append(#history, :entry)",
            *(f"#{name} = :{name}" for name in label),
        ]
        return {
            "Update": {
                **target,
                "UpdateExpression": f"SET {', '.join(assignments)}",
                "ExpressionAttributeNames": {f"#{name}": name for name in ("status", "revision", "history", *label)},
                "ExpressionAttributeValues": to_item(values),
            }
        }
