"""What the tables say of failed transactions and blocked accounts, and the writes that release them.

Every write has the condition that nothing has changed since it was read, and that the account is still this run's: two
operators at once cannot mix, and a run that died goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Optional

from pipeline.aws.dynamo import from_item, to_item
from pipeline.aws.writes import Writes, condition_held, transact
from pipeline.domain.errors import VersionConflictError
from pipeline.domain.records import MESSAGE_PREFIX, history_entry, received_shard
from pipeline.domain.settlement import BEHIND_FAILED
from pipeline.domain.status import Status
from pipeline.domain.times import to_text
from scripts.errors import CommandError
from scripts.redrive.place import Accounts, Place

RELEASED = "RELEASED"
ABANDONED = "ABANDONED"
ROWS_A_PAGE = 1000
SWEEP_AFTER = timedelta(minutes=15)
"""When the sweeper sends a released transaction again, should its message have got lost."""


class NotOursError(CommandError):
    """The account is released by another run, or not quarantined any more."""


@dataclass(frozen=True)
class Run:
    """One run of the tool.

    Parameters
    ----------
    token
        Its name in the account's row while it works there.
    actor, reason
        Who releases, and why, for the history.
    """

    token: str
    actor: str
    reason: str


@dataclass(frozen=True)
class Blocked:
    """The row of an account that is blocked.

    Parameters
    ----------
    account_id, version
        Which one, and how often it changed.
    blocked_by
        The transaction that the others wait for.
    reason
        Why it failed, as far as `process` knew.
    quarantined_at
        When the failure was recorded; None: only a fence stands.
    waiting
        How many stand in line behind it.
    released_by
        The run that releases it.
    """

    account_id: str
    version: int
    blocked_by: str
    reason: str
    quarantined_at: Optional[str]
    waiting: int
    released_by: Optional[str]


class Books:
    """The tables of a deployed system.

    Parameters
    ----------
    client
        A DynamoDB client.
    place
        Where they are.
    """

    def __init__(self, client: Any, place: Place) -> None:
        self._client = client
        self.place = place

    # ------------------------------------------------------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------------------------------------------------------

    def blocked(self) -> Iterator[Blocked]:
        """Yield every blocked account (reads the whole accounts table)."""
        table = self._accounts.table
        for item in self._scan(table, "attribute_exists(blocked_by)"):
            yield self._blocked(from_item(item))

    def failed(self) -> Iterator[dict[str, Any]]:
        """Yield every row of a failed transaction or message (reads the whole transactions table)."""
        for item in self._scan(
            self.place.transactions_table,
            "#status = :failed",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues=to_item({":failed": Status.FAILED.value}),
        ):
            yield self.place.layout.ours(from_item(item))

    def account(self, account_id: str) -> Optional[Blocked]:
        """Return a blocked account as it stands now, or None."""
        answer = self._client.get_item(
            TableName=self._accounts.table, Key=self._account_key(account_id), ConsistentRead=True
        )
        row = from_item(answer.get("Item", {}))
        return self._blocked(row) if "blocked_by" in row else None

    def died_over(self, account_id: str, known: Container[str], *, any_run: bool) -> Optional[str]:
        """Return the run that an account may be taken over from, or None.

        Parameters
        ----------
        account_id, known
            Which account, and the runs of this machine, which are over.
        any_run
            Whether the operator says that any other run is dead.
        """
        account = self.account(account_id)
        if account is None or account.released_by is None:
            return None
        return account.released_by if any_run or account.released_by in known else None

    def transaction(self, transaction_id: str, account_id: Optional[str]) -> Optional[dict[str, Any]]:
        """Return a transaction's row by our names, as it stands now, or None."""
        key: dict[str, Any] = {"transaction_id": {"S": transaction_id}}
        if self.place.layout.ids_table:
            claim = self._client.get_item(TableName=self.place.layout.ids_table, Key=key, ConsistentRead=True)
            if "Item" not in claim:
                return None
            key = self.place.layout.key_in(claim["Item"])
        answer = self._client.get_item(TableName=self.place.transactions_table, Key=key, ConsistentRead=True)
        row = self.place.layout.ours(from_item(answer.get("Item", {})))
        return row if row.get("account_id") == account_id or account_id is None else None

    def held(self, account_id: str, known: Container[str], most: int) -> list[dict[str, Any]]:
        """Return rows of an account that are HELD, those that came last first; the index may not show all so far.

        Parameters
        ----------
        account_id, known
            Which account, and the transactions of it that are not wanted.
        most
            How many transactions of the account to look at.
        """
        rows = (self.place.layout.ours(from_item(item)) for item in self._last_held(account_id, most))
        stale = (row for row in rows if row["transaction_id"] not in known)
        found = (self._as_it_stands(row) for row in stale)
        return [row for row in found if row.get("status") == Status.HELD]

    # ------------------------------------------------------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------------------------------------------------------

    def take(self, account: Blocked, run: Run, now: datetime, instead_of: Optional[str] = None) -> None:
        """Make an account this run's: from now on a commit leaves its block standing.

        Parameters
        ----------
        account, run, now
            Which account, for whom, and when.
        instead_of
            A run that died over it.

        Raises
        ------
        NotOursError
            If it changed since it was read, or another run works at it.
        """
        self._change_account(
            account,
            "SET released_by = :own, released_at = :at ADD version :one",
            "blocked_by = :id AND attribute_exists(quarantined_at)"
            " AND (attribute_not_exists(released_by) OR released_by = :own OR released_by = :before)",
            {
                ":own": run.token,
                ":at": to_text(now),
                ":one": 1,
                ":id": account.blocked_by,
                ":before": instead_of or run.token,
            },
        )

    def give_back(self, account_id: str, run: Run) -> None:
        """Give an account back as it is, blocked."""
        condition_held(
            lambda: self._client.update_item(
                TableName=self._accounts.table,
                Key=self._account_key(account_id),
                UpdateExpression="REMOVE released_by, released_at ADD version :one",
                ConditionExpression="released_by = :own",
                ExpressionAttributeValues=to_item({":own": run.token, ":one": 1}),
            )
        )

    def let_go(self, account: Blocked, row: Mapping[str, Any], run: Run, now: datetime) -> None:
        """Let a transaction be decided, the next of its account: the block becomes its own, both or neither.

        Raises
        ------
        NotOursError
            If the transaction or the account changed meanwhile.
        """
        from_line = 1 if row["status"] == Status.HELD else 0
        values = {":own": run.token, ":before": account.blocked_by, ":id": row["transaction_id"], ":one": 1}
        expression = "SET blocked_by = :id ADD version :one"
        if from_line:
            expression += ", let_go :one"
        update = {
            "Update": {
                "TableName": self._accounts.table,
                "Key": self._account_key(account.account_id),
                "UpdateExpression": expression,
                "ConditionExpression": "released_by = :own AND blocked_by = :before",
                "ExpressionAttributeValues": to_item(values),
            }
        }
        self._transact([self._row_update(row, Status.RECEIVED, RELEASED, run, now), update])

    def let_go_alone(self, row: Mapping[str, Any], run: Run, now: datetime) -> None:
        """Let a transaction be decided that has no account to keep in order.

        Raises
        ------
        NotOursError
            If it changed meanwhile.
        """
        self._transact([self._row_update(row, Status.RECEIVED, RELEASED, run, now)])

    def abandon(self, account: Blocked, row: Mapping[str, Any], run: Run, now: datetime) -> None:
        """Close a failed transaction that never can be decided: it stays FAILED, and the line may go on.

        Raises
        ------
        NotOursError
            If the transaction or the account changed meanwhile.
        """
        check = {
            "ConditionCheck": {
                "TableName": self._accounts.table,
                "Key": self._account_key(account.account_id),
                "ConditionExpression": "released_by = :own AND blocked_by = :id",
                "ExpressionAttributeValues": to_item({":own": run.token, ":id": row["transaction_id"]}),
            }
        }
        self._transact([self._row_update(row, Status.FAILED, ABANDONED, run, now), check])

    def lift(self, account: Blocked, run: Run) -> bool:
        """Lift the block of an account whose line was empty when it was read; tell whether it still was."""
        try:
            self._change_account(
                account,
                "REMOVE blocked_by, blocked_reason, quarantined_at, waited_for, released_by, released_at"
                " ADD version :one",
                "version = :version AND released_by = :own",
                {":own": run.token, ":version": account.version, ":one": 1},
            )
        except NotOursError:
            return False
        return True

    def recount(self, account: Blocked, run: Run) -> int:
        """Count who stands in line by reading the whole transactions table; return and keep the number."""
        names = {"#status": "status", "#account": self._account_attribute}
        values = to_item({":held": Status.HELD.value, ":account": account.account_id})
        found = self._scan(
            self.place.transactions_table,
            "#status = :held AND #account = :account",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            ConsistentRead=True,
        )
        waiting = sum(stands_in_line(from_item(item)) for item in found)
        self._change_account(
            account,
            "ADD let_go :fewer, version :one",
            "version = :version AND released_by = :own",
            {":own": run.token, ":version": account.version, ":one": 1, ":fewer": account.waiting - waiting},
        )
        return waiting

    # ------------------------------------------------------------------------------------------------------------------

    @property
    def _accounts(self) -> Accounts:
        if self.place.accounts is None:
            raise CommandError(f"{self.place.system} has no accounts: name a TRANSACTION.")
        return self.place.accounts

    @property
    def _account_attribute(self) -> str:
        return self.place.layout.names.get("account_id", "account_id")

    def _account_key(self, account_id: str) -> dict[str, Any]:
        return {self._accounts.layout.key: {"S": account_id}}

    def _blocked(self, row: Mapping[str, Any]) -> Blocked:
        return Blocked(
            account_id=row[self._accounts.layout.key],
            version=int(row["version"]),
            blocked_by=row["blocked_by"],
            reason=row.get("blocked_reason", ""),
            quarantined_at=row.get("quarantined_at"),
            waiting=int(row.get("held", 0)) - int(row.get("let_go", 0)),
            released_by=row.get("released_by"),
        )

    def _last_held(self, account_id: str, most: int) -> Iterator[dict[str, Any]]:
        names = {"#status": "status", "#account": self._account_attribute}
        where = {"IndexName": self._accounts.index} if self._accounts.index else {"ConsistentRead": True}
        more: dict[str, Any] = {}
        while most > 0:
            page = self._client.query(
                TableName=self.place.transactions_table,
                KeyConditionExpression="#account = :account",
                FilterExpression="#status = :held",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=to_item({":held": Status.HELD.value, ":account": account_id}),
                ScanIndexForward=False,
                Limit=min(most, ROWS_A_PAGE),
                **where,
                **more,
            )
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            most -= page["ScannedCount"]
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _as_it_stands(self, row: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._client.get_item(
            TableName=self.place.transactions_table, Key=self._row_key(row), ConsistentRead=True
        )
        return self.place.layout.ours(from_item(answer.get("Item", {})))

    def _row_key(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the key of a row that goes by our names."""
        named = {self.place.layout.names.get(name, name): value for name, value in row.items()}
        return to_item({name: named[name] for name in self.place.layout.key_names})

    def _scan(self, table: str, condition: str, **more: Any) -> Iterator[dict[str, Any]]:
        while True:
            page = self._client.scan(TableName=table, FilterExpression=condition, **more)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            more["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _row_update(
        self, row: Mapping[str, Any], status: Status, reason: str, run: Run, now: datetime
    ) -> dict[str, Any]:
        at = to_text(now)
        sets = ["#status = :status", "revision = revision + :one", "#history = list_append(#history, :entry)"]
        removes = ["held_behind", "hold_sequence"]
        values: dict[str, Any] = {
            ":status": status.value,
            ":one": 1,
            ":entry": [history_entry(status, at, run.actor, f"{reason}: {run.reason}" if run.reason else reason)],
            ":revision": row["revision"],
            ":was": row["status"],
        }
        if status is Status.RECEIVED:
            sets += ["received_shard = :shard", "sweep_after = :after"]
            values[":shard"] = received_shard(row["transaction_id"])
            values[":after"] = to_text(now + SWEEP_AFTER)
        if reason is ABANDONED:
            sets.append("abandoned_at = :at")
            values[":at"] = at
        return {
            "Update": {
                "TableName": self.place.transactions_table,
                "Key": self._row_key(row),
                "UpdateExpression": f"SET {', '.join(sets)} REMOVE {', '.join(removes)}",
                "ConditionExpression": "revision = :revision AND #status = :was",
                "ExpressionAttributeNames": {"#status": "status", "#history": "history"},
                "ExpressionAttributeValues": to_item(values),
            }
        }

    def _change_account(self, account: Blocked, update: str, condition: str, values: Mapping[str, Any]) -> None:
        held = condition_held(
            lambda: self._client.update_item(
                TableName=self._accounts.table,
                Key=self._account_key(account.account_id),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=to_item(values),
            )
        )
        if not held:
            raise NotOursError(f"{account.account_id} changed meanwhile, or another run releases it.")

    def _transact(self, writes: Writes) -> None:
        try:
            transact(self._client, writes, "changed")
        except VersionConflictError as error:
            raise NotOursError(
                "the transaction or its account changed meanwhile, or another run releases it."
            ) from error


def stands_in_line(row: Mapping[str, Any]) -> bool:
    """Tell whether a row that is HELD waits behind another transaction of its account.

    One that was released by hand keeps `held_behind`, was decided, and may then be held again for its case.
    """
    return "held_behind" in row and row["history"][-1]["reason"] == BEHIND_FAILED


def is_message(row: Mapping[str, Any]) -> bool:
    """Tell whether a row is a message that nobody can take for a transaction."""
    return str(row["transaction_id"]).startswith(MESSAGE_PREFIX)
