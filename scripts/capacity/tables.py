"""DynamoDB on demand: each table and each index has partitions, and each partition a rate of write units."""

from __future__ import annotations

import math

from scripts.capacity.meter import Meter
from scripts.capacity.settings import Settings

_SPREAD = 2654435761  # Knuth's multiplicative hash: neighbours do not share a partition


class Table:
    """A table or an index.

    Parameters
    ----------
    units
        Write units a second that all of it takes.
    partition_units
        The same of a partition, hence of a key.
    keys
        Different partition keys, where they are few: more partitions than keys are of no use.
    is_rested
        Whether the burst of a quiet time is there at the beginning.
    """

    def __init__(self, units: float, partition_units: float, keys: int | None = None, is_rested: bool = True) -> None:
        wanted = math.ceil(units / partition_units)
        count = wanted if keys is None else min(wanted, keys)
        rate = min(partition_units, units / count)
        # One second of burst. DynamoDB keeps unused capacity of up to 300 seconds, but nobody may rely on it.
        self._partitions = [Meter(rate, rate, is_rested) for _ in range(count)]
        self._is_spread = keys is None

    def wait(self, key: int, now: float) -> float:
        """Return how long a write of `key` would have to wait."""
        return self._of(key).wait(now)

    def write(self, key: int, units: float, now: float) -> float:
        """Write; return how long that has to wait."""
        return self._of(key).take(now, units)

    def _of(self, key: int) -> Meter:
        partitions = self._partitions
        if self._is_spread:
            return partitions[((key * _SPREAD) & 0xFFFFFFFF) * len(partitions) >> 32]
        return partitions[key % len(partitions)]


class Tables:
    """What a transaction writes, on acceptance and with the decision."""

    def __init__(self, settings: Settings) -> None:
        units, partition, is_rested = settings.table_units, settings.partition_units, not settings.is_warm
        self._transactions = Table(units, partition, is_rested=is_rested)
        self._accounts = Table(units, partition, is_rested=is_rested)
        self._account_index = Table(units, partition, is_rested=is_rested)
        self._received_index = Table(units, partition, settings.received_shards, is_rested)
        self._rows = settings.rows
        self._shards = settings.received_shards

    def accept(self, transaction: int, account: int, now: float, patience: float) -> tuple[str, float]:
        """Write the row RECEIVED; return the slowest of table and indexes and the wait.

        What would have to wait longer than `patience` is not written: the name comes back with an endless wait.
        """
        shard = self._shard(transaction)
        waits = (
            (self._received_index.wait(shard, now), "received_index"),
            (self._account_index.wait(account, now), "account_index"),
            (self._transactions.wait(transaction, now), "transactions_table"),
        )
        wait, slowest = max(waits)
        if wait > patience:
            return slowest, math.inf
        self._received_index.write(shard, self._rows.received_index, now)
        self._account_index.write(account, self._rows.account_index_accepted, now)
        self._transactions.write(transaction, self._rows.accepted, now)
        return slowest, wait

    def commit(self, transactions: list[int], accounts: list[int], of: list[int], now: float) -> tuple[str, float]:
        """Write the decided rows and the accounts' states; return the slowest table or index, and its wait.

        Parameters
        ----------
        transactions
            Of the batch.
        accounts
            Of the batch, each once.
        of
            The account of each transaction of the run.
        now
            When the writes begin.
        """
        rows = self._rows
        table = index = received = 0.0
        for transaction in transactions:
            table = max(table, self._transactions.write(transaction, rows.decided, now))
            index = max(index, self._account_index.write(of[transaction], rows.account_index_decided, now))
            received = max(received, self._received_index.write(self._shard(transaction), rows.received_index, now))
        state = max(self._accounts.write(account, rows.account, now) for account in accounts)
        wait, name = max(
            (received, "received_index"),
            (index, "account_index"),
            (table, "transactions_table"),
            (state, "accounts_table"),
        )
        return name, wait

    def _shard(self, transaction: int) -> int:
        return transaction % self._shards
