"""AWS calls and processor time a transaction: the real handlers on a stub, with the usual handler beside them.

Run by `python -m tests.bench.performance`, which gives each handler a process of its own: `calls.py NAME TRANSACTIONS`
prints the figures of one run as JSON.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts import paths  # first: it makes the functions' library importable

from tests.bench.performance.sections import Section  # isort: skip
from tests.bench.performance.stub_aws import MILLISECONDS_A_CALL, Stub  # isort: skip

if TYPE_CHECKING:
    from pipeline.aws.queue import Message

BATCH = 10
CONFLICT_EVERY = 200
"""Batches in which another consumer was faster: one in so many."""
THROTTLE_EVERY = 100
"""Calls that AWS throttles: one in so many, each made again by the SDK."""

ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "POWERTOOLS_METRICS_NAMESPACE": "bench",
    "TRANSACTIONS_TABLE": "transactions",
    "MERCHANTS_TABLE": "merchants",
    "MERCHANT_RISK_TABLE": "merchant-risk",
    "ACCOUNTS_TABLE": "accounts",
    "TRANSACTION_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/transactions.fifo",
    "SWEEP_AFTER_SECONDS": "900",
    "RETRY_BASE_SECONDS": "0",
    "MERCHANT_CACHE_SECONDS": "60",
    "POLICY_PARAMETER": "policy",
    "POLICY_REFRESH_SECONDS": "60",
    "EVENT_BUS_NAME": "bus",
    "AUDIT_BUCKET": "audit",
    "ACCOUNT_INDEX_NAME": "account-index",
}


class Context:
    """As much of Lambda's context as the handlers ask for."""

    def get_remaining_time_in_millis(self) -> int:
        """Return a time that is enough for everything."""
        return 60_000


@dataclass(frozen=True)
class Measured:
    """One run.

    Parameters
    ----------
    transactions
        How many were handled.
    calls
        Requests to AWS, those that were made again among them, by service and operation.
    seconds
        How long it took, the stub's waits included.
    cpu_seconds
        Processor time, the stub's own left out.
    """

    transactions: int
    calls: dict[str, int]
    seconds: float
    cpu_seconds: float

    @property
    def calls_each(self) -> float:
        """Requests a transaction."""
        return sum(self.calls.values()) / self.transactions

    @property
    def milliseconds_each(self) -> float:
        """Time a transaction."""
        return 1000 * self.seconds / self.transactions

    @property
    def cpu_milliseconds_each(self) -> float:
        """Processor time a transaction."""
        return 1000 * self.cpu_seconds / self.transactions


def messages(count: int, accounts: int, batch: int = BATCH) -> Iterator[dict[str, Any]]:
    """Yield batches of the queue: so many messages each, the accounts in turn."""
    from tests.factories import message

    for first in range(0, count, batch):
        records = []
        for number in range(first, min(first + batch, count)):
            made = message(
                f"t{number}", f"account-{number % accounts}", amount=f"{10 + number % 90}.50",
                occurred_at=f"2026-11-20T08:{number // 60 % 60:02}:{number % 60:02}.000000Z",
            )  # fmt: skip
            records.append(record(made, number))
        yield {"Records": records}


def record(message: Message, number: int) -> dict[str, Any]:
    """Return a message as Lambda gets it from the queue, with its number in the queue's sequence."""
    attributes = {
        "ApproximateReceiveCount": "1", "MessageGroupId": message.group, "SequenceNumber": str(number),
    }  # fmt: skip
    return {"messageId": message.message_id, "receiptHandle": "r", "body": message.body, "attributes": attributes}


def requests(count: int, _accounts: int) -> Iterator[dict[str, Any]]:
    """Yield calls of the API."""
    for number in range(count):
        document = {
            "transaction_id": f"t{number}", "account_id": f"account-{number}", "merchant_id": "shop", "amount": 12.5,
            "currency": "USD", "occurred_at": "2026-11-20T08:59:00Z",
        }  # fmt: skip
        yield {
            "httpMethod": "POST", "path": "/v1/transactions", "headers": {}, "body": json.dumps(document),
            "isBase64Encoded": False, "requestContext": {"requestId": f"r{number}"},
        }  # fmt: skip


def changes(count: int, _accounts: int) -> Iterator[dict[str, Any]]:
    """Yield batches of the table's stream: of each transaction its acceptance and its decision."""
    from tests.bench.performance.rows import accepted, decided

    records: list[dict[str, Any]] = []
    for number in range(count):
        old, new = accepted(number), decided(number)
        for kind, images in (("INSERT", {"NewImage": old}), ("MODIFY", {"OldImage": old, "NewImage": new})):
            place = str(len(records))
            records.append(
                {"eventID": place, "eventName": kind, "dynamodb": {**images, "SequenceNumber": f"{number}{place}"}}
            )
        if len(records) >= 100 or number == count - 1:
            yield {"Records": records}
            records = []


@dataclass(frozen=True)
class Scenario:
    """What is run: a handler, its events, and the trouble it meets."""

    module: str
    events: Callable[[int, int], Iterator[dict[str, Any]]]
    accounts: int = 1_000_000
    trouble: bool = False


SCENARIOS = {
    "process, distinct accounts": Scenario("process.handler", messages),
    "process, distinct accounts, conflicts and throttles": Scenario("process.handler", messages, trouble=True),
    "process, one account": Scenario("process.handler", messages, accounts=1),
    "process, one account, conflicts and throttles": Scenario("process.handler", messages, accounts=1, trouble=True),
    "process, batches of one": Scenario("process.handler", partial(messages, batch=1)),
    "ingest": Scenario("ingest.handler", requests),
    "relay": Scenario("relay.handler", changes),
    "the usual handler, distinct accounts": Scenario("tests.bench.performance.usual", messages),
    "the usual handler, one account": Scenario("tests.bench.performance.usual", messages, accounts=1),
}


def policy() -> dict[str, str]:
    """Return the shipped policy document as the parameter that the functions read."""
    return {"policy": (paths.ROOT / "policy_documents" / "flagship.json").read_text(encoding="utf-8")}


def shop(merchant_id: str) -> dict[str, Any]:
    """Return a merchant's item."""
    return {"merchant_id": {"S": merchant_id}, "name": {"S": "Corner Shop"}, "active": {"BOOL": True}}


def handler_on(stub: Stub, module: str, **settings: str) -> Callable[[dict[str, Any], Context], Any]:
    """Import a handler, with further settings, so that the stub stands for AWS; once in a process."""
    import boto3

    from pipeline.aws.clients import session

    os.environ.update({**ENVIRONMENT, **settings})
    shared: Any = session()  # its stub knows no handler that answers
    shared.register("before-send", stub)
    boto3.setup_default_session(botocore_session=session())
    handler: Callable[[dict[str, Any], Context], Any] = importlib.import_module(module).handler
    return handler


def run(name: str, transactions: int, milliseconds: float = MILLISECONDS_A_CALL) -> Measured:
    """Run a scenario in this process, once to warm up and once to measure."""
    scenario = SCENARIOS[name]
    trouble = {"conflict_every": CONFLICT_EVERY, "throttle_every": THROTTLE_EVERY} if scenario.trouble else {}
    stub = Stub(frozenset({"accounts"}), policy(), milliseconds, **trouble)
    stub.put("merchants", shop("shop"))
    handler = handler_on(stub, scenario.module)
    events = list(scenario.events(transactions + 10 * BATCH, scenario.accounts))
    warm, measured = _split(events, 10 * BATCH)
    with contextlib.redirect_stdout(io.StringIO()):
        for event in warm:
            handler(event, Context())
        stub.calls.clear()
        stub.cpu_seconds = 0.0
        started, cpu = time.perf_counter(), time.process_time()
        for event in measured:
            handler(event, Context())
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu - stub.cpu_seconds
    return Measured(transactions, dict(stub.calls), seconds, cpu)


def _split(events: list[dict[str, Any]], warm_up: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    seen, place = 0, 0
    while seen < warm_up:
        seen += len(events[place].get("Records", [None]))
        place += 1
    return events[:place], events[place:]


def measure(name: str, transactions: int) -> Measured:
    """Run a scenario in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, name, str(transactions)], check=True, capture_output=True, text=True
    )
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


TRANSACTIONS = {"process": 4000, "ingest": 1000, "relay": 4000, "the usual": 300}
"""How many of each are measured: more where a call is shared by many."""
USUAL, OURS = "the usual handler, distinct accounts", "process, distinct accounts"


def section() -> Section:
    """Measure all scenarios and put them side by side."""
    sizes = {name: next(size for part, size in TRANSACTIONS.items() if name.startswith(part)) for name in SCENARIOS}
    found = {name: measure(name, size) for name, size in sizes.items()}
    columns = ("handler", "AWS calls", f"ms, at {MILLISECONDS_A_CALL:.0f} ms a call", "CPU, ms", "calls by operation")
    rows = [
        [
            name, f"{one.calls_each:.3f}", f"{one.milliseconds_each:.2f}", f"{one.cpu_milliseconds_each:.2f}",
            ", ".join(f"{asked.split(':')[1]} {count / one.transactions:.3f}" for asked, count in one.calls.items()),
        ]
        for name, one in found.items()
    ]  # fmt: skip
    ratios = {
        "times_faster": found[USUAL].milliseconds_each / found[OURS].milliseconds_each,
        "share_of_cpu": found[OURS].cpu_milliseconds_each / found[USUAL].cpu_milliseconds_each,
    }
    figures = {name: {**asdict(one), "calls_each": one.calls_each} for name, one in found.items()}
    return Section("calls", columns, rows, {"handlers": figures, **ratios})


if __name__ == "__main__":
    print(json.dumps(asdict(run(sys.argv[1], int(sys.argv[2]), *map(float, sys.argv[3:])))))
