"""The real-time path of a bank of customers: real tables, a shard, and the processor as its handler wires it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from stream_process.processor import StreamProcessor

from pipeline.aws.accounts import AccountTable
from pipeline.aws.claimed_transactions import ClaimedTransactions
from pipeline.aws.failures import Failures
from pipeline.aws.insights import Insights
from pipeline.aws.layout import CUSTOMERS, by_customer
from pipeline.aws.ledger import Ledger
from pipeline.aws.merchants import UnlistedMerchants
from pipeline.aws.quarantine import Quarantine
from pipeline.aws.settler import Settler
from pipeline.aws.stream_reader import StreamReader
from pipeline.domain.request_schemas import request_schema
from pipeline.scoring.document import parse
from pipeline.scoring.engine import DecisionEngine
from scripts import paths
from tests.factories import NOW, FixedPolicies
from tests.unit.functions.conftest import Faulty
from tests.unit.functions.customer_tables import CustomerTables
from tests.unit.functions.shard import Shard, accepted, batch_of

WEIGHTS = DecisionEngine(parse((paths.ROOT / "policy_documents" / "weights.json").read_text(encoding="utf-8")), {})


class Topic:
    """Keeps the alerts that were published; it can be out of reach."""

    def __init__(self) -> None:
        self.alerts: list[Any] = []
        self.error: Exception | None = None

    def publish(self, subject: str, content: Any) -> None:
        if self.error is not None:
            raise self.error
        self.alerts.append(content)


class Broken:
    """Decides like the shipped weights, but for some transactions, where it has a bug."""

    def __init__(self, *ids: str) -> None:
        self.ids = set(ids)

    def decide(self, acceptance: Any, account: Any, merchant: Any) -> Any:
        if acceptance.transaction.transaction_id in self.ids:
            raise ZeroDivisionError("a bug of ours")
        return WEIGHTS.decide(acceptance, account, merchant)


class World:
    """Real tables, a shard, and the processor as its handler wires it."""

    def __init__(self, tables: CustomerTables) -> None:
        self.tables = tables
        self.shard = Shard()
        self.dynamodb: Any = Faulty(tables.client)
        self.topic: Any = Topic()
        self.decider: Any = WEIGHTS

    @property
    def layout(self) -> Any:
        return by_customer(self.tables.ids)

    def processor(self) -> StreamProcessor:
        def wait(_: float) -> None:
            return None

        policies: Any = FixedPolicies(self.decider)
        tables, dynamodb = self.tables, self.dynamodb
        customers = AccountTable(dynamodb, tables.customers, sleep=wait, layout=CUSTOMERS)
        insights = Insights(tables.insights)
        ledger = Ledger(dynamodb, tables.transactions, customers, wait, self.layout, insights)
        quarantine = Quarantine(
            dynamodb, tables.transactions, customers, self.layout, actor="stream_process", reason="NOT_PROCESSABLE"
        )
        settler = Settler(ledger, UnlistedMerchants(), policies, lambda: NOW, wait, "stream_process")
        failures = Failures(ledger, quarantine, self.topic, lambda: NOW, wait, "stream_process", "stream_process")
        return StreamProcessor(ledger, settler, failures, StreamReader(request_schema("securebank")), now=lambda: NOW)

    def store(self, transaction_id: str = "t1", customer_id: str = "cust", **changes: Any) -> None:
        """Store a transaction and put it on the stream, as `ingest` does."""
        ClaimedTransactions(self.tables.client, self.tables.transactions, self.layout).insert(
            accepted(transaction_id, customer_id, **changes), timedelta(minutes=15)
        )
        self.shard.accept(transaction_id, customer_id, **changes)

    def process(self, *records: dict[str, Any], seconds_left: Callable[[], float] | None = None) -> str | None:
        """Hand over records, else all; return the number of the first that comes again."""
        batch = batch_of(records or self.shard.records)
        first = self.processor().process(batch, seconds_left) if seconds_left else self.processor().process(batch)
        return None if first is None else first.sequence_number

    def sequences(self) -> dict[str, int]:
        """Return the committed order: transaction id to its place among its customer's."""
        return {key: int(row["sequence"]) for key, row in self.tables.rows().items() if "sequence" in row}

    def poison(self, customer_id: str = "sick") -> None:
        """Store a customer's state that cannot be read."""
        row = {"customer_id": customer_id, "version": 3, "last_occurred_at": "garbage"}
        self.tables.put(self.tables.customers, row)

    def everything(self) -> Any:
        tables = self.tables
        return [tables.all(name) for name in (tables.transactions, tables.ids, tables.customers, tables.insights)]
