"""`stream_failed`: what the mapping of the stream gave up is read back, recorded once, and quarantines its customer."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from stream_failed.batches import FailedBatches, GivenUp, read_given_up

from pipeline.aws.accounts import AccountTable
from pipeline.aws.claimed_transactions import ClaimedTransactions
from pipeline.aws.failures import Failures
from pipeline.aws.kinesis import read_back
from pipeline.aws.layout import CUSTOMERS, by_customer
from pipeline.aws.ledger import Ledger
from pipeline.aws.quarantine import Quarantine
from pipeline.aws.stream_reader import StreamReader
from pipeline.domain.errors import UndeliveredError
from pipeline.domain.request_schemas import request_schema
from scripts.ministack import MiniStack
from tests.factories import NOW, RECEIVED_AT
from tests.unit.functions.conftest import Faulty
from tests.unit.functions.customer_tables import CustomerTables
from tests.unit.functions.function_module import load_handler
from tests.unit.functions.shard import accepted, direct, submission

TIMEOUT = ReadTimeoutError(endpoint_url="local")


class Heard:
    """Keeps the alerts that were published."""

    def __init__(self) -> None:
        self.alerts: list[Any] = []

    def publish(self, subject: str, content: Any) -> None:
        self.alerts.append(content)


class World:
    """A real stream with one shard, real tables, and the recorder as its handler wires it."""

    def __init__(self, aws: Any) -> None:
        self.tables = CustomerTables(aws("dynamodb")).create()
        self.kinesis: Any = Faulty(aws("kinesis"))
        self.real = aws("kinesis")
        self.stream = f"transactions-{self.tables.suffix}"
        self.real.create_stream(StreamName=self.stream, ShardCount=1)
        described = self.real.describe_stream(StreamName=self.stream)["StreamDescription"]
        self.arn, self.shard = described["StreamARN"], described["Shards"][0]["ShardId"]
        self.dynamodb: Any = Faulty(self.tables.client)
        self.heard: Any = Heard()
        self.numbers: list[str] = []

    def put(self, body: str | bytes, key: str = "cust") -> str:
        data = body if isinstance(body, bytes) else body.encode()
        self.numbers.append(self.real.put_record(StreamName=self.stream, PartitionKey=key, Data=data)["SequenceNumber"])
        return self.numbers[-1]

    def submit(self, transaction_id: str = "t1", customer_id: str = "cust", **changes: Any) -> str:
        return self.put(direct(submission(transaction_id, customer_id, **changes)), customer_id)

    def store(self, transaction_id: str = "t1", customer_id: str = "cust", status: str = "RECEIVED") -> str:
        """Store a transaction as `ingest` does, with a status, and put it on the stream."""
        item = accepted(transaction_id, customer_id)
        table = ClaimedTransactions(self.tables.client, self.tables.transactions, by_customer(self.tables.ids))
        table.insert(item, timedelta(minutes=15))
        self.tables.put(self.tables.transactions, {**self.tables.rows()[transaction_id], "status": status})
        return self.put(item.to_body(), customer_id)

    def given_up(self, first: int = 0, last: int = -1, size: int | None = None) -> GivenUp:
        start, end = self.numbers[first], self.numbers[last]
        return GivenUp(self.arn, self.shard, start, end, size or self.numbers.index(end) - first + 1)

    def record(self, batch: GivenUp | None = None) -> None:
        def wait(_: float) -> None:
            return None

        tables, layout = self.tables, by_customer(self.tables.ids)
        customers = AccountTable(self.dynamodb, tables.customers, wait, CUSTOMERS)
        ledger = Ledger(self.dynamodb, tables.transactions, customers, wait, layout)
        quarantine = Quarantine(
            self.dynamodb, tables.transactions, customers, layout, "stream_failed", "RETRIES_EXHAUSTED"
        )
        failures = Failures(ledger, quarantine, self.heard, lambda: NOW, wait, "stream_failed", "stream_process")
        reader = StreamReader(request_schema("securebank"))
        recorder = FailedBatches(self.kinesis, ledger, failures, self.heard, reader, now=lambda: NOW)
        recorder.record(batch or self.given_up())


@pytest.fixture
def world(aws: Any) -> World:
    return World(aws)


def told(batch: GivenUp) -> str:
    """Return what Lambda sends to the on-failure destination."""
    return json.dumps(
        {
            "requestContext": {
                "requestId": "c9b8fa9f-5a7f-xmpl-af9c-0c604cde93a5",
                "functionArn": "arn:aws:lambda:eu-west-1:000000000000:function:stream-process",
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": 11,
            },
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "version": "1.0",
            "timestamp": "2026-11-20T09:00:00.000Z",
            "KinesisBatchInfo": {
                "shardId": batch.shard_id,
                "startSequenceNumber": batch.start,
                "endSequenceNumber": batch.end,
                "approximateArrivalOfFirstRecord": "2026-11-20T08:59:00.000Z",
                "approximateArrivalOfLastRecord": "2026-11-20T08:59:00.000Z",
                "batchSize": batch.size,
                "streamArn": batch.stream_arn,
            },
        }
    )


def test_the_message_of_the_mapping_says_where_the_batch_was() -> None:
    batch = GivenUp("arn:aws:kinesis:eu-west-1:000000000000:stream/s", "shardId-000000000001", "49", "50", 2)

    assert read_given_up(told(batch)) == batch
    for text in ("{}", "[]", "no json", told(batch).replace('"49"', '"x"')):
        with pytest.raises((KeyError, TypeError, ValueError)):
            read_given_up(text)


def test_exactly_the_batch_is_read_back(world: World) -> None:
    for place in range(5):
        world.submit(f"t{place}")

    batch = world.given_up(1, 3)
    read = list(read_back(world.real, batch.stream_arn, batch.shard_id, batch.start, batch.end))

    assert [message.sequence_number for message in read] == world.numbers[1:4]
    assert [message.message_id for message in read] == [f"{world.shard}:{number}" for number in world.numbers[1:4]]
    assert json.loads(read[0].body)["submission"]["transaction_id"] == "t1"


def test_what_is_not_settled_fails_with_its_message_and_blocks_its_customer(world: World) -> None:
    number = world.submit("t1")
    world.store("t2", "other")

    world.record()

    rows = world.tables.rows()
    assert world.tables.statuses() == {"t1": "FAILED", "t2": "FAILED"}
    assert rows["t1"]["failure"]["message_id"] == f"{world.shard}:{number}"
    assert json.loads(rows["t1"]["failure"]["original_message"])["submission"] == submission("t1")
    assert (rows["t2"]["history"][-1]["actor"], rows["t2"]["history"][-1]["reason"]) == (
        "stream_failed",
        "RETRIES_EXHAUSTED",
    )
    assert [world.tables.customer(key)["blocked_by"] for key in ("cust", "other")] == ["t1", "t2"]
    assert set(world.tables.claims()) == {"t1", "t2"}
    assert {alert["transaction_id"] for alert in world.heard.alerts} == {"t1", "t2"}
    assert world.tables.customer()["created_at"] == RECEIVED_AT


def test_what_was_settled_stays_and_what_follows_a_failed_one_is_held(world: World) -> None:
    world.store("t1", status="APPROVED")
    world.submit("t2")
    world.submit("t3")
    world.store("t4", "other", status="HELD")

    world.record()

    assert world.tables.statuses() == {"t1": "APPROVED", "t2": "FAILED", "t3": "HELD", "t4": "HELD"}
    assert world.tables.rows()["t3"]["held_behind"] == "t2"
    assert len(world.heard.alerts) == 1


def test_recording_again_changes_nothing_but_repeats_the_alert(world: World) -> None:
    world.submit("t1")
    world.put("no transaction")
    world.record()
    before = world.tables.rows(), world.tables.customer()

    world.record()

    assert (world.tables.rows(), world.tables.customer()) == before
    assert len(world.heard.alerts) == 2


def test_what_is_no_transaction_and_what_repeats_an_id_is_refused(world: World) -> None:
    world.store("t1", status="APPROVED")
    bad, reused = world.put(b"\xff"), world.submit("t1", amount=99)

    world.record()

    rows = world.tables.rows()
    assert rows[f"message#{world.shard}:{bad}"]["rejection"]["code"] == "INVALID_MESSAGE"
    assert rows[f"message#{world.shard}:{reused}"]["rejection"]["code"] == "ID_REUSED"
    assert world.heard.alerts == []


def test_the_fence_of_what_is_anothers_is_lifted(world: World) -> None:
    world.store("t1", "early")
    world.submit("t1", "late")
    world.tables.put(world.tables.customers, {"customer_id": "late", "version": 1, "blocked_by": "t1"})

    world.record(world.given_up(first=1))

    assert world.tables.customer("late") == {"customer_id": "late", "version": 2}
    assert world.heard.alerts == []


def test_the_fence_of_what_is_anothers_stays_with_an_alert_while_others_wait_behind_it(world: World) -> None:
    world.store("t1", "early")
    world.submit("t1", "late")
    fenced = {"customer_id": "late", "version": 1, "blocked_by": "t1", "waited_for": "t1", "held": 1}
    world.tables.put(world.tables.customers, fenced)

    world.record(world.given_up(first=1))

    assert world.tables.customer("late") == fenced
    assert [(alert["transaction_id"], alert["account_id"]) for alert in world.heard.alerts] == [("t1", "late")]


def test_one_customer_that_cannot_be_recorded_keeps_the_message_and_nobody_else_waiting(world: World) -> None:
    world.submit("t1", "a")
    world.submit("t2", "b")
    world.dynamodb.fail("transact_write_items", TIMEOUT)

    with pytest.raises(UndeliveredError):
        world.record()
    assert world.tables.statuses() == {"t2": "FAILED"}

    world.record()
    assert world.tables.statuses() == {"t1": "FAILED", "t2": "FAILED"}


def test_records_that_the_stream_lost_are_alerted_with_what_is_known(world: World) -> None:
    world.submit("t1")
    batch = world.given_up(size=3)

    world.record(batch)

    assert world.tables.statuses() == {"t1": "FAILED"}
    lost = world.heard.alerts[0]
    assert (lost["kind"], lost["records"], lost["shard_id"]) == ("RECORDS_LOST", 2, world.shard)
    assert (lost["start"], lost["end"]) == (batch.start, batch.end)


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "InvalidArgumentException"])
def test_a_place_that_the_stream_does_not_know_any_more_is_alerted(world: World, code: str) -> None:
    world.submit("t1")
    world.kinesis.fail("get_shard_iterator", ClientError({"Error": {"Code": code}}, "GetShardIterator"))

    world.record()

    assert [(alert["kind"], alert["records"]) for alert in world.heard.alerts] == [("RECORDS_LOST", 1)]


def test_a_stream_that_is_out_of_reach_leaves_the_message(world: World) -> None:
    world.submit("t1")
    throttled = ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "GetRecords")
    world.kinesis.fail("get_records", throttled)

    with pytest.raises(ClientError):
        world.record()
    assert (world.tables.rows(), world.heard.alerts) == ({}, [])


class Pages:
    """A Kinesis client whose answers are told."""

    def __init__(self, *answers: tuple[list[int], int | None]) -> None:
        self.answers = list(answers)

    def get_shard_iterator(self, **_: Any) -> dict[str, Any]:
        return {"ShardIterator": "first"}

    def get_records(self, **_: Any) -> dict[str, Any]:
        numbers, behind = self.answers.pop(0)
        records = [{"SequenceNumber": str(n), "Data": b"x", "PartitionKey": "k"} for n in numbers]
        answer: dict[str, Any] = {"Records": records, "NextShardIterator": "next", "MillisBehindLatest": behind}
        return answer


@pytest.mark.parametrize(
    ("pages", "read"),
    [
        (Pages(([], 9000), ([10], 500), ([], 400), ([11, 12], 0)), ["10", "11", "12"]),  # gaps come before records
        (Pages(([10, 11, 12, 13], 0)), ["10", "11", "12"]),
        (Pages(([11, 13], 0)), ["11"]),  # the first was trimmed
        (Pages(([13], 0)), []),  # all of them were
        (Pages(([10], 0), ([], 0)), ["10"]),  # the end of the stream
        (Pages(*[([], 9000)] * 20), []),
    ],
    ids=["gaps", "in one", "trimmed", "all trimmed", "end", "only gaps"],
)
def test_reading_back_ends_where_the_batch_or_the_stream_ends(pages: Pages, read: list[str]) -> None:
    messages = list(read_back(pages, "arn", "shard", "10", "12"))

    assert [message.sequence_number for message in messages] == read


class TestHandler:
    @pytest.fixture
    def module(self, world: World, aws: Any, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack) -> Any:
        return load_handler(
            "stream_failed",
            monkeypatch,
            emulator,
            TRANSACTIONS_TABLE=world.tables.transactions,
            TRANSACTION_IDS_TABLE=world.tables.ids,
            CUSTOMERS_TABLE=world.tables.customers,
            PROCESSING_FAILURES_TOPIC_ARN=aws("sns").create_topic(Name=f"failures-{world.tables.suffix}")["TopicArn"],
            REQUEST_SCHEMA="securebank",
        )

    def deliver(self, module: Any, *bodies: str) -> list[str]:
        records = [
            {"messageId": f"m{place}", "receiptHandle": "r", "body": body, "attributes": {}}
            for place, body in enumerate(bodies)
        ]
        answer = module.handler({"Records": records}, None)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def test_batches_of_a_shard_are_recorded_in_its_order(self, module: Any, world: World) -> None:
        world.submit("t1")
        world.submit("t2")

        assert self.deliver(module, told(world.given_up(1, 1)), told(world.given_up(0, 0))) == []
        assert world.tables.statuses() == {"t1": "FAILED", "t2": "HELD"}

    def test_what_cannot_be_recorded_keeps_its_shard_waiting(
        self, module: Any, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.submit("t1")
        world.submit("t2")
        monkeypatch.setattr(module.BATCHES, "_kinesis", Faulty(world.real))
        module.BATCHES._kinesis.fail("get_shard_iterator", TIMEOUT)

        assert self.deliver(module, told(world.given_up(1, 1)), told(world.given_up(0, 0))) == ["m1", "m0"]
        assert world.tables.rows() == {}

    def test_a_message_that_tells_of_no_batch_is_kept_whole(self, module: Any, world: World) -> None:
        assert self.deliver(module, "hello") == []
        assert world.tables.rows()["message#m0"]["failure"]["original_message"] == "hello"
