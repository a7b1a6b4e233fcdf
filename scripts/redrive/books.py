"""What the tables say of failed transactions and blocked accounts, and the writes that release them.

Every write has the condition that nothing has changed since it was read, and that the account is still this run's: two
operators at once cannot mix, and a run that died goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
SWEEP_AFTER = timedelta(minutes=15)
"""When the sweeper sends a released transaction again, should its message have got lost."""
RECORDERS_OF_FAILURES = frozenset({"failed", "stream_failed"})
"""Actors who hold a transaction late: its own receives were used up first."""


class NotOursError(CommandError):
    """The account is released by another run, or not quarantined any more."""


class IndexBehindError(CommandError):
    """The index does not show all that is held so far."""


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

    def line(self, account: Blocked) -> list[dict[str, Any]]:
        """Return the rows that stand in line behind the account's block, in order.

        Raises
        ------
        IndexBehindError
            If the index does not show all of them so far.
        """
        rows = [row for row in self._held(account.account_id) if stands_in_line(row)]
        if len(rows) != account.waiting:
            raise IndexBehindError(
                f"{account.account_id} has {account.waiting} transactions in line, and {len(rows)} are found. Wait for"
                " the index; if that does not help, rows were changed by hand: count again (RECOUNT=1)."
            )
        return in_order(rows)

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

    def _held(self, account_id: str) -> Iterator[dict[str, Any]]:
        names = {"#status": "status", "#account": self._account_attribute}
        values = to_item({":held": Status.HELD.value, ":account": account_id})
        where: dict[str, Any] = {"ConsistentRead": True}
        if self._accounts.index is not None:
            where = {"IndexName": self._accounts.index}
        for page in self._client.get_paginator("query").paginate(
            TableName=self.place.transactions_table,
            KeyConditionExpression="#account = :account",
            FilterExpression="#status = :held",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            **where,
        ):
            for item in page["Items"]:
                answer = self._client.get_item(
                    TableName=self.place.transactions_table, Key=self.place.layout.key_in(item), ConsistentRead=True
                )
                row = self.place.layout.ours(from_item(answer.get("Item", {})))
                if row.get("status") == Status.HELD:
                    yield row

    def _scan(self, table: str, condition: str, **more: Any) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("scan").paginate(TableName=table, FilterExpression=condition, **more)
        for page in pages:
            yield from page["Items"]

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
        key = self.place.layout.key_in(to_item(_by_names(self.place, row)))
        return {
            "Update": {
                "TableName": self.place.transactions_table,
                "Key": key,
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


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return who stands in line in the order of the queue.

    Those held by `process` have the places of the queue. One that used up its own receives is held later, when that is
    recorded: it belongs before the first of the others that was received after it.
    """
    line = sorted((row for row in rows if not _came_late(row)), key=lambda row: int(row["hold_sequence"]))
    late = sorted(
        (row for row in rows if _came_late(row)), key=lambda row: (row["received_at"], int(row["hold_sequence"]))
    )
    for row in late:
        place = next((n for n, other in enumerate(line) if other["received_at"] > row["received_at"]), len(line))
        line.insert(place, row)
    return line


def stands_in_line(row: Mapping[str, Any]) -> bool:
    """Tell whether a row that is HELD waits behind another transaction of its account.

    One that was released by hand keeps `held_behind`, was decided, and may then be held again for its case.
    """
    return "held_behind" in row and row["history"][-1]["reason"] == BEHIND_FAILED


def is_message(row: Mapping[str, Any]) -> bool:
    """Tell whether a row is a message that nobody can take for a transaction."""
    return str(row["transaction_id"]).startswith(MESSAGE_PREFIX)


def _came_late(row: Mapping[str, Any]) -> bool:
    return row["history"][-1]["actor"] in RECORDERS_OF_FAILURES


def _by_names(place: Place, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a row's key by the names of its table."""
    named = {place.layout.names.get(name, name): value for name, value in row.items()}
    return {name: named[name] for name in place.layout.key_names}
