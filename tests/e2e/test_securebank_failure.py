"""examples/securebank when something fails: records set aside, customers that wait, and the way back in order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from pipeline.domain.queue_body import from_document
from pipeline.domain.queued import accept
from tests.e2e.deployed import wait_for
from tests.e2e.documented import run_commands
from tests.e2e.redriving import redrive
from tests.e2e.securebank import SYSTEM, Payment, SecureBank

NewId = Callable[[str], str]


@pytest.fixture
def alerts(securebank: SecureBank, new_id: NewId) -> Iterator[str]:
    """Subscribe to the topic of failures for the time of a test; return the queue's URL."""
    url = securebank.inbox(securebank.outputs["processing_failures_topic_arn"], new_id("alerts"))
    yield url
    securebank.close_inbox(url)


def test_a_record_that_is_no_transaction_is_set_aside_and_the_stream_goes_on(
    securebank: SecureBank, payment: Payment, new_id: NewId
) -> None:
    poison = json.dumps({"transaction": new_id("poison"), "holder": "Jane Roe"})
    document = payment()

    securebank.put_on_stream(document["customer_id"], poison)
    behind = securebank.decided(document)

    row = securebank.refused(poison)
    assert behind["status"] == "APPROVED"
    assert row["status"] == "REJECTED"
    assert "Jane Roe" not in str(row)


def test_a_record_with_the_id_of_another_transaction_changes_nothing(
    securebank: SecureBank, payment: Payment, new_id: NewId
) -> None:
    document = payment()
    decided = securebank.decided(document)
    other = accept(_transaction({**document, "amount": 99}), datetime.now(timezone.utc), "foreign").to_body()

    securebank.put_on_stream(document["customer_id"], other)

    assert securebank.refused(other)["rejection"]["code"] == "ID_REUSED"
    assert securebank.row(document["transaction_id"]) == decided


def test_a_record_as_the_gateway_writes_it_is_stored_and_decided_once(securebank: SecureBank, payment: Payment) -> None:
    first, last = payment("1", amount=10), payment("2", amount=20)

    securebank.put_on_stream(first["customer_id"], *[submission(first)] * 2)
    securebank.decided(last)  # comes after the repetition

    assert securebank.row(first["transaction_id"])["status"] == "APPROVED"
    assert securebank.customer(first["customer_id"])["transaction_count"] == 2


def test_what_was_stored_and_never_put_on_the_stream_is_swept_and_decided(
    securebank: SecureBank, payment: Payment
) -> None:
    document = payment()
    long_ago = datetime.now(timezone.utc) - timedelta(hours=1)
    securebank.store(accept(_transaction(document), long_ago, "crashed"), sweep_after=timedelta(minutes=1))

    # The schedule fires every minute; nobody else calls the sweeper here.
    assert securebank.settled(document["transaction_id"], seconds=150.0)["status"] == "APPROVED"


def test_a_customer_that_cannot_be_decided_waits_and_is_released_in_order_as_documented(
    securebank: SecureBank, payment: Payment, alerts: str, new_id: NewId
) -> None:
    before, failing, *held = [payment(f"{number}") for number in range(4)]
    customer, other = before["customer_id"], payment("other", customer_id=new_id("other"))
    securebank.decided(before)
    set_commits(securebank, customer, {"S": "unreadable"})

    for document in (failing, *held, other):
        assert securebank.submit(document).status_code == 202

    assert securebank.settled(other["transaction_id"])["status"] == "APPROVED"
    check_waits(securebank, alerts, failing, held, "NOT_PROCESSABLE")
    set_commits(securebank, customer, {"N": "1"})
    told = release(securebank, customer, [failing, *held])
    assert "unreadable" in told
    check_decided(securebank, [before, failing, *held])
    assert securebank.customer(customer)["transaction_count"] == 4


def test_what_the_streams_retries_give_up_is_recorded_told_and_released(
    securebank: SecureBank, payment: Payment, alerts: str, new_id: NewId
) -> None:
    failing, *held = [payment(f"{number}") for number in range(3)]
    customer, other = failing["customer_id"], payment("other", customer_id=new_id("other"))
    of_gateway = payment("gateway", customer_id=new_id("gateway"))  # nothing is stored yet
    with broken(securebank, "stream_process"):
        for document in (failing, held[0]):
            assert securebank.submit(document).status_code == 202
        securebank.put_on_stream(of_gateway["customer_id"], submission(of_gateway))
        if not securebank.provides("stream-retry-bounds"):
            give_up(
                securebank, customer, *(securebank.record_of(each["transaction_id"]) for each in (failing, held[0]))
            )
            give_up(securebank, of_gateway["customer_id"], submission(of_gateway))
        for document in (failing, of_gateway):
            assert securebank.settled(document["transaction_id"], seconds=120.0)["status"] == "FAILED"

    for document in (held[1], other):
        assert securebank.submit(document).status_code == 202

    assert securebank.settled(other["transaction_id"])["status"] == "APPROVED"
    check_waits(securebank, alerts, failing, held, "RETRIES_EXHAUSTED")
    release(securebank, customer, [failing, *held])
    check_decided(securebank, [failing, *held])


def test_a_given_up_customer_is_released_in_order_by_the_operators_tool(
    securebank: SecureBank, payment: Payment, tmp_path: Path
) -> None:
    before, failing, *held, late = [payment(f"{number}") for number in range(5)]
    customer, ids = before["customer_id"], [each["transaction_id"] for each in (failing, *held)]
    securebank.decided(before)
    with broken(securebank, "stream_process"):
        for document in (failing, held[0]):
            assert securebank.submit(document).status_code == 202
        if not securebank.provides("stream-retry-bounds"):
            give_up(securebank, customer, *(securebank.record_of(key) for key in ids[:2]))
        assert securebank.settled(ids[0], seconds=120.0)["status"] == "FAILED"
    securebank.decided(held[1])

    listed = redrive(securebank, SYSTEM.name, tmp_path)
    shown = redrive(securebank, SYSTEM.name, tmp_path, "--account", customer)
    released = redrive(securebank, SYSTEM.name, tmp_path, "--account", customer, "--execute", "--reason", "mended")
    securebank.decided(late)

    assert f"{customer}: waits for {ids[0]}, 2 in line" in listed.stdout, listed
    assert [f"{place}. {key}" in shown.stdout for place, key in enumerate(ids, 1)] == [True] * 3, shown
    assert released.returncode == 0, released
    check_decided(securebank, [before, failing, *held, late])
    assert "RELEASED: mended" in [line["reason"] for line in securebank.row(ids[2])["history"]]
    assert not {"blocked_by", "quarantined_at", "released_by"} & securebank.customer(customer).keys()


@pytest.mark.needs("event-rules")
def test_a_spark_job_that_failed_is_told(securebank: SecureBank, new_id: NewId) -> None:
    job, run = securebank.outputs["spark_job_names"]["daily_transaction_aggregation"], new_id("run")
    topic = securebank.outputs["processing_failures_topic_arn"].replace("processing-failures", "events")
    inbox = securebank.inbox(topic, new_id("events"))
    detail = {"jobName": job, "jobRunId": run, "state": "FAILED", "message": "out of memory", "severity": "ERROR"}

    with glue_played(securebank, "securebank-spark-dev-spark-job-failed") as source:
        entry = {"Source": source, "DetailType": "Glue Job State Change", "Detail": json.dumps(detail)}
        assert not securebank.client("events").put_events(Entries=[entry])["FailedEntryCount"]
        told = securebank.messages(inbox, lambda message: run in message["Body"])

    assert job in told["Body"]
    securebank.close_inbox(inbox)


@contextmanager
def glue_played(securebank: SecureBank, rule: str) -> Iterator[str]:
    """Let a rule of Glue's events take those of another source for a while: nobody may send in the name of AWS."""
    events, source = securebank.client("events"), "tests.glue"
    before = events.describe_rule(Name=rule)

    def take(pattern: str) -> None:
        events.put_rule(Name=rule, EventPattern=pattern, Description=before["Description"])

    take(before["EventPattern"].replace("aws.glue", source))
    try:
        yield source
    finally:
        take(before["EventPattern"])


def submission(document: dict[str, Any]) -> str:
    """Return the record that the gateway writes of a request that it puts on the stream by itself."""
    now = datetime.now(timezone.utc).timestamp()
    return json.dumps({"submission": document, "request_id": "of-the-gateway", "received_at_ms": int(now * 1000)})


def _transaction(document: dict[str, Any]) -> Any:
    names = {"customer_id": "account_id", "timestamp": "occurred_at"}
    ours = {names.get(name, name): value for name, value in document.items()}
    return from_document({**ours, "amount": str(document["amount"])})


def set_commits(securebank: SecureBank, customer: str, value: dict[str, str]) -> None:
    """Spoil what the system remembers of a customer, or mend it."""
    securebank.client("dynamodb").update_item(
        TableName=securebank.outputs["customers_table_name"],
        Key={"customer_id": {"S": customer}},
        UpdateExpression="SET commits = :commits",
        ExpressionAttributeValues={":commits": value},
    )


@contextmanager
def broken(securebank: SecureBank, function: str) -> Iterator[None]:
    """Break a function for a while as a bad deployment does; its stream then gives up after one retry."""
    functions, name = securebank.client("lambda"), securebank.outputs["function_names"][function]
    (mapping,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]

    def change(retries: int, environment: dict[str, str]) -> None:
        functions.update_event_source_mapping(UUID=mapping["UUID"], MaximumRetryAttempts=retries)
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": environment})
        functions.get_waiter("function_updated_v2").wait(FunctionName=name)

    change(1, {key: value for key, value in variables.items() if key != "TRANSACTIONS_TABLE"})
    try:
        yield
    finally:
        change(mapping["MaximumRetryAttempts"], variables)


def give_up(securebank: SecureBank, customer: str, *records: str) -> None:
    """Tell that records were given up as Lambda does, where the emulator's Lambda never gives up."""
    places = securebank.put_on_stream(customer, *records)
    first, last = places[0], places[-1]
    stream = securebank.client("kinesis").describe_stream_summary(
        StreamName=securebank.outputs["transaction_stream_name"]
    )
    place = {
        "shardId": first["ShardId"],
        "startSequenceNumber": first["SequenceNumber"],
        "endSequenceNumber": last["SequenceNumber"],
        "batchSize": len(records),
        "streamArn": stream["StreamDescriptionSummary"]["StreamARN"],
    }
    securebank.client("sqs").send_message(
        QueueUrl=securebank.outputs["given_up_queue_url"],
        MessageBody=json.dumps({"requestContext": {"condition": "RetryAttemptsExhausted"}, "KinesisBatchInfo": place}),
    )


def check_waits(
    securebank: SecureBank, alerts: str, failing: dict[str, Any], held: Sequence[dict[str, Any]], reason: str
) -> None:
    """See that a transaction failed, that those who must know hear of it, and that what follows waits behind it."""
    failed_id = failing["transaction_id"]
    failed = securebank.settled(failed_id)
    assert (failed["status"], failed["history"][-1]["reason"]) == ("FAILED", reason)
    assert failed_id in failed["failure"]["original_message"]
    alert = securebank.messages(alerts, lambda message: failed_id in message["Body"])
    assert "TRANSACTION_FAILED" in alert["Body"]
    rows = [securebank.settled(document["transaction_id"]) for document in held]
    assert [(row["status"], row["held_behind"]) for row in rows] == [("HELD", failed_id)] * len(held)
    read = securebank.read("/transactions/{transaction_id}", held[0]["transaction_id"])
    assert (read.status_code, read.json()["status"]) == (200, "HELD")


def release(securebank: SecureBank, customer: str, documents: Sequence[dict[str, Any]]) -> str:
    """Release a customer by the documented commands; return what these tell of who waits."""
    ids = [document["transaction_id"] for document in documents]
    told = run_commands(
        securebank,
        SYSTEM,
        "Failed transactions and quarantined customers",
        {"cust-42": customer, "txn-1 txn-2 txn-3": " ".join(ids)},
    )
    waiting = [line.split("\t")[0] for line in told.splitlines() if "\t" in line]
    assert waiting[-len(ids) :] == ids
    pass_two_minutes(securebank, ids)
    securebank.invoke("sweep")
    return told


def pass_two_minutes(securebank: SecureBank, transaction_ids: Sequence[str]) -> None:
    """Make released transactions due, each in its place of the line."""
    for transaction_id in transaction_ids:
        row = securebank.row(transaction_id)
        due = row["sweep_after"].replace(row["sweep_after"][:4], "2001", 1)
        securebank.client("dynamodb").update_item(
            TableName=securebank.outputs["transactions_table_name"],
            Key={name: {"S": row[name]} for name in ("customer_id", "timestamp")},
            UpdateExpression="SET sweep_after = :due",
            ConditionExpression="attribute_exists(sweep_after)",
            ExpressionAttributeValues={":due": {"S": due}},
        )


def check_decided(securebank: SecureBank, documents: Sequence[dict[str, Any]]) -> None:
    """See that all transactions of a customer were decided in this order, and that the customer waits no more."""
    rows = [securebank.settled(document["transaction_id"]) for document in documents]
    assert [row["status"] for row in rows] == ["APPROVED"] * len(rows)
    assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
    wait_for(
        lambda: "blocked_by" not in securebank.customer(documents[0]["customer_id"]), "the quarantine to be lifted"
    )
