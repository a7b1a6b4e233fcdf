"""stream_alerts in memory: its functions, tables, stream, queues and topic wired as its main.tf wires them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from random import Random
from typing import Any, Callable, ClassVar, Optional

from pipeline.aws.dynamo import to_item
from pipeline.aws.policies import BASELINE
from pipeline.domain.status import FLAGGED
from pipeline.domain.times import from_text
from tests.property.simulation.functions import Function
from tests.property.simulation.mappings import QueueMapping, StreamMapping
from tests.property.simulation.queues import Queues, queue_url
from tests.property.simulation.scenario import Scenario, Submission
from tests.property.simulation.services import Parameters, Topics
from tests.property.simulation.shards import Reading, Record, batch_info
from tests.property.simulation.system import System
from tests.property.simulation.tables import Change

POISON = "poison"
"""Begins the id of a row that somebody wrote by hand, and that is no transaction."""

_TABLES = {"TRANSACTIONS_TABLE": "transactions", "TRANSACTION_IDS_TABLE": "transaction-ids"}
_TABLE = {"TRANSACTIONS_TABLE": "transactions"}

FUNCTIONS: Mapping[str, Function] = {
    function.name: function
    for function in (
        Function("ingest", 25.0, {**_TABLES, "REQUEST_SCHEMA": "stream_alerts"}),
        Function(
            "detect",
            30.0,
            {
                **_TABLE,
                "ALERT_QUEUE_URL": queue_url("alerts"),
                "DEAD_LETTER_QUEUE_URL": queue_url("detect-dead"),
                "POLICY_PARAMETER": "policy",
                "POLICY_REFRESH_SECONDS": "60",
            },
        ),
        Function("notify", 30.0, {**_TABLE, "ALERTS_TOPIC_ARN": "alerts", "LEASE_SECONDS": "60"}),
    )
}


class StreamAlerts(System):
    """One schedule of stream_alerts."""

    functions: ClassVar[Mapping[str, Function]] = FUNCTIONS

    def __init__(self, scenario: Scenario, draw: Random, trace: Optional[Callable[[str], None]] = None) -> None:
        self.given_up: set[str] = set()
        """Ids of the rows whose records Lambda gave up."""
        super().__init__(scenario, draw, trace)

    @property
    def met_a_limit(self) -> bool:
        """Whether an alert was sent a second time: SNS had taken it, and nobody came to know."""
        subjects = [each.subject for each in self.topics.published]
        return len(set(subjects)) < len(subjects)

    def request(self, submission: Submission) -> dict[str, Any]:
        """Return the request of a submission; it names no account, and its time in seconds since 1970."""
        body = submission.body()
        at = from_text(submission.occurred_at).timestamp()
        return {"timestamp": at, **{name: body[name] for name in body if name not in ("account_id", "occurred_at")}}

    def _services(self) -> Mapping[str, Any]:
        self.database.create("transactions", "transaction_id", "timestamp")
        self.database.create("transaction-ids", "transaction_id")
        self.alerts_dead = self._queue("alerts-dead", 300.0)
        self.alerts = self._queue("alerts", 300.0, self.alerts_dead)
        self.detect_dead = self._queue("detect-dead", 30.0)
        self.topics = Topics()
        return {
            "sqs": Queues(self.alerts, self.detect_dead),
            "sns": self.topics,
            "ssm": Parameters(lambda: BASELINE),
        }

    def _connect(self) -> None:
        chances = self.scenario.chances
        reading = Reading(
            self.kernel,
            self.runtime,
            "detect",
            batch_size=10,
            retries=10,
            age_seconds=3600.0,
            give_up=self._give_up,
            unmarked=self._chance(chances.unmarked),
        )
        StreamMapping(self.transactions, reading, _was_accepted)
        QueueMapping(
            self.kernel, self.runtime, self.alerts, "notify", batch_size=1, undeleted=self._chance(chances.undeleted)
        )

    def _plan(self) -> None:
        super()._plan()
        for place, (at, _) in enumerate(self.scenario.junk):
            self.kernel.later(at, partial(self._write_by_hand, place))

    def _write_by_hand(self, place: int) -> None:
        """Store a row as people do who mean well: it waits, and holds no transaction."""
        row = {
            "transaction_id": f"{POISON}-{place}",
            "timestamp": 1763628000,
            "status": "RECEIVED",
            "merchant_id": "shop",
        }
        self.database.put_item(TableName="transactions", Item=to_item(row))

    def _give_up(self, shard_id: str, batch: Sequence[Record]) -> None:
        self.given_up |= {each.event["dynamodb"]["Keys"]["transaction_id"]["S"] for each in batch}
        told = batch_info("DDBStreamBatchInfo", "stream", shard_id, batch, "RetryAttemptsExhausted")
        self.detect_dead.send(json.dumps(told))

    def _unfinished(self) -> list[dict[str, Any]]:
        """Return the rows that nothing brings any more: they wait, or their alert was never queued."""
        rows = [row for row in self.transactions.rows.values() if "fingerprint" in row and "alert" not in row]
        return [row for row in rows if row["status"]["S"] in ("RECEIVED", *FLAGGED)]

    def _needs_an_operator(self) -> bool:
        return bool(self._unfinished() or self.alerts_dead.messages)

    def _operate(self) -> None:
        """Do as the guide says: mend the cause, give `detect` the rows as new ones, and move the dead letters back."""
        self._failures.clear()
        self._deadly.clear()
        records = [
            {
                "eventName": "INSERT",
                "dynamodb": {
                    "SequenceNumber": row["transaction_id"]["S"],
                    "Keys": {name: row[name] for name in self.transactions.key_names},
                    "NewImage": {**row, "status": {"S": "RECEIVED"}},
                },
            }
            for row in self._unfinished()
        ]
        if records:
            self.runtime.invoke("detect", {"Records": records}, lambda _: None)
        for message in self.alerts_dead.receive(10):
            self.alerts_dead.delete(message.handle)
            self.alerts.send(message.body)


def _was_accepted(change: Change) -> bool:
    """Return what the filter of the stream's mapping asks."""
    return change.old is None and change.new is not None and change.new.get("status", {}).get("S") == "RECEIVED"
