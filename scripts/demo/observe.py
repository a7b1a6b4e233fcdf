"""Looks at what the deployed system has in its tables, queue and bucket; changes nothing in them.

The exception is `seed_merchants`, which writes the configuration that a run needs.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import random
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Optional

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from scripts.demo.model import DemoError, Merchant
from scripts.demo.system import System

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_BATCH_WRITE_ITEMS = 25
_BATCH_WRITE_ATTEMPTS = 8
_deserialize = TypeDeserializer().deserialize
_serialize = TypeSerializer().serialize


@dataclass(frozen=True)
class Row:
    """What the books need of a transaction's row.

    Parameters
    ----------
    sequence
        Its place in the account's order of commits; None: not committed.
    decided_at
        Time of the commit, seconds since 1970.
    score, outcome, routes
        Of its decision; None and empty without one.
    commits
        How often its history says that it was decided.
    policy, verdicts
        The policy that decided, and the outcome that each policy would have given, its own among them.

    """

    transaction_id: str
    account_id: str
    merchant_id: str
    amount: Decimal
    currency: str
    status: str
    sequence: Optional[int] = None
    decided_at: Optional[float] = None
    score: Optional[float] = None
    outcome: Optional[str] = None
    routes: tuple[str, ...] = ()
    commits: int = 0
    policy: Optional[str] = None
    verdicts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A case as the workflow recorded it."""

    case_id: str
    status: str
    outcome: Optional[str] = None


@dataclass
class Archive:
    """The events that arrived in the archive.

    Parameters
    ----------
    decided
        The ids of the events that announce a decision, by transaction.
    deliveries
        How often each event id arrived: more than once is a repeated delivery, not a second event.

    """

    decided: dict[str, set[str]] = field(default_factory=dict)
    deliveries: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Snapshot:
    """All that the books are counted from."""

    rows: Mapping[str, Row]
    commits: Mapping[str, int]
    cases: Mapping[str, Case]
    archive: Archive
    priority_messages: int
    rejected_messages: int = 0


@dataclass(frozen=True)
class Pulse:
    """Cheap counts that move as long as the system does."""

    commits: int
    waiting: int
    cases: int
    events: int
    priority_messages: int


@dataclass(frozen=True)
class Resources:
    """The names of what is looked at."""

    transactions_table: str
    accounts_table: str
    merchants_table: str
    cases_table: str
    priority_queue_url: str
    archive_bucket: str


class Observer:
    """Reads the state of one deployed system.

    Parameters
    ----------
    dynamodb, sqs, s3
        Clients.
    resources
        Where to look.
    system
        What the rows and events look like.

    """

    def __init__(
        self, dynamodb: DynamoDBClient, sqs: SQSClient, s3: S3Client, resources: Resources, system: System
    ) -> None:
        self._dynamodb = dynamodb
        self._sqs = sqs
        self._s3 = s3
        self._resources = resources
        self._system = system
        self._archive = Archive()
        self._read_objects: set[str] = set()

    def seed_merchants(self, merchants: Iterable[Merchant]) -> int:
        """Write the merchants' configuration; return how many there are."""
        items = [_merchant_item(merchant) for merchant in merchants]
        for start in range(0, len(items), _BATCH_WRITE_ITEMS):
            self._write(self._resources.merchants_table, items[start : start + _BATCH_WRITE_ITEMS])
        return len(items)

    def commits(self) -> dict[str, int]:
        """Return each account's number of committed decisions."""
        attribute = self._system.commits_attribute
        accounts = self._scan(self._resources.accounts_table, ("account_id", attribute))
        return {account["account_id"]: int(account.get(attribute, 0)) for account in accounts}

    def case_count(self) -> int:
        """Return how many cases there are."""
        return self._count(self._resources.cases_table)

    def waiting(self) -> int:
        """Return how many rows still wait for a decision, from the sparse index that only they are in."""
        return self._count(self._resources.transactions_table, self._system.received_index)

    def pulse(self) -> Pulse:
        """Return the cheap counts."""
        return Pulse(
            commits=sum(self.commits().values()),
            waiting=self.waiting(),
            cases=self.case_count(),
            events=len(self.archive().deliveries),
            priority_messages=self.priority_messages(),
        )

    def snapshot(self) -> Snapshot:
        """Read everything."""
        names = (
            "transaction_id", "account_id", "merchant_id", "amount", "currency", "status", "sequence", "decided_at",
            "decision.score", "decision.outcome", "decision.routes", "decision.policy", "decision.shadows", "history",
        )  # fmt: skip
        rows: dict[str, Row] = {}
        rejected_messages = 0
        for item in self._scan(self._resources.transactions_table, names):
            if "account_id" in item:
                rows[item["transaction_id"]] = self._row(item)
            else:
                rejected_messages += 1  # a message without a valid body owns no transaction
        cases = self._scan(self._resources.cases_table, ("case_id", "status", "outcome"))
        return Snapshot(
            rows=rows,
            commits=self.commits(),
            cases={case["case_id"]: Case(case["case_id"], case["status"], case.get("outcome")) for case in cases},
            archive=self.archive(),
            priority_messages=self.priority_messages(),
            rejected_messages=rejected_messages,
        )

    def priority_messages(self) -> int:
        """Return how many messages the priority queue holds, those in flight too."""
        answer = self._sqs.get_queue_attributes(
            QueueUrl=self._resources.priority_queue_url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesDelayed",
            ],
        )
        return sum(int(count) for count in answer["Attributes"].values())

    def archive(self) -> Archive:
        """Return the archived events; objects that were read before are not read again."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._resources.archive_bucket, Prefix=self._system.archive_prefix
        )
        for page in pages:
            for entry in page.get("Contents", []):
                if entry["Key"] not in self._read_objects:
                    body = self._s3.get_object(Bucket=self._resources.archive_bucket, Key=entry["Key"])["Body"].read()
                    for event in _events(entry["Key"], body):
                        self._note(event)
                    self._read_objects.add(entry["Key"])
        return self._archive

    def _note(self, event: Mapping[str, Any]) -> None:
        detail = event["detail"]
        event_id = str(detail["event_id"])
        self._archive.deliveries[event_id] += 1
        if event["detail-type"] == self._system.decided_event:
            self._archive.decided.setdefault(str(detail["transaction_id"]), set()).add(event_id)

    def _row(self, item: Mapping[str, Any]) -> Row:
        decision = item.get("decision") or {}
        sequence, decided_at, score = item.get("sequence"), item.get("decided_at"), decision.get("score")
        history = item.get("history", ())
        return Row(
            transaction_id=item["transaction_id"],
            account_id=item["account_id"],
            merchant_id=item["merchant_id"],
            amount=item["amount"],
            currency=item["currency"],
            status=item["status"],
            sequence=None if sequence is None else int(sequence),
            decided_at=None if decided_at is None else _seconds(decided_at),
            score=None if score is None else float(score),
            outcome=decision.get("outcome"),
            routes=tuple(decision.get("routes", ())),
            commits=sum(1 for entry in history if entry.get("reason") == self._system.decided_reason),
            policy=decision.get("policy"),
            verdicts=_verdicts(decision),
        )

    def _scan(self, table: str, names: Sequence[str]) -> Iterator[dict[str, Any]]:
        # Every name goes through a placeholder: some of them are reserved words.
        parts = sorted({part for name in names for part in name.split(".")})
        placeholders = {part: f"#n{number}" for number, part in enumerate(parts)}
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=table,
            ConsistentRead=True,
            ProjectionExpression=", ".join(".".join(placeholders[part] for part in name.split(".")) for name in names),
            ExpressionAttributeNames={placeholder: part for part, placeholder in placeholders.items()},
        )
        for page in pages:
            for item in page["Items"]:
                yield {name: _deserialize(value) for name, value in item.items()}

    def _count(self, table: str, index: Optional[str] = None) -> int:
        paginator = self._dynamodb.get_paginator("scan")
        if index is None:
            return sum(page["Count"] for page in paginator.paginate(TableName=table, Select="COUNT"))
        return sum(page["Count"] for page in paginator.paginate(TableName=table, IndexName=index, Select="COUNT"))

    def _write(self, table: str, items: Sequence[Mapping[str, Any]]) -> None:
        pending: Any = {table: [{"PutRequest": {"Item": item}} for item in items]}
        for attempt in range(_BATCH_WRITE_ATTEMPTS):
            pending = self._dynamodb.batch_write_item(RequestItems=pending).get("UnprocessedItems")
            if not pending:
                return
            time.sleep(random.uniform(0.0, 0.05 * 2**attempt))  # noqa: S311 - jitter
        raise DemoError(f"the table {table} took only a part of the merchants; try again.")


def _merchant_item(merchant: Merchant) -> dict[str, Any]:
    row = {
        "merchant_id": merchant.merchant_id,
        "name": merchant.name,
        "active": merchant.active,
        "max_transaction_amount": merchant.max_transaction_amount,
    }
    return {name: _serialize(value) for name, value in row.items() if value is not None}


def _verdicts(decision: Mapping[str, Any]) -> dict[str, str]:
    """Return what each policy said of a transaction, the one that decided among them."""
    results = [decision, *decision.get("shadows", ())] if decision else []
    return {result["policy"]: result["outcome"] for result in results}


def _seconds(text: str) -> float:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment.astimezone(timezone.utc).timestamp()


def _events(key: str, body: bytes) -> Iterator[Mapping[str, Any]]:
    """Yield the events of one archive object: JSON lines, gzip or, where S3 unpacked it, plain."""
    with contextlib.suppress(gzip.BadGzipFile):
        body = gzip.decompress(body)
    try:
        for line in body.decode("utf-8").splitlines():
            if line.strip():
                yield json.loads(line)
    except (ValueError, EOFError, zlib.error) as error:
        raise DemoError(f"the archive holds an object that is no JSON lines file: {key} ({error}).") from error
