"""The transactions and accounts tables: read together, committed together.

Two calls settle a batch: one BatchGetItem for the accounts, one TransactWriteItems for the rows and
the accounts. Conditions, not reads, keep what was settled from being settled again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Callable

from pipeline.aws.accounts import Accounts, LoadedAccounts
from pipeline.aws.keys import row_key
from pipeline.aws.reads import batch_get
from pipeline.aws.rows import UNSETTLED, UNSETTLED_NAMES, put_once, settle_row, unsettled_values
from pipeline.aws.writes import transact
from pipeline.domain.account import Account
from pipeline.domain.records import change_attributes, history_entry
from pipeline.domain.settlement import Change, Plan, Queued

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Ledger:
    """Reads accounts and rows, and commits plans.

    Parameters
    ----------
    client
        A DynamoDB client.
    transactions_table
        Name of the table.
    accounts
        The accounts table, or what stands for it.
    sleep
        Waits the given seconds before a read is tried again.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        transactions_table: str,
        accounts: Accounts,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._transactions = transactions_table
        self._accounts = accounts
        self._sleep = sleep

    def load_accounts(self, account_ids: Iterable[str]) -> LoadedAccounts:
        """Return each account; an account never seen is a new one, an unreadable one is its error."""
        return self._accounts.load(account_ids)

    def load_block(self, account_id: str) -> Account:
        """Return only what is needed to hold transactions of the account, whatever else of it is unreadable.

        Raises
        ------
        AccountStateError
            If that is unreadable, too.
        """
        return self._accounts.load_block(account_id)

    def load_rows(self, transaction_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return the rows that exist, by transaction id."""
        ids = sorted(set(transaction_ids))
        return batch_get(self._client, self._transactions, "transaction_id", ids, self._sleep)

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
        writes += [write for plan in plans for write in self._accounts.commit_writes(plan)]
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
        block = self._accounts.fence_writes(item)
        if not block:
            return
        unsettled = {
            "TableName": self._transactions,
            "Key": row_key(item.acceptance),
            "ConditionExpression": UNSETTLED,
            "ExpressionAttributeNames": UNSETTLED_NAMES,
            "ExpressionAttributeValues": unsettled_values(item.acceptance.transaction.fingerprint),
        }
        self._transact([{"ConditionCheck": unsettled}, *block])

    def note_failure(self, account_id: str, transaction_id: str, reason: str) -> None:
        """Keep, for the operator, why `transaction_id` blocks its account."""
        self._accounts.note_failure(account_id, transaction_id, reason)

    def _transact(self, writes: list[dict[str, Any]]) -> None:
        transact(self._client, writes, "the account or a row changed since it was read")

    def _row_write(self, change: Change, at: str, actor: str) -> dict[str, Any]:
        attributes = {**change_attributes(change, at), "status": change.status.value}
        entry = history_entry(change.status, at, actor, change.reason)
        return {"Update": settle_row(self._transactions, row_key(change.queued.acceptance), attributes, entry)}
