"""Tables and queues of the flagship's shape in the bare local AWS, fresh for each test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from pipeline.aws.accounts import AccountTable
from pipeline.aws.clients import session
from pipeline.aws.dynamo import from_item, to_item
from pipeline.aws.ledger import Ledger
from pipeline.aws.merchant_risk import read_risk
from pipeline.aws.transactions import Transactions
from pipeline.domain.merchant_risk import MerchantRisk
from tests.unit.functions.recorded_calls import Recorder


@pytest.fixture(scope="session")
def call_recorder() -> Recorder:
    """Return what notes the calls of every client made from now on."""
    found = Recorder()
    shared: Any = session()  # its stub knows handlers with keywords only
    shared.register("before-parameter-build", found.note)
    boto3.setup_default_session(botocore_session=session())  # the tests make their clients of the functions' session
    return found


@pytest.fixture(scope="module", autouse=True)
def recorded_calls(call_recorder: Recorder, request: pytest.FixtureRequest) -> Iterator[None]:
    """Record what the functions' code asks of AWS, module by module."""
    yield
    call_recorder.write(request.module.__name__.rsplit(".", 1)[-1])


@dataclass
class Tables:
    """The tables of one test, and short ways to look into them."""

    client: Any
    suffix: str = field(default_factory=lambda: uuid.uuid4().hex[:8])

    @property
    def transactions(self) -> str:
        return f"transactions-{self.suffix}"

    @property
    def accounts(self) -> str:
        return f"accounts-{self.suffix}"

    @property
    def merchants(self) -> str:
        return f"merchants-{self.suffix}"

    @property
    def merchant_risk(self) -> str:
        return f"merchant-risk-{self.suffix}"

    @property
    def drift(self) -> str:
        return f"drift-{self.suffix}"

    def create(self) -> None:
        self._create(
            self.transactions,
            "transaction_id",
            {"received-index": ("received_shard", "sweep_after"), "account-index": ("account_id", "received_at")},
        )
        self._create(self.accounts, "account_id")
        self._create(self.merchants, "merchant_id")
        self._create(self.merchant_risk, "merchant_id")
        self._create(self.drift, "window")
        self.put(self.merchants, {"merchant_id": "shop", "name": "Corner Shop", "active": True})

    def _create(self, name: str, key: str, indexes: dict[str, tuple[str, str]] | None = None) -> None:
        names = {key, *(part for pair in (indexes or {}).values() for part in pair)}
        arguments: dict[str, Any] = {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in sorted(names)],
        }
        if indexes:
            arguments["GlobalSecondaryIndexes"] = [
                {
                    "IndexName": index,
                    "KeySchema": [
                        {"AttributeName": pair[0], "KeyType": "HASH"},
                        {"AttributeName": pair[1], "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
                for index, pair in indexes.items()
            ]
        self.client.create_table(**arguments)

    def put(self, table: str, row: dict[str, Any]) -> None:
        self.client.put_item(TableName=table, Item=to_item(row))

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return all transactions by id."""
        items = self.client.scan(TableName=self.transactions, ConsistentRead=True)["Items"]
        return {row["transaction_id"]: row for row in map(from_item, items)}

    def account(self, account_id: str = "acc") -> dict[str, Any]:
        return self.find(self.accounts, account_id=account_id)

    def find(self, table: str, **key: str) -> dict[str, Any]:
        """Return a row, {} if there is none."""
        answer = self.client.get_item(TableName=table, Key=to_item(key), ConsistentRead=True)
        return from_item(answer.get("Item", {}))

    def risk(self, merchant_id: str = "shop") -> MerchantRisk:
        """Return what is known of a merchant."""
        return read_risk(self.find(self.merchant_risk, merchant_id=merchant_id) or None).risk


class Faulty:
    """A client whose calls can be made to fail, before or after their effect.

    Parameters
    ----------
    client
        The real client; all that is not made to fail goes there.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._faults: dict[str, list[tuple[str, BaseException | None]]] = {}
        self.calls: list[str] = []
        self.reads: list[dict[str, Any]] = []

    def fail(self, operation: str, error: BaseException, *, when: str = "before", times: int = 1, nth: int = 1) -> None:
        """Let `times` calls of `operation`, from the `nth` on, raise `error` before or after their effect."""
        planned: list[tuple[str, BaseException | None]] = [("", None)] * (nth - 1)
        self._faults.setdefault(operation, []).extend(planned + [(when, error)] * times)

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            self.calls.append(operation)
            if operation == "batch_get_item":
                self.reads.append(arguments["RequestItems"])
            when, error = self._faults[operation].pop(0) if self._faults.get(operation) else ("", None)
            if error is not None and when == "before":
                raise error
            answer = getattr(self._client, operation)(**arguments)
            if error is not None:
                raise error
            return answer

        return call


@pytest.fixture
def tables(aws: Any) -> Tables:
    created = Tables(aws("dynamodb"))
    created.create()
    return created


@pytest.fixture
def dynamodb(tables: Tables) -> Faulty:
    return Faulty(tables.client)


@pytest.fixture
def ledger(tables: Tables, dynamodb: Any) -> Ledger:
    accounts = AccountTable(dynamodb, tables.accounts, sleep=lambda _: None)
    return Ledger(dynamodb, tables.transactions, accounts, sleep=lambda _: None)


@pytest.fixture
def transactions(tables: Tables, dynamodb: Any) -> Transactions:
    return Transactions(dynamodb, tables.transactions)


class RecordingQueue:
    """Stands for the queue where a test asks what was sent or put off; SQS itself is tested end to end."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.backed_off: list[list[str]] = []
        self.released: list[list[str]] = []
        self.error: Exception | None = None

    def send(self, acceptance: Any) -> None:
        if self.error is not None:
            raise self.error
        self.sent.append(acceptance)

    def back_off(self, messages: Any) -> None:
        self.backed_off.append([message.message_id for message in messages])

    def release(self, messages: Any) -> None:
        self.released.append([message.message_id for message in messages])


@pytest.fixture
def queue() -> RecordingQueue:
    return RecordingQueue()
