"""examples/securebank, deployed once for the tests of its API and of its lake."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

import pytest
import requests

from pipeline.aws.claimed_transactions import ClaimedTransactions
from pipeline.aws.dynamo import from_item
from pipeline.aws.layout import by_customer
from pipeline.domain.lines import day_partition
from pipeline.domain.queued import Acceptance
from pipeline.domain.records import MESSAGE_PREFIX, acceptance_of
from scripts import systems
from scripts.localstack import kinesis
from scripts.localstack.host import HostLocalStack
from tests.e2e.api_document import check_against_document, read_document
from tests.e2e.deployed import WAIT_SECONDS, Deployed, apply, environment_of, local_aws, wait_for

SYSTEM = systems.SECUREBANK
DOCUMENT = read_document(SYSTEM.api_document)
NEW_YORK = {"latitude": 40.7128, "longitude": -74.006}
TOKYO = {"latitude": 35.6762, "longitude": 139.6503}

_TODAY = datetime.now(timezone.utc).date()

Payment = Callable[..., dict[str, Any]]


def at(days_ago: int = 1, hour: int = 12, minute: int = 0) -> str:
    """Return a time of a day before today, at noon unless another one is said: the rules count the night as a risk."""
    return datetime.combine(day_before(days_ago), time(hour, minute), timezone.utc).isoformat()


def day_before(days_ago: int) -> date:
    """Return a day before that of the run (UTC)."""
    return _TODAY - timedelta(days=days_ago)


def payment_of(new_id: Callable[[str], str], name: str = "1", **changes: Any) -> dict[str, Any]:
    """Return a harmless payment of a customer, both with ids that `new_id` makes; `...` leaves a field out."""
    document = {
        "transaction_id": new_id(f"b{name}"),
        "customer_id": new_id("cust"),
        "timestamp": at(),
        "merchant_id": "merchant-7",
        "amount": 12.5,
        "currency": "EUR",
    }
    return {key: value for key, value in {**document, **changes}.items() if value is not ...}


@dataclass
class SecureBank(Deployed):
    """The deployed system as a client, an operator and an analyst see it."""

    def submit(self, document: dict[str, Any], **arguments: Any) -> requests.Response:
        """Submit a transaction; the answer is one that the API's document knows."""
        answer = self.call("POST", "/transactions", json=document, **arguments)
        check_against_document(answer, "/transactions", "post", DOCUMENT)
        return answer

    def read(
        self, template: str, *parts: str, headers: Mapping[str, str] | None = None, **query: Any
    ) -> requests.Response:
        """Read a path of the API's document, whose parameters `parts` fill in order; the answer is one it knows."""
        filled = iter(parts)
        path = re.sub(r"{\w+}", lambda _: next(filled), template)
        answer = self.call("GET", path, params=query, headers=headers or {})
        check_against_document(answer, template, "get", DOCUMENT)
        return answer

    def listed(self, customer_id: str, **query: Any) -> dict[str, Any]:
        """Return a page of a customer's transactions."""
        answer = self.read("/customers/{customer_id}/transactions", customer_id, **query)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    def insights(self, **query: Any) -> dict[str, Any]:
        """Return what is known about fraud."""
        answer = self.read("/fraud/insights", **query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def row(self, transaction_id: str) -> dict[str, Any]:
        """Return a transaction's row, or an empty one."""
        claim = self.item(self.outputs["transaction_ids_table_name"], transaction_id={"S": transaction_id})
        if not claim:
            return {}
        key = {name: {"S": claim[name]} for name in ("customer_id", "timestamp")}
        return self.item(self.outputs["transactions_table_name"], **key)

    def rows(self, customer_id: str) -> list[dict[str, Any]]:
        """Return all rows of a customer."""
        answer = self.client("dynamodb").query(
            TableName=self.outputs["transactions_table_name"],
            KeyConditionExpression="customer_id = :customer",
            ExpressionAttributeValues={":customer": {"S": customer_id}},
            ConsistentRead=True,
        )
        return [from_item(item) for item in answer["Items"]]

    def customer(self, customer_id: str) -> dict[str, Any]:
        """Return a customer's row, or an empty one."""
        return self.item(self.outputs["customers_table_name"], customer_id={"S": customer_id})

    def settled(self, transaction_id: str, seconds: float = WAIT_SECONDS) -> dict[str, Any]:
        """Wait until a transaction is no longer RECEIVED and return its row."""
        row: dict[str, Any] = wait_for(
            lambda: (row := self.row(transaction_id)) and row["status"] != "RECEIVED" and row,
            f"{transaction_id} to be settled",
            seconds,
        )
        return row

    def decided(self, document: dict[str, Any]) -> dict[str, Any]:
        """Submit a transaction, wait for its decision and return its row."""
        answer = self.submit(document)
        assert answer.status_code == 202, answer.text
        return self.settled(document["transaction_id"])

    def store(self, acceptance: Acceptance, sweep_after: timedelta) -> None:
        """Store a transaction as `ingest` does before it puts it on the stream."""
        layout = by_customer(self.outputs["transaction_ids_table_name"])
        rows = ClaimedTransactions(self.client("dynamodb"), self.outputs["transactions_table_name"], layout)
        assert rows.insert(acceptance, sweep_after) is None

    def put_on_stream(self, customer_id: str, *records: str) -> list[dict[str, str]]:
        """Put records on the stream; return the shard and the number of each."""
        kinesis = self.client("kinesis")
        stream = self.outputs["transaction_stream_name"]
        return [
            kinesis.put_record(StreamName=stream, PartitionKey=customer_id, Data=record.encode()) for record in records
        ]

    def record_of(self, transaction_id: str) -> str:
        """Return the record that the stream has of a stored transaction."""
        return acceptance_of(by_customer().ours(self.row(transaction_id))).to_body()

    def refused_records(self) -> list[dict[str, Any]]:
        """Return the rows of records that were refused."""
        pages = (
            self.client("dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=self.outputs["transactions_table_name"],
                FilterExpression="begins_with(customer_id, :message)",
                ExpressionAttributeValues={":message": {"S": MESSAGE_PREFIX}},
                ConsistentRead=True,
            )
        )
        return [from_item(item) for page in pages for item in page["Items"]]

    def refused(self, body: str) -> dict[str, Any]:
        """Wait until a record is refused and return its row."""
        digest = hashlib.sha256(body.encode()).hexdigest()
        row: dict[str, Any] = wait_for(
            lambda: next((row for row in self.refused_records() if row.get("body_sha256") == digest), None),
            "the record to be refused",
        )
        return row

    def invoke(self, function: str) -> None:
        """Call a function and wait for its end; fail where it failed."""
        answer = self.client("lambda").invoke(FunctionName=self.outputs["function_names"][function], Payload=b"{}")
        assert "FunctionError" not in answer, answer["Payload"].read()

    def lake_objects(self, prefix: str) -> dict[str, bytes]:
        """Return what the lake holds below a prefix, by key."""
        s3, bucket = self.client("s3"), self.outputs["lake_bucket_name"]
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}

    def lake_lines(self, day: date) -> list[dict[str, Any]]:
        """Return the latest line of each transaction of a day."""
        latest: dict[str, dict[str, Any]] = {}
        for body in self.lake_objects(f"raw/transactions/{day_partition(day)}/").values():
            for line in map(json.loads, gzip.decompress(body).splitlines()):
                known = latest.get(line["transaction_id"])
                if known is None or _version(known) < _version(line):
                    latest[line["transaction_id"]] = line
        return list(latest.values())

    def log_lines(self) -> str:
        """Return the logs of all functions."""
        return "\n".join(
            text for function in self.outputs["function_names"].values() for text in self.log_texts(function)
        )


def _version(line: Mapping[str, Any]) -> tuple[int, int]:
    return line["revision"], line["label_revision"]


@contextmanager
def deployed(request: pytest.FixtureRequest) -> Iterator[SecureBank]:
    """Apply the example to an emulator of its own."""
    with local_aws(SYSTEM, request.config) as server:
        if isinstance(server, HostLocalStack) and not kinesis.ensure():
            pytest.skip("this local AWS has no Kinesis: it needs Node.js")
        environment = environment_of(server, SYSTEM)
        yield apply(SecureBank, SYSTEM, server, environment, request)
