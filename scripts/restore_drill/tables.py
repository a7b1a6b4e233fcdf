"""A DynamoDB table as a drill uses it: read whole, written, emptied, backed up and restored."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Optional

from botocore.exceptions import ClientError

from pipeline.aws.dynamo import error_code, from_item, to_item
from scripts.errors import CommandError
from scripts.restore_drill.changes import Row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Key = tuple[str, ...]

_BATCH = 25
_ATTEMPTS = 10
_POLL_SECONDS = 1.0
RESTORE_SECONDS = 12 * 3600.0
"""How long a restore may take before the drill gives up: far longer than promised, because the figure is wanted."""


class Table:
    """One table.

    Parameters
    ----------
    client
        A DynamoDB client.
    name
        Its name.
    key
        Its key attributes.
    """

    def __init__(self, client: DynamoDBClient, name: str, key: Sequence[str]) -> None:
        self._client = client
        self.name = name
        self._key = tuple(key)

    def read(self) -> dict[Key, dict[str, Any]]:
        """Return all rows by their key."""
        found: dict[Key, dict[str, Any]] = {}
        for page in self._client.get_paginator("scan").paginate(TableName=self.name, ConsistentRead=True):
            for item in page["Items"]:
                row = from_item(item)
                found[tuple(str(row[name]) for name in self._key)] = row
        return found

    def put(self, rows: Iterable[Row]) -> None:
        """Write rows, over those that are there."""
        self._write({"PutRequest": {"Item": to_item(row)}} for row in rows)

    def empty(self) -> int:
        """Delete every row; return how many."""
        rows = self.read().values()
        self._write({"DeleteRequest": {"Key": to_item({name: row[name] for name in self._key})}} for row in rows)
        return len(rows)

    def exists(self) -> bool:
        """Say whether there is such a table."""
        return self._status() is not None

    def delete(self) -> None:
        """Delete the table itself and wait until it is gone."""
        self._client.delete_table(TableName=self.name)
        _until(lambda: not self.exists(), f"{self.name} to be gone")

    def await_active(self) -> None:
        """Wait until it can be used."""
        _until(lambda: self._status() == "ACTIVE", f"{self.name} to be restored")

    def back_up(self, name: str) -> tuple[str, datetime]:
        """Make an on-demand backup; return its ARN and the time whose content it holds."""
        details = self._client.create_backup(TableName=self.name, BackupName=name)["BackupDetails"]
        arn = details["BackupArn"]
        _until(lambda: self._backup_status(arn) == "AVAILABLE", f"the backup of {self.name}")
        return arn, details["BackupCreationDateTime"]

    def restore_from(self, backup_arn: str) -> None:
        """Make this table out of a backup."""
        self._client.restore_table_from_backup(TargetTableName=self.name, BackupArn=backup_arn)
        self.await_active()

    def latest_restorable(self) -> datetime:
        """Return the latest time that its point-in-time recovery can restore.

        Raises
        ------
        CommandError
            If it has none.
        """
        answer = self._client.describe_continuous_backups(TableName=self.name)["ContinuousBackupsDescription"]
        recovery = answer.get("PointInTimeRecoveryDescription", {})
        if recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
            raise CommandError(f"{self.name} has no point-in-time recovery: there is nothing to restore.")
        return recovery["LatestRestorableDateTime"]

    def restore_as(self, target: Table, at: datetime) -> None:
        """Restore the content of a past second into a new table; this one is not touched."""
        self._client.restore_table_to_point_in_time(
            SourceTableName=self.name, TargetTableName=target.name, RestoreDateTime=at
        )
        target.await_active()

    def _status(self) -> Optional[str]:
        try:
            return self._client.describe_table(TableName=self.name)["Table"]["TableStatus"]
        except ClientError as error:
            if error_code(error) == "ResourceNotFoundException":
                return None
            raise

    def _backup_status(self, arn: str) -> str:
        details = self._client.describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]
        return str(details["BackupStatus"])

    def _write(self, requests: Iterable[Mapping[str, Any]]) -> None:
        left = iter(requests)
        while batch := list(islice(left, _BATCH)):
            pending: Any = {self.name: batch}
            for attempt in range(_ATTEMPTS):
                pending = self._client.batch_write_item(RequestItems=pending).get("UnprocessedItems")
                if not pending:
                    break
                time.sleep(random.uniform(0.0, 0.05 * 2**attempt))  # noqa: S311 - jitter
            else:
                raise CommandError(f"{self.name} took only a part of what was written to it; drill again.")


def _until(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + RESTORE_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise CommandError(f"waited {RESTORE_SECONDS / 3600:.0f} hours for {what} in vain.")
        time.sleep(_POLL_SECONDS)
