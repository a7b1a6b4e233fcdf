"""The limits that a load can meet: what each is called, what moves it, and the settings with it moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from scripts.capacity.settings import Settings

Lift = Callable[[Settings], Settings]


@dataclass(frozen=True)
class Limit:
    """One limit.

    Parameters
    ----------
    what
        What refuses or holds up.
    moved_by
        The argument, quota or change that moves it.
    lift
        Moves it; None where nothing does.
    """

    what: str
    moved_by: str
    lift: Lift | None = None


def _of(**values: float) -> Lift:
    return lambda settings: replace(settings, **values)  # type: ignore[arg-type]  # names of its own fields


def _more_table(settings: Settings) -> Settings:
    grown = 40_000.0
    return replace(settings, table_units=grown if settings.table_units < grown else 25 * grown)


LIMITS = {
    "api_rate": Limit(
        "the key's rate at the gateway",
        "argument `api.rate_limit` (500; at most 10,000), with `api.burst_limit`; past 10,000 its validation",
        lambda settings: replace(
            settings, api_rate=10_000 if settings.api_rate < 10_000 else 200_000, api_burst=10_000
        ),
    ),
    "api_account_rate": Limit(
        "API Gateway's rate for the account",
        "quota of API Gateway (10,000 a second), and then the validation of `api.rate_limit`",
        _of(api_account_rate=200_000, api_account_burst=100_000, api_rate=200_000, api_burst=100_000),
    ),
    "transactions_table": Limit(
        "write units of the transactions table",
        "a new table: traffic that grows by no more than double in 30 minutes, or warm throughput set by hand;"
        " a grown one: the quota of the table (40,000 units)",
        _more_table,
    ),
    "accounts_table": Limit("write units of the accounts table", "as for the transactions table", _more_table),
    "account_index": Limit("write units of the index by account", "as for the transactions table", _more_table),
    "received_index": Limit(
        "write units of the sweeper's index, whose keys are few",
        "no argument: RECEIVED_SHARDS of the functions' code (32 keys of 1,000 units, two a transaction)",
        _of(received_shards=1_024),
    ),
    "maximum_concurrency": Limit(
        "batches decided at once",
        "argument `process_maximum_concurrency` (100; at most 1,000); beyond: provisioned pollers, for which"
        " the module has no argument",
        lambda settings: replace(
            settings, maximum_concurrency=1_000 if settings.maximum_concurrency < 1_000 else 20_000
        ),
    ),
    "mapping_growth": Limit(
        "how fast the mapping takes more batches at once",
        "no argument: provisioned pollers grow faster, but the module has none",
    ),
    "lambda_concurrency": Limit(
        "calls under way in the account",
        "quota of Lambda (1,000, and ten times as many short calls a second)",
        _of(concurrency=50_000),
    ),
    "lambda_scaling": Limit(
        "how fast Lambda makes environments",
        "argument `ingest_provisioned_concurrency`",
        _of(provisioned_concurrency=1_000),
    ),
    "reserved_concurrency": Limit(
        "the concurrency that `process` has reserved",
        "argument `process_reserved_concurrency`",
        _of(reserved_concurrency=0),
    ),
    "fifo_calls": Limit(
        "calls of SQS",
        "high throughput, which the module switches on; beyond 70,000 a second the region's quota, or batches sent",
    ),
    "account_order": Limit(
        "one batch of an account at a time",
        "nothing: it keeps the account's order. Ten transactions for each round trip of a batch",
    ),
    "look_ahead": Limit(
        "the first 120,000 messages, at which SQS looks",
        "nothing: an account that brings more than it can be decided hides the others in the end",
    ),
}
