"""The accounts table: what it says of an account, and the writes that go along with those of its transactions.

The writes are made by the ledger and the quarantine, in one transaction with the rows. A system without
accounts takes `NoAccounts` instead: each transaction is then an account of its own, which is never written.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

from pipeline.aws.dynamo import to_bytes, to_item
from pipeline.aws.layout import ACCOUNTS, AccountLayout
from pipeline.aws.reads import batch_get
from pipeline.aws.writes import Writes, condition_held
from pipeline.domain.account import Account
from pipeline.domain.errors import AccountStateError
from pipeline.domain.profile import EMPTY, AccountProfile
from pipeline.domain.settlement import Plan, Queued
from pipeline.domain.times import from_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LONGEST_REASON = 500
LoadedAccounts = dict[str, Union[Account, AccountStateError]]

_DATES = "created_at = if_not_exists(created_at, :at), updated_at = :at"

_ACCOUNT_FIELDS = ("commits", "held", "blocked_by", "waited_for", "last_transaction_id", "last_occurred_at")


class AccountTable:
    """Reads accounts, and says how they change.

    Parameters
    ----------
    client
        A DynamoDB client.
    table
        Name of the table.
    sleep
        Waits the given seconds before a read is tried again.
    layout
        How its rows lie.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        sleep: Callable[[float], None] = time.sleep,
        layout: AccountLayout = ACCOUNTS,
    ) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep
        self._layout = layout

    def load(self, account_ids: Iterable[str]) -> LoadedAccounts:
        """Return each account; an account never seen is a new one, an unreadable one is its error."""
        ids = sorted(set(account_ids))
        rows = batch_get(self._client, self._table, self._layout.key, ids, self._sleep)
        return {account_id: _read_account(account_id, rows.get(account_id)) for account_id in ids}

    def load_block(self, account_id: str) -> Account:
        """Return only what is needed to hold transactions of the account, whatever else of it is unreadable.

        Raises
        ------
        AccountStateError
            If that is unreadable, too.
        """
        key = self._layout.key
        row = batch_get(self._client, self._table, key, [account_id], self._sleep).get(account_id, {})
        try:
            return Account(
                account_id,
                version=_count(row, "version"),
                held=_count(row, "held"),
                blocked_by=row.get("blocked_by"),
                is_quarantined="quarantined_at" in row,
            )
        except (TypeError, ValueError) as error:
            raise AccountStateError(f"the stored block of the account is unreadable: {error}") from error

    def note_failure(self, account_id: str, transaction_id: str, reason: str) -> None:
        """Keep, for the operator, why `transaction_id` blocks its account."""
        condition_held(
            lambda: self._client.update_item(
                TableName=self._table,
                Key=self._key(account_id),
                UpdateExpression="SET blocked_reason = :reason",
                ConditionExpression="blocked_by = :id",
                ExpressionAttributeValues={":reason": {"S": reason[:LONGEST_REASON]}, ":id": {"S": transaction_id}},
            )
        )

    def fence_writes(self, item: Queued) -> Writes:
        """Return the write that blocks the account for this transaction, unless another blocks it already."""
        block = {
            "TableName": self._table,
            "Key": self._key(item.account_id),
            "UpdateExpression": "SET blocked_by = if_not_exists(blocked_by, :id) ADD version :one",
            "ExpressionAttributeValues": to_item({":id": item.transaction_id, ":one": 1}),
        }
        return [{"Update": block}]

    def lift_fence(self, item: Queued) -> bool:
        """Lift the mere fence of a transaction that is another account's; tell whether there is none now.

        It stays if others are held behind it: only people can say what becomes of them.
        """
        lifted = condition_held(
            lambda: self._client.update_item(
                TableName=self._table,
                Key=self._key(item.account_id),
                UpdateExpression="REMOVE blocked_by, blocked_reason ADD version :one",
                ConditionExpression="blocked_by = :id AND attribute_not_exists(quarantined_at)"
                " AND (attribute_not_exists(waited_for) OR waited_for <> :id)",
                ExpressionAttributeValues=to_item({":id": item.transaction_id, ":one": 1}),
            )
        )
        return lifted or not self.load_block(item.account_id).is_fenced_for(item.transaction_id)

    def quarantine_writes(self, item: Queued, at: str, keep_version: bool, fence: Optional[str] = None) -> Writes:
        """Return the write that blocks the account for a failed transaction, if none other blocks it.

        Parameters
        ----------
        item, at
            The transaction, and the time of its failure.
        keep_version
            False where the account's stored version is unreadable: it then starts anew.
        fence
            The transaction whose fence gives way to this block; None if there is no such fence.
        """
        # A version that is no number cannot be counted up; it is put aside for the operator.
        count_up = "ADD version :one" if keep_version else ", unreadable_version = version, version = :one"
        dates = f", {_DATES}" if self._layout.dated else ""
        block: dict[str, Any] = {
            "TableName": self._table,
            "Key": self._key(item.account_id),
            "UpdateExpression": f"SET blocked_by = :id, quarantined_at = :at{dates} {count_up}",
            "ConditionExpression": "attribute_not_exists(blocked_by) OR blocked_by = :id",
            "ExpressionAttributeValues": to_item({":id": item.transaction_id, ":at": at, ":one": 1, ":fence": fence}),
        }
        if fence is not None:
            block["UpdateExpression"] += " REMOVE blocked_reason"  # it was the other one's
            block["ConditionExpression"] = "blocked_by = :fence AND attribute_not_exists(quarantined_at)"
        return [{"Update": block}]

    def commit_writes(self, plan: Plan, at: str) -> Writes:
        """Return the write of what a plan makes of its account; none if it leaves it as it is.

        Parameters
        ----------
        plan, at
            What becomes of it, and the time of that, UTC, RFC 3339.
        """
        if plan.after == plan.before:
            return []
        changed = {
            name: getattr(plan.after, name)
            for name in _ACCOUNT_FIELDS
            if getattr(plan.after, name) != getattr(plan.before, name)
        }
        if plan.after.profile != plan.before.profile:
            changed["profile"] = plan.after.profile.pack()
        assigned = to_item({**changed, "version": plan.after.version, **self._layout.shown(plan)})
        expression = "SET " + ", ".join(f"{name} = :{name}" for name in assigned)
        if self._layout.dated:
            expression += f", {_DATES}"
        if changed.get("blocked_by", "") is None:
            expression += " REMOVE blocked_by, blocked_reason, quarantined_at, waited_for"
        values = {f":{name}": value for name, value in assigned.items()}
        if self._layout.dated:
            values[":at"] = {"S": at}
        condition = "attribute_not_exists(version)"
        if plan.before.version:
            condition = "version = :before"
            values[":before"] = {"N": str(plan.before.version)}
        update = {
            "TableName": self._table,
            "Key": self._key(plan.before.account_id),
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }
        return [{"Update": update}]

    def _key(self, account_id: str) -> dict[str, Any]:
        return {self._layout.key: {"S": account_id}}


class NoAccounts:
    """Stands for the table where a system keeps no accounts: every account is new, and none is ever blocked."""

    def load(self, account_ids: Iterable[str]) -> LoadedAccounts:
        """Return a new account for each id."""
        return {account_id: Account(account_id) for account_id in account_ids}

    def load_block(self, account_id: str) -> Account:
        """Return a new account: nothing blocks it."""
        return Account(account_id)

    def note_failure(self, account_id: str, transaction_id: str, reason: str) -> None:
        """Do nothing: there is no account to keep it."""

    def fence_writes(self, _item: Queued) -> Writes:
        """Return nothing: without an account there is no order to defend."""
        return []

    def lift_fence(self, _item: Queued) -> bool:
        """Return that there is no fence."""
        return True

    def quarantine_writes(self, _item: Queued, _at: str, _keep_version: bool, _fence: Optional[str] = None) -> Writes:
        """Return nothing: nobody waits for a transaction without an account."""
        return []

    def commit_writes(self, _plan: Plan, _at: str) -> Writes:
        """Return nothing: the transaction's row is all there is."""
        return []


Accounts = Union[AccountTable, NoAccounts]


def _read_account(account_id: str, row: Optional[Mapping[str, Any]]) -> Union[Account, AccountStateError]:
    if row is None:
        return Account(account_id)
    last = row.get("last_occurred_at")
    try:
        if last is not None:
            from_text(last)
        return Account(
            account_id,
            version=_count(row, "version"),
            commits=_count(row, "commits"),
            held=_count(row, "held"),
            blocked_by=row.get("blocked_by"),
            is_quarantined="quarantined_at" in row,
            waited_for=row.get("waited_for"),
            released_by=row.get("released_by"),
            last_transaction_id=row.get("last_transaction_id"),
            last_occurred_at=last,
            profile=_profile(row),
        )
    except (TypeError, ValueError) as error:
        return AccountStateError(f"the stored state of the account is unreadable: {error}")
    except AccountStateError as error:
        return error


def _profile(row: Mapping[str, Any]) -> AccountProfile:
    """Return the account's profile; one that an earlier version wrote has none yet."""
    return AccountProfile.unpack(to_bytes(row["profile"])) if "profile" in row else EMPTY


def _count(row: Mapping[str, Any], name: str) -> int:
    value = row.get(name, 0)
    if not isinstance(value, (int, Decimal)) or value != int(value) or value < 0:
        raise ValueError(f"{name} must be a count")
    return int(value)
