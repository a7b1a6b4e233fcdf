"""The flagship in memory: its functions, tables, queues, bus and workflow wired as main.tf wires them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from random import Random
from typing import Any, Callable, ClassVar, Optional

from pipeline.aws.dynamo import to_item
from pipeline.aws.policies import BASELINE
from tests.property.simulation.bus import Bus, Event, Rule
from tests.property.simulation.functions import Function
from tests.property.simulation.mappings import QueueMapping, StreamMapping
from tests.property.simulation.queues import Message, Queues, queue_url
from tests.property.simulation.scenario import NOBODY, SHOPS, Scenario
from tests.property.simulation.services import Buckets, Parameters, Topics
from tests.property.simulation.shards import Reading
from tests.property.simulation.system import SWEEP_AFTER_SECONDS, System
from tests.property.simulation.workflows import Workflows

REVIEW_TIMEOUT_SECONDS = 14400

_TABLES = {
    "TRANSACTIONS_TABLE": "transactions",
    "ACCOUNTS_TABLE": "accounts",
    "MERCHANTS_TABLE": "merchants",
    "MERCHANT_RISK_TABLE": "merchant-risk",
    "CASES_TABLE": "cases",
}


def _settings(*tables: str, **others: str) -> dict[str, str]:
    return {**{name: _TABLES[name] for name in tables}, **others}


_QUEUE = queue_url("transactions.fifo")

FUNCTIONS: Mapping[str, Function] = {
    function.name: function
    for function in (
        Function(
            "ingest",
            25.0,
            _settings(
                "TRANSACTIONS_TABLE",
                "MERCHANTS_TABLE",
                TRANSACTION_QUEUE_URL=_QUEUE,
                MERCHANT_CACHE_SECONDS="60",
                SWEEP_AFTER_SECONDS=str(SWEEP_AFTER_SECONDS),
            ),
        ),
        Function(
            "process",
            30.0,
            _settings(
                "TRANSACTIONS_TABLE",
                "ACCOUNTS_TABLE",
                "MERCHANTS_TABLE",
                "MERCHANT_RISK_TABLE",
                TRANSACTION_QUEUE_URL=_QUEUE,
                MERCHANT_CACHE_SECONDS="60",
                RETRY_BASE_SECONDS="20",
                POLICY_PARAMETER="policy",
                POLICY_REFRESH_SECONDS="60",
            ),
        ),
        Function(
            "failed",
            30.0,
            _settings("TRANSACTIONS_TABLE", "ACCOUNTS_TABLE", PROCESSING_FAILURES_TOPIC_ARN="failures"),
        ),
        Function(
            "sweep",
            60.0,
            _settings(
                "TRANSACTIONS_TABLE",
                RECEIVED_INDEX_NAME="received-index",
                SWEEP_AFTER_SECONDS=str(SWEEP_AFTER_SECONDS),
                TRANSACTION_QUEUE_URL=_QUEUE,
            ),
        ),
        Function("relay", 30.0, {"EVENT_BUS_NAME": "bus"}),
        Function("route", 10.0, {"PRIORITY_QUEUE_URL": queue_url("priority.fifo")}),
        Function("archive", 60.0, {"ARCHIVE_BUCKET": "archive"}),
        Function("case_record", 10.0, _settings("TRANSACTIONS_TABLE", "CASES_TABLE")),
        Function("case_assess", 10.0, {}),
        Function(
            "case_context",
            10.0,
            _settings("TRANSACTIONS_TABLE", "ACCOUNTS_TABLE", "MERCHANTS_TABLE", ACCOUNT_INDEX_NAME="account-index"),
        ),
    )
}

HIGH_VALUE = {
    "source": ["transaction-pipeline"],
    "detail-type": ["TransactionDecided"],
    "detail": {"routes": ["high_value"]},
}
FLAGGED = {
    "source": ["transaction-pipeline"],
    "detail-type": ["TransactionDecided"],
    "detail": {"status": ["REVIEW_REQUIRED", "FRAUD_SUSPECTED"]},
}
ARCHIVED = {"source": ["transaction-pipeline"]}
"""The patterns of the rules in main.tf; a test holds them against it."""


class Flagship(System):
    """One schedule of the flagship.

    Parameters
    ----------
    scenario, draw
        What it begins with, and where its chance comes from.
    trace
        Gets a line for each call.
    """

    functions: ClassVar[Mapping[str, Function]] = FUNCTIONS
    queue_name: ClassVar[str] = "transactions.fifo"
    dead_letters_name: ClassVar[str] = "dead.fifo"

    def __init__(self, scenario: Scenario, draw: Random, trace: Optional[Callable[[str], None]] = None) -> None:
        self.undelivered: list[Event] = []
        self.unfenced: set[str] = set()
        """Accounts of which a transaction was given up unfenced, for the tables refused every fence: a known limit."""
        super().__init__(scenario, draw, trace)

    @property
    def met_a_limit(self) -> bool:
        """Whether something happened that the documentation names as a limit."""
        return bool(self.unfenced)

    def _services(self) -> Mapping[str, Any]:
        self.database.create(
            "transactions",
            "transaction_id",
            received_index=("received_shard", "sweep_after"),
            account_index=("account_id", "received_at"),
        )
        for name, key in (("accounts", "account_id"), ("cases", "case_id")):
            self.database.create(name, key)
        for name in ("merchants", "merchant-risk"):
            self.database.create(name, "merchant_id")
        for merchant in (*SHOPS, NOBODY):
            self.database.put_item(TableName="merchants", Item=to_item({"merchant_id": merchant, "name": merchant}))
        self.dead = self._queue(self.dead_letters_name, 180.0)
        self.queue = self._queue(self.queue_name, 180.0, self.dead)
        self.priority = self._queue("priority.fifo", 180.0)
        self.archive_dead = self._queue("archive-dead", 360.0)
        self.archive_queue = self._queue("archive", 360.0, self.archive_dead)
        self.review = self._queue("review", 180.0)
        self.topics, self.buckets = Topics(), Buckets()
        self.bus = Bus(self.kernel, "bus", self._chance(self.scenario.chances.repeated))
        return {
            "sqs": Queues(self.queue, self.dead, self.priority, self.review),
            "sns": self.topics,
            "s3": self.buckets,
            "ssm": Parameters(lambda: BASELINE),
            "events": self.bus,
        }

    def _make_workflows(self) -> None:
        places = {
            "partition": "aws",
            "alerts_topic_arn": "fraud",
            "event_bus.name": "bus",
            "functions.assess": "case_assess",
            "functions.context": "case_context",
            "functions.record": "case_record",
            "review_queue.url": queue_url("review"),
            "review_timeout_seconds": REVIEW_TIMEOUT_SECONDS,
        }
        own = {name: name for name in ("case_assess", "case_context", "case_record")}
        self.workflows = Workflows(self.kernel, self.runtime, self.network, places, own)

    def _connect(self) -> None:
        self._make_workflows()
        kernel, runtime, chances = self.kernel, self.runtime, self.scenario.chances
        undeleted, unmarked = self._chance(chances.undeleted), self._chance(chances.unmarked)
        QueueMapping(kernel, runtime, self.queue, "process", undeleted=undeleted)
        QueueMapping(kernel, runtime, self.dead, "failed", undeleted=undeleted)
        QueueMapping(kernel, runtime, self.archive_queue, "archive", 1000, 2, window_seconds=60.0, undeleted=undeleted)
        StreamMapping(self.transactions, Reading(kernel, runtime, "relay", unmarked=unmarked), _is_announced)
        self.bus.rules += [
            Rule("high-value", HIGH_VALUE, lambda event: self._route(event, 1)),
            Rule("flagged", FLAGGED, self._open_case),
            Rule("archive", ARCHIVED, self._archive),
        ]
        self.review.watchers.append(self._review)
        self.queue.mourners.append(self._given_up)

    def _plan(self) -> None:
        super()._plan()
        scenario, later = self.scenario, self.kernel.later
        for place, (at, group) in enumerate(scenario.junk):
            later(at, partial(self._send_junk, place, group))
        for account, at in scenario.unreadable.items():
            later(at, partial(self._spoil, account))
        later(scenario.gone_at, self._remove_merchant)

    def _send_junk(self, place: int, group: str) -> None:
        order = (group, f"junk-{place}") if self.queue.is_fifo else ()
        self.queue.send("no transaction", *order)

    def _archive(self, event: Event) -> None:
        self.archive_queue.send(json.dumps(event))

    def _spoil(self, account_id: str) -> None:
        row = dict(self.database.tables["accounts"].rows.get((("S", account_id),), to_item({"account_id": account_id})))
        row["last_occurred_at"] = {"S": "garbage"}
        self.database.put_item(TableName="accounts", Item=row)

    def _remove_merchant(self) -> None:
        self.database.tables["merchants"].rows.pop((("S", NOBODY),))

    def _route(self, event: Event, attempt: int) -> None:
        """Call the function `route` as the bus does: asynchronously, with two retries."""

        def end(outcome: Any) -> None:
            if not isinstance(outcome, BaseException):
                return
            if attempt == 3:
                self.undelivered.append(event)
            else:
                self.kernel.later(60.0 * attempt, lambda: self._route(event, attempt + 1))

        self.runtime.invoke("route", event["detail"], end)

    def _open_case(self, event: Event) -> None:
        known = event["id"] in self.workflows.executions and self.kernel.draw.random() < 0.5
        self.workflows.start(f"{event['id']}-again" if known else str(event["id"]), event)

    def _review(self) -> None:
        """Answer, or not, as analysts do."""
        for message in self.review.receive(10):
            self.review.delete(message.handle)
            token = json.loads(message.body)["task_token"]
            verdict = self.kernel.draw.choice(("fraud", "genuine", "genuine", "perhaps"))
            if self.kernel.draw.random() < self.scenario.chances.analyst:
                answer = {"verdict": verdict, "analyst": "ann"}
                wait = 1.0 + 300.0 * self.kernel.draw.random()
                self.kernel.later(wait, partial(self.workflows.answer, token, answer))

    def _given_up(self, message: Message) -> None:
        """Note where faults at both further attempts at a transaction left its account without a fence."""
        account = self.database.tables["accounts"].rows.get((("S", message.group),), {})
        strikes = [at for at, function in self.network.strikes if function == "process"]
        _, second, third = message.received
        struck = any(second <= at < third for at in strikes) and any(third <= at for at in strikes)
        transaction_id = _transaction_of(message)  # a message that is none owns no account
        if struck and transaction_id and account.get("blocked_by", {}).get("S") != transaction_id:
            self.unfenced.add(message.group)


def _is_announced(change: Any) -> bool:
    """Return what the filter of the stream's mapping asks: acceptance is not announced."""
    return change.new is not None and change.new.get("status", {}).get("S") not in (None, "RECEIVED")


def _transaction_of(message: Message) -> str:
    return str(json.loads(message.body)["transaction"]["transaction_id"]) if message.body.startswith("{") else ""
