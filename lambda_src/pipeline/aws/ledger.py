"""The transactions and accounts tables: read together, committed together.

Two calls settle a batch: one BatchGetItem for the accounts, one TransactWriteItems for the rows and
the accounts. Conditions, not reads, keep what was settled from being settled again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Callable

from pipeline.aws.accounts import Accounts, LoadedAccounts
from pipeline.aws.insights import NO_INSIGHTS, Counting
from pipeline.aws.layout import BY_ID, Layout
from pipeline.aws.reads import MOST_KEYS, Rows, Wanted, batch_get, batch_get_tables, wanted
from pipeline.aws.rows import put_once, settle_writes, unsettled_checks
from pipeline.aws.writes import Writes, transact
from pipeline.domain.account import Account
from pipeline.domain.errors import ItemTooLargeError
from pipeline.domain.records import change_attributes, history_entry
from pipeline.domain.refusal import ID_REUSED
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
        Waits the given seconds before a call is tried again.
    layout
        How the rows of transactions lie.
    insights
        The counters by day, or what stands for them.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        transactions_table: str,
        accounts: Accounts,
        sleep: Callable[[float], None] = time.sleep,
        layout: Layout = BY_ID,
        insights: Counting = NO_INSIGHTS,
    ) -> None:
        self._client = client
        self._transactions = transactions_table
        self._accounts = accounts
        self._sleep = sleep
        self._layout = layout
        self._insights = insights

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

    def known(self, items: Iterable[Queued]) -> Rows:
        """Return what is known of the transactions by their ids, by our names; nothing of those that are new.

        That is the row; or the claim of the id alone, which has no "status", where the id belongs to a transaction
        that lies elsewhere, or the row has been deleted.
        """
        by_id = {item.transaction_id: item for item in items}
        ids, claims = sorted(by_id), self._layout.ids_table
        if not claims:
            return batch_get(self._client, self._transactions, "transaction_id", ids, self._sleep)
        found: Rows = {}
        for start in range(0, len(ids), MOST_KEYS // 2):
            part = ids[start : start + MOST_KEYS // 2]
            keys = [self._layout.key(by_id[key].acceptance) for key in part]
            wishes = [wanted(claims, "transaction_id", part), Wanted(self._transactions, keys, "transaction_id")]
            for rows in batch_get_tables(self._client, wishes, self._sleep):
                found.update((key, self._layout.ours(row)) for key, row in rows.items())
        return found

    def commit(self, plans: Sequence[Plan], at: str, actor: str = "process") -> None:
        """Commit all plans in one transaction, together with what they count.

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
        changes = [change for plan in plans for change in plan.changes]
        writes = [write for change in changes for write in self._row_writes(change, at, actor)]
        writes += [write for plan in plans for write in self._accounts.commit_writes(plan, at)]
        try:
            self._transact([*writes, *self._insights.commit_writes(changes)])
        except ItemTooLargeError:
            self._transact([*writes, *self._insights.coarse_writes(changes)])

    def reject_message(self, row: Mapping[str, Any]) -> None:
        """Record a message that is refused; recording it again changes nothing.

        Where ids are claimed, the id that it names leads to its row as long as no transaction claims it. The latest
        of several refusals is the one that is found.
        """
        put_once(self._client, self._transactions, self._layout.row_of_message(row))
        is_free = row["rejection"]["code"] != ID_REUSED.code
        if self._layout.ids_table and row["claimed_transaction_id"] and is_free:
            self._client.put_item(TableName=self._layout.ids_table, Item=self._layout.trace_of_message(row))

    def fence(self, *items: Queued) -> None:
        """Block the account of each of these transactions for it, unless another blocks it or this one is settled.

        It is set before a further attempt at a transaction: should the last one end in a crash, what
        follows in the account finds the block and waits. The commit of the transaction lifts it.

        Parameters
        ----------
        items
            One transaction an account, of at most 33 accounts. All are fenced in one write, or none is.

        Raises
        ------
        VersionConflictError
            If one of the transactions is settled or its id another's, or someone is at it right now.
        """
        fences = [(item, self._accounts.fence_writes(item)) for item in items]
        self._transact(
            [
                write
                for item, fence in fences
                if fence
                for write in (*unsettled_checks(self._transactions, self._layout, item), *fence)
            ]
        )

    def lift_fence(self, item: Queued) -> bool:
        """Lift the fence that an account has for a transaction whose id turned out to be another account's.

        False: others are held behind it, and it stays.
        """
        return self._accounts.lift_fence(item)

    def note_failure(self, account_id: str, transaction_id: str, reason: str) -> None:
        """Keep, for the operator, why `transaction_id` blocks its account."""
        self._accounts.note_failure(account_id, transaction_id, reason)

    def _transact(self, writes: Writes) -> None:
        if writes:
            transact(self._client, writes, "the account or a row changed since it was read", self._sleep)

    def _row_writes(self, change: Change, at: str, actor: str) -> Writes:
        attributes = {
            **change_attributes(change, at),
            "status": change.status.value,
            **self._layout.shown(change, at),
        }
        entry = history_entry(change.status, at, actor, change.reason)
        return settle_writes(self._transactions, self._layout, change.queued, attributes, entry)
