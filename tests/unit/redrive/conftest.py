"""The flagship's tables, its functions `process` and `failed`, and a queue between them that is only a list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Optional

import pytest
from failed.recorder import Recorder
from process.processor import Processor

from pipeline.aws.accounts import AccountTable
from pipeline.aws.ledger import Ledger
from pipeline.aws.merchants import MerchantDirectory
from pipeline.aws.quarantine import Quarantine
from pipeline.aws.queue import Message
from pipeline.domain.queued import MAX_RECEIVES, Acceptance
from pipeline.domain.status import Status
from scripts.redrive.books import Books, Run
from scripts.redrive.pace import Pace
from scripts.redrive.place import of
from scripts.redrive.release import Releaser
from tests.factories import NOW, FixedPolicies, engine, message
from tests.unit.functions.conftest import RecordingQueue, Tables


class Broken:
    """Decides like the published points, but not these transactions."""

    def __init__(self) -> None:
        self.breaks: set[str] = set()

    def decide(self, accepted: Acceptance, account: Any, merchant: Any) -> Any:
        """Return the decision."""
        if accepted.transaction.transaction_id in self.breaks:
            raise ZeroDivisionError
        return engine().decide(accepted, account, merchant)


class Interrupted:
    """A client that calls somebody before or after each of its calls."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.calls = 0
        self.operations: set[str] = set()
        self.before: Callable[[int], None] = lambda _: None
        self.after: Callable[[int], None] = lambda _: None

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            self.calls += 1
            self.operations.add(operation)
            number = self.calls
            self.before(number)
            answer = getattr(self._client, operation)(**arguments)
            self.after(number)
            return answer

        return call


class World:
    """A running pipeline of one account, and the operator's tool beside it."""

    def __init__(self, tables: Tables, aws: Callable[[str], Any]) -> None:
        self.tables = tables
        client = aws("dynamodb")
        accounts = AccountTable(client, tables.accounts, sleep=lambda _: None)
        ledger = Ledger(client, tables.transactions, accounts, sleep=lambda _: None)
        self.decider = Broken()
        policies: Any = FixedPolicies(self.decider)
        queue: Any = RecordingQueue()
        merchants = MerchantDirectory(client, tables.merchants, cache_seconds=60, risk_table=tables.merchant_risk)
        self._processor = Processor(ledger, merchants, queue, policies, now=lambda: NOW, sleep=lambda _: None)
        heard: Any = self
        quarantine = Quarantine(client, tables.transactions, accounts)
        self._recorder = Recorder(ledger, quarantine, heard, now=lambda: NOW, sleep=lambda _: None)
        self._queue: list[Message] = []
        self._copies = 0
        self.arrived: list[str] = []
        self.clock = 0.0
        self.told: list[tuple[str, str]] = []
        self.client = Interrupted(aws("dynamodb"))
        self.books = self.new_books(self.client)

    def new_books(self, client: Any) -> Books:
        """Return the books as another run opens them."""
        outputs = {
            "transactions_table_name": self.tables.transactions,
            "accounts_table_name": self.tables.accounts,
            "transaction_queue_url": "https://sqs/transactions.fifo",
            "transaction_dead_letter_queue_url": "https://sqs/dead.fifo",
        }
        return Books(client, of("flagship", outputs))

    def publish(self, subject: str, content: Any) -> None:
        """Hear an alert."""

    def submit(self, *ids: str, account_id: str = "acc") -> None:
        """Let transactions arrive in the queue."""
        self.arrived += ids
        self._queue += [message(transaction_id, account_id) for transaction_id in ids]

    def send(self, accepted: Acceptance, revision: int) -> None:
        """Queue a transaction as the operator's tool does."""
        self._copies += 1
        transaction = accepted.transaction
        copy = 1000 * revision + self._copies
        self._queue.append(message(transaction.transaction_id, str(transaction.account_id), copy=copy))

    def deliver(self) -> None:
        """Deliver what is in the queue, until it is empty."""
        while self._queue:
            batch = self._queue[:10]
            again = {each.message_id for each in self._processor.process(batch)}
            left = [replace(each, receive_count=each.receive_count + 1) for each in batch if each.message_id in again]
            for each in [each for each in left if each.receive_count > MAX_RECEIVES]:
                self._recorder.record(each)
            self._queue = [each for each in left if each.receive_count <= MAX_RECEIVES] + self._queue[len(batch) :]

    def sleep(self, seconds: float) -> None:
        """Let time pass: the pipeline goes on meanwhile."""
        self.clock += seconds
        self.deliver()

    def releaser(self, name: str = "run-1", client: Optional[Any] = None, **more: Any) -> Releaser:
        """Return a run of the tool."""
        books = self.books if client is None else self.new_books(client)
        pace = Pace(0.0, 60.0, now=lambda: NOW, clock=lambda: self.clock, sleep=self.sleep)
        run = Run(name, "operator:ana-7", "bug 12 is mended")
        return Releaser(books, self, run, pace, lambda what, _, key, __: self.told.append((what, key)), **more)

    def fail(self, failed: str, *followers: str, account_id: str = "acc") -> None:
        """Let a transaction fail for good, and others wait behind it."""
        self.decider.breaks.add(failed)
        self.submit(failed, account_id=account_id)
        self.deliver()
        self.submit(*followers, account_id=account_id)
        self.deliver()
        self.decider.breaks.discard(failed)

    def decided(self) -> list[str]:
        """Return the decided transactions in the order of their decisions."""
        rows = {key: row for key, row in self.tables.rows().items() if "sequence" in row}
        return sorted(rows, key=lambda key: int(rows[key]["sequence"]))

    def statuses(self) -> dict[str, str]:
        """Return where each transaction stands."""
        return {key: row["status"] for key, row in self.tables.rows().items()}

    def check_released(self) -> None:
        """Check that all that arrived was decided in the order of its arrival, once, and nothing waits."""
        self.deliver()
        assert self.decided() == self.arrived
        rows = self.tables.rows()
        assert {row["status"] for row in rows.values()} <= {Status.APPROVED, Status.REVIEW_REQUIRED}
        assert [int(rows[key]["sequence"]) for key in self.arrived] == list(range(1, len(self.arrived) + 1))
        account = self.tables.account()
        assert not {"blocked_by", "quarantined_at", "released_by"} & account.keys()
        assert int(account["commits"]) == len(self.arrived)
        assert account.get("held", 0) == account.get("let_go", 0)


@pytest.fixture
def world(aws: Any) -> World:
    tables = Tables(aws("dynamodb"))
    tables.create()
    return World(tables, aws)
