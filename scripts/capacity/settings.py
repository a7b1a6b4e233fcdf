"""What a simulation is of: arguments of the root, quotas of the account, sizes of rows, times of calls."""

from __future__ import annotations

from dataclasses import dataclass

from scripts.capacity.latency import Latency


@dataclass(frozen=True)
class Rows:
    """Write units of a transaction, in tables and indexes.

    Parameters
    ----------
    accepted, decided
        Of the transactions table.
    account
        Of the accounts table, for each account of a batch.
    account_index_accepted, account_index_decided
        Of the index by account.
    received_index
        Of the sweeper's index: a put on acceptance, a deletion with the decision.
    """

    accepted: float
    decided: float
    account: float
    account_index_accepted: float
    account_index_decided: float
    received_index: float


@dataclass(frozen=True)
class Times:
    """How long things take, seconds.

    Parameters
    ----------
    gateway, put_item, send_message, answer
        Of a request; the last one from the message's sending to the function's end.
    queue_to_function
        From the sending of a message to the start of the function, where nothing is in the way.
    read_accounts, commit, delete_messages
        Of a batch.
    ingest_cpu, process_cpu, process_batch_cpu
        Processor time of a request, a transaction, and a batch besides; at the function's memory.
    ingest_cold, process_cold
        Start of an environment.
    patience
        How long a call waits for capacity before it is given up.
    """

    gateway: Latency
    put_item: Latency
    send_message: Latency
    answer: Latency
    queue_to_function: Latency
    read_accounts: Latency
    commit: Latency
    delete_messages: Latency
    ingest_cpu: float
    process_cpu: float
    process_batch_cpu: float
    ingest_cold: float
    process_cold: float
    patience: float


@dataclass(frozen=True)
class Settings:
    """The flagship in an account.

    Parameters
    ----------
    api_rate, api_burst
        Arguments `api.rate_limit` and `api.burst_limit`.
    maximum_concurrency, reserved_concurrency, provisioned_concurrency
        Arguments `process_maximum_concurrency`, `process_reserved_concurrency` (0: none) and
        `ingest_provisioned_concurrency` (0: none).
    is_high_throughput
        Whether the queue's limits hold for each message group, as the module has it.
    batch_size
        Messages in a batch.
    received_shards
        Partition keys of the sweeper's index: RECEIVED_SHARDS of the functions' code.
    api_account_rate, api_account_burst
        Quota of API Gateway.
    concurrency, requests_per_environment, new_environments, new_seconds
        Quotas of Lambda.
    mapping_start, mapping_growth
        Batches at once at the beginning, and how many more a second.
    fifo_calls, fifo_partition_calls, look_ahead
        Quotas of SQS.
    table_units, partition_units
        Write units a second of a table or index and of a partition of it.
    rows, times
        See there.
    is_warm
        Whether environments and batches at once have grown to what the load needs, and bursts are used up: the steady
        state. Else the load meets an environment that had none.
    """

    api_rate: float
    api_burst: float
    maximum_concurrency: int
    reserved_concurrency: int
    provisioned_concurrency: int
    is_high_throughput: bool
    batch_size: int
    received_shards: int
    api_account_rate: float
    api_account_burst: float
    concurrency: int
    requests_per_environment: float
    new_environments: float
    new_seconds: float
    mapping_start: int
    mapping_growth: float
    fifo_calls: float
    fifo_partition_calls: float
    look_ahead: int
    table_units: float
    partition_units: float
    rows: Rows
    times: Times
    is_warm: bool = True
