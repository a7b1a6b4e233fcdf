"""What operators rely on: empty second plans, and logs that carry ids and nothing personal."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.alarms import reaches_its_topic
from tests.e2e.conftest import Flagship
from tests.e2e.deployed import wait_for

Purchase = Callable[..., dict[str, Any]]


def test_a_second_plan_changes_nothing_beyond_the_emulators_read_back_gaps(flagship: Flagship) -> None:
    assert not flagship.changes_of_a_second_plan()


def test_logs_tell_the_way_of_a_transaction_by_its_correlation_id(flagship: Flagship, purchase: Purchase) -> None:
    document = purchase()
    flagship.submit(document)
    row = flagship.settled(document["transaction_id"])

    def told_of() -> list[dict[str, Any]]:
        lines = flagship.log_lines("ingest") + flagship.log_lines("process")
        return [line for line in lines if line.get("correlation_id") == row["correlation_id"]]

    wait_for(lambda: {"ingest", "process"} <= {line["service"] for line in told_of()}, "both functions' lines")
    told = told_of()
    assert {line["service"] for line in told} == {"ingest", "process"}
    assert all(line["transaction_id"] == document["transaction_id"] for line in told)


def test_decisions_are_counted_in_emf(flagship: Flagship, purchase: Purchase) -> None:
    document = purchase()
    flagship.submit(document)
    flagship.settled(document["transaction_id"])

    records = [line for line in flagship.log_lines("process") if "_aws" in line]

    metrics = {
        metric["Name"]
        for record in records
        for directive in record["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
    }
    assert {"Processed", "FraudDetected", "DecisionLatency"} <= metrics
    assert {record["service"] for record in records} == {"process"}


def test_no_log_carries_a_merchants_name_an_amounts_owner_or_a_whole_payload(
    flagship: Flagship, purchase: Purchase
) -> None:
    flagship.put_merchant("telltale", name="Telltale Tailors")
    document = purchase(merchant_id="telltale", location={"latitude": 48.123456, "longitude": 2.654321})
    flagship.submit(document)
    flagship.submit({**document, "card_number": "4111111111111111"})
    flagship.settled(document["transaction_id"])

    lines = "".join(
        json.dumps(line) for function in flagship.outputs["function_names"] for line in flagship.log_lines(function)
    )

    assert document["transaction_id"] in lines
    for secret in ("Telltale Tailors", "48.123456", "4111111111111111", flagship.key):
        assert secret not in lines


@pytest.mark.parametrize(("alarm", "topic"), [("fraud-rate", "fraud-alerts"), ("api-errors", "processing-failures")])
def test_an_alarm_reaches_the_topic_of_those_whom_it_concerns(flagship: Flagship, alarm: str, topic: str) -> None:
    assert reaches_its_topic(flagship, f"e2e-default-{alarm}", f"e2e-default-{topic}")
