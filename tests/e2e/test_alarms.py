"""Alarms that fire and reach whoever reads the topic of processing failures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone

import pytest

from tests.e2e.conftest import Flagship
from tests.e2e.deployed import wait_for

NewId = Callable[[str], str]


@pytest.mark.needs("queue-alarms")
def test_a_dead_letter_raises_the_alarm_of_its_queue(flagship: Flagship, new_id: NewId) -> None:
    inbox = flagship.inbox(flagship.outputs["processing_failures_topic_arn"], new_id("alarms"))
    sqs, queue = flagship.client("sqs"), flagship.outputs["learn_dead_letter_queue_url"]
    sqs.send_message(QueueUrl=queue, MessageBody="{}")

    told = flagship.alarm(inbox, "learn-dead-letter")

    sqs.purge_queue(QueueUrl=queue)
    assert (told["NewStateValue"], told["OldStateValue"] != "ALARM") == ("ALARM", True)


@pytest.fixture
def alarm_on_errors(flagship: Flagship, new_id: NewId) -> Iterator[Callable[[str], str]]:
    """Make an alarm on the very metric of a function's error rate, with the actions of that alarm; return its name.

    The rate itself is an expression of two metrics, which no emulator evaluates by itself.
    """
    cloudwatch, made = flagship.client("cloudwatch"), []

    def make(function: str) -> str:
        prefix = flagship.outputs["event_bus_name"]
        asked = cloudwatch.describe_alarms(AlarmNames=[f"{prefix}-{function}-error-rate"])
        (rate,) = asked["MetricAlarms"]
        (errors,) = [metric["MetricStat"] for metric in rate["Metrics"] if metric["Id"] == "errors"]
        made.append(f"{prefix}-{new_id('errors')}")
        cloudwatch.put_metric_alarm(
            AlarmName=made[-1],
            Namespace=errors["Metric"]["Namespace"],
            MetricName=errors["Metric"]["MetricName"],
            Dimensions=errors["Metric"]["Dimensions"],
            Statistic=errors["Stat"],
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData=rate["TreatMissingData"],
            AlarmActions=rate["AlarmActions"],
        )
        return made[-1]

    yield make
    cloudwatch.delete_alarms(AlarmNames=made)


@pytest.mark.needs("error-alarms")
def test_a_call_that_breaks_off_is_measured_and_raises_an_alarm(
    flagship: Flagship, new_id: NewId, alarm_on_errors: Callable[[str], str]
) -> None:
    inbox = flagship.inbox(flagship.outputs["processing_failures_topic_arn"], new_id("errors"))
    break_off(flagship, "case-assess")

    name = alarm_on_errors("case-assess")

    assert flagship.alarm(inbox, name)["NewStateValue"] == "ALARM"


@pytest.mark.needs("alarm-expressions")
def test_calls_that_break_off_raise_the_alarm_on_the_functions_error_rate(flagship: Flagship, new_id: NewId) -> None:
    inbox = flagship.inbox(flagship.outputs["processing_failures_topic_arn"], new_id("error-rates"))

    break_off(flagship, "query")

    assert flagship.alarm(inbox, "query-error-rate")["NewStateValue"] == "ALARM"


def break_off(flagship: Flagship, function: str) -> None:
    """Let a call of a function break off, and wait until CloudWatch knows."""
    name = flagship.outputs["function_names"][function]
    answer = flagship.client("lambda").invoke(FunctionName=name, Payload=b'"none of its events"')
    assert answer["FunctionError"]
    wait_for(lambda: errors_of(flagship, name), "the error to be measured")


def errors_of(flagship: Flagship, function: str) -> float:
    """Return how many calls of a function broke off of late, as CloudWatch has it."""
    now = datetime.now(timezone.utc)
    answer = flagship.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions=[{"Name": "FunctionName", "Value": function}],
        StartTime=now - timedelta(minutes=5),
        EndTime=now,
        Period=60,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in answer["Datapoints"]))
