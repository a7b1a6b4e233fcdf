"""The transactions and accounts tables: read together, committed together.

Two calls settle a batch: one BatchGetItem for the accounts, one TransactWriteItems for the rows and
the accounts. Conditions, not reads, keep what was settled from being settled again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

from pipeline.aws.dynamo import to_bytes, to_item
from pipeline.aws.reads import batch_get
from pipeline.aws.rows import UNSETTLED, UNSETTLED_NAMES, put_once, settle_row, unsettled_values
from pipeline.aws.writes import condition_held, transact
from pipeline.domain.account import Account
from pipeline.domain.errors import AccountStateError
from pipeline.domain.profile import EMPTY, AccountProfile
from pipeline.domain.records import change_attributes, history_entry
from pipeline.domain.settlement import Change, Plan, Queued
from pipeline.domain.times import from_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LONGEST_REASON = 500
LoadedAccounts = dict[str, Union[Account, AccountStateError]]

_ACCOUNT_FIELDS = ("commits", "held", "blocked_by", "last_transaction_id", "last_occurred_at")


class Ledger:
    """Reads accounts and rows, and commits plans.

    Parameters
    ----------
    client
        A DynamoDB client.
    transactions_table, accounts_table
        Names of the tables.
    sleep
        Waits the given seconds before a read is tried again.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        transactions_table: str,
        accounts_table: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._transactions = transactions_table
        self._accounts = accounts_table
        self._sleep = sleep

    def load_accounts(self, account_ids: Iterable[str]) -> LoadedAccounts:
        """Return each account; an account never seen is a new one, an unreadable one is its error."""
        ids = sorted(set(account_ids))
        rows = self._batch_get(self._accounts, "account_id", ids)
        return {account_id: _read_account(account_id, rows.get(account_id)) for account_id in ids}

    def load_block(self, account_id: str) -> Account:
        """Return only what is needed to hold transactions of the account, whatever else of it is unreadable.

        Raises
        ------
        AccountStateError
            If that is unreadable, too.
        """
        row = self._batch_get(self._accounts, "account_id", [account_id]).get(account_id, {})
        try:
            return Account(
                account_id,
                version=_count(row, "version"),
                held=_count(row, "held"),
                blocked_by=row.get("blocked_by"),
            )
        except (TypeError, ValueError) as error:
            raise AccountStateError(f"the stored block of the account is unreadable: {error}") from error

    def load_rows(self, transaction_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return the rows that exist, by transaction id."""
        return self._batch_get(self._transactions, "transaction_id", sorted(set(transaction_ids)))

    def commit(self, plans: Sequence[Plan], at: str, actor: str = "process") -> None:
        """Commit all plans in one transaction.

        Parameters
        ----------
        plans
            One plan an account; together at most 100 items.
        at
            The time of the decision, UTC, RFC 3339.
        actor
            Who settles, for the history.

        Raises
        ------
        VersionConflictError
            If any account or row is not as the plans expect; nothing was written.
        """
        writes = [self._row_write(change, at, actor) for plan in plans for change in plan.changes]
        writes += [self._account_write(plan) for plan in plans if plan.after != plan.before]
        if writes:
            self._transact(writes)

    def reject_message(self, row: Mapping[str, Any]) -> None:
        """Record a message that is refused; recording it again changes nothing."""
        put_once(self._client, self._transactions, row)

    def fence(self, item: Queued) -> None:
        """Block the account for this transaction, unless another blocks it or this one is settled.

        It is set before a further attempt at a transaction: should the last one end in a crash, what
        follows in the account finds the block and waits. The commit of the transaction lifts it.

        Raises
        ------
        VersionConflictError
            If the transaction is settled, or someone is at it right now.
        """
        unsettled = {
            "TableName": self._transactions,
            "Key": {"transaction_id": {"S": item.transaction_id}},
            "ConditionExpression": UNSETTLED,
            "ExpressionAttributeNames": UNSETTLED_NAMES,
            "ExpressionAttributeValues": unsettled_values(item.acceptance.transaction.fingerprint),
        }
        block = {
            "TableName": self._accounts,
            "Key": {"account_id": {"S": item.account_id}},
            "UpdateExpression": "SET blocked_by = if_not_exists(blocked_by, :id) ADD version :one",
            "ExpressionAttributeValues": to_item({":id": item.transaction_id, ":one": 1}),
        }
        self._transact([{"ConditionCheck": unsettled}, {"Update": block}])

    def note_failure(self, account_id: str, transaction_id: str, reason: str) -> None:
        """Keep, for the operator, why `transaction_id` blocks its account."""
        condition_held(
            lambda: self._client.update_item(
                TableName=self._accounts,
                Key={"account_id": {"S": account_id}},
                UpdateExpression="SET blocked_reason = :reason",
                ConditionExpression="blocked_by = :id",
                ExpressionAttributeValues={":reason": {"S": reason[:LONGEST_REASON]}, ":id": {"S": transaction_id}},
            )
        )

    def _transact(self, writes: list[dict[str, Any]]) -> None:
        transact(self._client, writes, "the account or a row changed since it was read")

    def _batch_get(self, table: str, key: str, values: Sequence[str]) -> dict[str, dict[str, Any]]:
        return batch_get(self._client, table, key, values, self._sleep)

    def _row_write(self, change: Change, at: str, actor: str) -> dict[str, Any]:
        attributes = {**change_attributes(change, at), "status": change.status.value}
        entry = history_entry(change.status, at, actor, change.reason)
        return {"Update": settle_row(self._transactions, change.queued.transaction_id, attributes, entry)}

    def _account_write(self, plan: Plan) -> dict[str, Any]:
        changed = {
            name: getattr(plan.after, name)
            for name in _ACCOUNT_FIELDS
            if getattr(plan.after, name) != getattr(plan.before, name)
        }
        if plan.after.profile != plan.before.profile:
            changed["profile"] = plan.after.profile.pack()
        assigned = to_item({**changed, "version": plan.after.version})
        expression = "SET " + ", ".join(f"{name} = :{name}" for name in assigned)
        if changed.get("blocked_by", "") is None:
            expression += " REMOVE blocked_by, blocked_reason, quarantined_at"
        values = {f":{name}": value for name, value in assigned.items()}
        condition = "attribute_not_exists(version)"
        if plan.before.version:
            condition = "version = :before"
            values[":before"] = {"N": str(plan.before.version)}
        return {
            "Update": {
                "TableName": self._accounts,
                "Key": {"account_id": {"S": plan.before.account_id}},
                "UpdateExpression": expression,
                "ConditionExpression": condition,
                "ExpressionAttributeValues": values,
            }
        }


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
