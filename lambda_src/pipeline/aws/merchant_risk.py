"""The table of merchants' risk: read by `process` through a cache, written in batches by `learn` alone."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

from pipeline.aws.dynamo import to_bytes, to_item
from pipeline.aws.observability import count, logger
from pipeline.aws.reads import batch_get
from pipeline.aws.writes import condition_held, transact
from pipeline.domain.errors import VersionConflictError
from pipeline.domain.merchant_risk import EMPTY, MerchantRisk, MerchantStateError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CONFLICT = "the merchant's risk or a label changed since it was read"

MOST_MARKS = 99
"""A transaction has at most 100 items, and the merchant is one of them."""


@dataclass(frozen=True)
class StoredRisk:
    """A merchant's risk as read; `version` is the lock, 0 where there is no row yet."""

    version: int
    risk: MerchantRisk


@dataclass(frozen=True)
class Mark:
    """What a transaction's row keeps of how its label was counted.

    Parameters
    ----------
    transaction_id
        The row.
    label_revision
        The revision of the label that is counted: it must still stand.
    before, after
        How many frauds (0 or 1) of it the merchant's risk held, and will hold.
    """

    transaction_id: str
    label_revision: int
    before: int
    after: int


def read_risk(row: Optional[Mapping[str, Any]]) -> StoredRisk:
    """Return what a row of the table holds; None: the merchant is new.

    Raises
    ------
    MerchantStateError
        If the row cannot be read.
    """
    if row is None:
        return StoredRisk(0, EMPTY)
    version = row.get("version", 0)
    if not isinstance(version, Decimal) or version != int(version) or version < 1:
        raise MerchantStateError("the version of a merchant's risk is no count")
    try:
        return StoredRisk(int(version), MerchantRisk.unpack(to_bytes(row.get("risk"))))
    except TypeError as error:
        raise MerchantStateError(f"a merchant's risk {error}") from error


def risk_of(merchant_id: str, row: Optional[Mapping[str, Any]]) -> MerchantRisk:
    """Return what decisions look at of a merchant's risk; one that is unreadable counts as unknown.

    Other than an account's state it must not stop the decision: a merchant is many accounts.
    """
    try:
        return read_risk(row).risk._replace(keys=())  # the memory of what was counted is of no use here, and large
    except MerchantStateError as error:
        count("MerchantRiskUnreadable")
        logger.error("the merchant's risk is unreadable", merchant_id=merchant_id, cause=str(error))
        return EMPTY


class MerchantRiskStore:
    """Reads and writes the risk of merchants.

    Parameters
    ----------
    client
        A DynamoDB client.
    table, transactions_table
        Names of the tables.
    sleep
        Waits the given seconds before a read is tried again.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        transactions_table: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._transactions = transactions_table
        self._sleep = sleep

    def load(self, merchant_ids: Iterable[str]) -> dict[str, Union[StoredRisk, MerchantStateError]]:
        """Return what is known of each merchant, strongly consistent; an unreadable one is its error."""
        ids = sorted(set(merchant_ids))
        rows = batch_get(self._client, self._table, "merchant_id", ids, self._sleep)
        return {merchant_id: _read(rows.get(merchant_id)) for merchant_id in ids}

    def load_rows(self, transaction_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return the transactions' rows as they stand, by id."""
        ids = sorted(set(transaction_ids))
        return batch_get(self._client, self._transactions, "transaction_id", ids, self._sleep)

    def save(self, merchant_id: str, before: StoredRisk, after: MerchantRisk, marks: Sequence[Mark] = ()) -> None:
        """Write a merchant's risk together with the marks of the labels that it now counts, or nothing.

        Raises
        ------
        VersionConflictError
            If the merchant or a label changed since it was read; nothing was written.
        """
        update = self._risk_update(merchant_id, before, after)
        if marks:
            transact(self._client, [{"Update": update}, *({"Update": self._mark(mark)} for mark in marks)], CONFLICT)
        elif not condition_held(lambda: self._client.update_item(**update)):
            raise VersionConflictError(CONFLICT)

    def _risk_update(self, merchant_id: str, before: StoredRisk, after: MerchantRisk) -> dict[str, Any]:
        values = {":risk": after.pack(), ":version": before.version + 1}
        condition = "attribute_not_exists(#version)"
        if before.version:
            condition = "#version = :before"
            values[":before"] = before.version
        return {
            "TableName": self._table,
            "Key": {"merchant_id": {"S": merchant_id}},
            "UpdateExpression": "SET #risk = :risk, #version = :version",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#risk": "risk", "#version": "version"},
            "ExpressionAttributeValues": to_item(values),
        }

    def _mark(self, mark: Mark) -> dict[str, Any]:
        unmarked = "attribute_not_exists(label_counted) OR " if not mark.before else ""
        return {
            "TableName": self._transactions,
            "Key": {"transaction_id": {"S": mark.transaction_id}},
            "UpdateExpression": "SET label_counted = :after",
            "ConditionExpression": f"label_revision = :revision AND ({unmarked}label_counted = :before)",
            "ExpressionAttributeValues": to_item(
                {":after": mark.after, ":before": mark.before, ":revision": mark.label_revision}
            ),
        }


def _read(row: Optional[Mapping[str, Any]]) -> Union[StoredRisk, MerchantStateError]:
    try:
        return read_risk(row)
    except MerchantStateError as error:
        return error
