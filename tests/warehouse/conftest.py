"""The warehouse on PostgreSQL: one server and one database for all tests, emptied before each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pg8000.native
import pytest

from tests.warehouse import installed, lake, postgres
from tests.warehouse.postgres import Postgres

_FILLED_BY_TESTS = (
    *(f"lake.{table}" for table in lake.TABLES), "svv_external_partitions", "warehouse.load_watermarks",
    "warehouse.load_runs", "warehouse.fact_transactions", "warehouse.fact_daily_aggregates", "warehouse.dim_customer",
    "warehouse.dim_merchant", "warehouse.dim_category", "warehouse.dim_policy",
)  # fmt: skip


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    """Start PostgreSQL and install the warehouse."""
    with postgres.running() as started:
        database = started.connect()
        for role in ("warehouse_loader", "warehouse_reader"):
            database.run(f"CREATE ROLE {role}")
        installed.install(database)
        database.close()
        yield started


@pytest.fixture
def connect(server: Postgres) -> Iterator[Callable[[], pg8000.native.Connection]]:
    """Open connections that end with the test."""
    opened: list[pg8000.native.Connection] = []

    def open_one() -> pg8000.native.Connection:
        opened.append(server.connect())
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.close()


@pytest.fixture
def database(connect: Callable[[], pg8000.native.Connection]) -> pg8000.native.Connection:
    """Return a connection to the warehouse, in which nothing is loaded yet."""
    connection = connect()
    connection.run(f"TRUNCATE {', '.join(_FILLED_BY_TESTS)}")
    return connection
