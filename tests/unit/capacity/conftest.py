"""A flagship without limits, of which each test sets the one that it is about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scripts.capacity import figures
from scripts.capacity.latency import Fixed
from scripts.capacity.settings import Settings, Times

ENDLESS = 1e9


@pytest.fixture(scope="session")
def published() -> Settings:
    """Return the flagship with the published figures."""
    return figures.flagship(figures.load())


@pytest.fixture
def unlimited(published: Settings) -> Settings:
    """Return one whose calls take 10 ms and commits 50 ms, with nothing else in the way."""
    call = Fixed(0.01)
    return replace(
        published,
        api_rate=ENDLESS,
        api_burst=ENDLESS,
        api_account_rate=ENDLESS,
        api_account_burst=ENDLESS,
        maximum_concurrency=100_000,
        concurrency=10**9,
        requests_per_environment=ENDLESS,
        fifo_calls=ENDLESS,
        fifo_partition_calls=ENDLESS,
        table_units=ENDLESS,
        partition_units=ENDLESS,
        times=Times(
            gateway=call,
            put_item=call,
            send_message=call,
            answer=Fixed(0.0),
            queue_to_function=call,
            read_accounts=Fixed(0.0),
            commit=Fixed(0.05),
            delete_messages=call,
            ingest_cpu=0.0,
            process_cpu=0.0,
            process_batch_cpu=0.0,
            ingest_cold=0.5,
            process_cold=0.5,
            patience=1.0,
        ),
    )
