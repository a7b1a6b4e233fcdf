"""securebank in memory: what records and decides there, and the lake, wired as its main.tf wires them.

The gateway can put a request on the stream by itself; `Submission.direct` says of each whether it does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from random import Random
from types import SimpleNamespace
from typing import Any, Callable, ClassVar, Optional

from pipeline.aws.dynamo import to_item
from pipeline.aws.policies import BASELINE
from tests.property.simulation.errors import CrashError
from tests.property.simulation.functions import Function
from tests.property.simulation.kernel import START, Task
from tests.property.simulation.kinesis import KinesisMapping, Stream
from tests.property.simulation.mappings import QueueMapping, StreamMapping
from tests.property.simulation.scenario import Scenario, Submission
from tests.property.simulation.services import Buckets, Parameters, Topics
from tests.property.simulation.shards import LONGEST_PAUSE_SECONDS, Reading, Record, batch_info
from tests.property.simulation.system import SWEEP_AFTER_SECONDS, System

GATEWAY_SECONDS = 29.0
RETRIES = 10
"""Fewer than are set by default, so that a schedule comes to their end; still more than ten seconds of them."""

_IDS = {"TRANSACTIONS_TABLE": "transactions", "TRANSACTION_IDS_TABLE": "transaction-ids"}
_DECIDED = {**_IDS, "CUSTOMERS_TABLE": "customers", "PROCESSING_FAILURES_TOPIC_ARN": "failures"}
_STREAM = {"TRANSACTION_STREAM_NAME": "transactions", "SWEEP_AFTER_SECONDS": str(SWEEP_AFTER_SECONDS)}
_REQUESTS = {"REQUEST_SCHEMA": "securebank"}
_POLICY = {"POLICY_PARAMETER": "policy", "POLICY_REFRESH_SECONDS": "60"}

FUNCTIONS: Mapping[str, Function] = {
    function.name: function
    for function in (
        Function("ingest", 25.0, {**_REQUESTS, **_IDS, **_STREAM}),
        Function("stream_process", 30.0, {**_REQUESTS, **_DECIDED, **_POLICY, "FRAUD_INSIGHTS_TABLE": "insights"}),
        Function("stream_failed", 60.0, {**_REQUESTS, **_DECIDED}),
        Function(
            "sweep",
            30.0,
            {"TRANSACTIONS_TABLE": "transactions", "RECEIVED_INDEX_NAME": "received-index", **_STREAM},
        ),
        Function("label", 25.0, _IDS),
        Function("lake", 60.0, {"LAKE_BUCKET": "lake"}),
    )
}


class SecureBank(System):
    """One schedule of securebank."""

    functions: ClassVar[Mapping[str, Function]] = FUNCTIONS

    def __init__(self, scenario: Scenario, draw: Random, trace: Optional[Callable[[str], None]] = None) -> None:
        self.given_up: set[str] = set()
        """Sequence numbers of the records that Lambda gave up."""
        self._unfenced: set[str] = set()
        super().__init__(scenario, draw, trace)

    @property
    def met_a_limit(self) -> bool:
        """Whether something happened that the documentation names as a limit."""
        return bool(self.unfenced)

    @cached_property
    def unfenced(self) -> set[str]:
        """Customers whose order known limits excuse.

        A record of theirs was given up unfenced, for the tables refused every fence, or it was too old before there was
        one. Or it was given up and leaves its fence: it was lost, past the retention of the stream, before it was
        recorded; or its id turned out to be another's, and others are held behind it. People hear of both.
        """
        told = [each.content for each in self.topics.published]
        is_lost = any(each["kind"] == "RECORDS_LOST" for each in told)
        lost = {entry.key for entry in self.stream.taken if entry.sequence_number in self.given_up and is_lost}
        owners = {row["transaction_id"]: row["customer_id"] for row in self.items()}
        foreign = {
            each["account_id"] for each in told if owners.get(each.get("transaction_id")) != each.get("account_id")
        }
        return self._unfenced | lost | foreign - {None}

    def request(self, submission: Submission) -> dict[str, Any]:
        """Return the request of a submission, in the bank's words."""
        body = submission.body()
        names = {"account_id": "customer_id", "occurred_at": "timestamp"}
        return {names.get(name, name): value for name, value in body.items()}

    def _services(self) -> Mapping[str, Any]:
        kernel, chances = self.kernel, self.scenario.chances
        self.database.create(
            "transactions", "customer_id", "timestamp", received_index=("received_shard", "sweep_after")
        )
        self.database.create("transaction-ids", "transaction_id")
        self.database.create("customers", "customer_id")
        self.database.create("insights", "bucket")
        self.stream = Stream(
            "transactions",
            lambda: kernel.now,
            retention_seconds=self.scenario.retention_seconds,
            gap=self._chance(chances.repeated),
        )
        self.dead = self._queue("given-up-dead", 360.0)
        self.queue = self._queue("given-up", 360.0, self.dead)
        self.topics, self.buckets = Topics(), Buckets()
        return {
            "kinesis": self.stream,
            "sns": self.topics,
            "s3": self.buckets,
            "ssm": Parameters(lambda: BASELINE),
        }

    def _connect(self) -> None:
        kernel, runtime, chances = self.kernel, self.runtime, self.scenario.chances
        undeleted, unmarked = self._chance(chances.undeleted), self._chance(chances.unmarked)
        reading = Reading(
            kernel,
            runtime,
            "stream_process",
            retries=RETRIES,
            age_seconds=self.scenario.age_seconds,
            give_up=self._give_up,
            unmarked=unmarked,
        )
        KinesisMapping(self.stream, reading)
        QueueMapping(kernel, runtime, self.queue, "stream_failed", undeleted=undeleted)
        lines = Reading(kernel, runtime, "lake", batch_size=1000, window_seconds=60.0, unmarked=unmarked)
        StreamMapping(self.transactions, lines, lambda _: True)

    def _plan(self) -> None:
        super()._plan()
        for place, (at, customer) in enumerate(self.scenario.junk):
            self.kernel.later(at, partial(self._put_junk, place, customer))
        for customer, at in self.scenario.unreadable.items():
            self.kernel.later(at, partial(self._spoil, customer))

    def _put_junk(self, place: int, customer: str) -> None:
        data = (b"no transaction", b"\xff{}", b'{"submission": {"transaction_id": "nobody"}}')[place % 3]
        self.stream.put_record("transactions", customer, data)

    def _spoil(self, customer: str) -> None:
        table = self.database.tables["customers"]
        row = dict(table.rows.get((("S", customer),), to_item({"customer_id": customer})))
        row["last_occurred_at"] = {"S": "garbage"}
        self.database.put_item(TableName="customers", Item=row)

    def _submit(self, submission: Submission, attempt: int) -> None:
        if not submission.direct:
            super()._submit(submission, attempt)
            return
        record = {
            "submission": self.request(submission),
            "request_id": f"{submission.transaction_id}-request",
            "received_at_ms": int((START.timestamp() + self.kernel.now) * 1000),
        }
        config = SimpleNamespace(retries={"total_max_attempts": 1}, read_timeout=GATEWAY_SECONDS)
        client = self.network.client("gateway", "kinesis", config=config)

        def put() -> None:
            data = json.dumps(record).encode()
            client.put_record(StreamName="transactions", PartitionKey=submission.account_id, Data=data)

        def end(outcome: Any) -> None:
            answered = {"statusCode": 503 if isinstance(outcome, Exception) else 202, "body": "{}"}
            self._answered(submission, attempt, outcome if isinstance(outcome, CrashError) else answered)

        self.kernel.start(Task("gateway", None), put, end)

    def _give_up(self, shard_id: str, batch: Sequence[Record]) -> None:
        self.given_up |= {each.number for each in batch}
        self._unfenced |= {each.event["kinesis"]["partitionKey"] for each in batch if self._kept_unfenced(each)}
        told = batch_info("KinesisBatchInfo", self.stream.arn, shard_id, batch, "RetryAttemptsExhausted")
        self.queue.send(json.dumps(told))

    def _kept_unfenced(self, record: Record) -> bool:
        """Tell whether faults at the latest attempts at a record, or its age, left its customer without a fence."""
        key = (("S", record.event["kinesis"]["partitionKey"]),)
        row = self.database.tables["customers"].rows.get(key, {})
        since = self.kernel.now - 2 * LONGEST_PAUSE_SECONDS
        struck = [at for at, function in self.network.strikes if function == "stream_process" and at >= since]
        is_old = record.at + self.scenario.age_seconds < self.kernel.now
        return (len(struck) > 1 or is_old) and "blocked_by" not in row

    def _needs_an_operator(self) -> bool:
        return bool(self.dead.messages)

    def _operate(self) -> None:
        """Move what could not be recorded back to its queue."""
        for message in self.dead.receive(10):
            self.dead.delete(message.handle)
            self.queue.send(message.body)
