"""`reshard`: within AWS's rules, once for a cause, and clear about what it may not do."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from reshard.resharder import Outcome, Resharder
from reshard.scaling import Bounds, Intent, Stream, decide

from pipeline.aws.observability import metrics
from scripts import aws_environment
from scripts.ministack import MiniStack
from tests.unit.functions.function_module import load_handler

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=timezone.utc)
GROW = timedelta(minutes=5)
SHRINK = timedelta(hours=6)
BOUNDS = Bounds(minimum=2, maximum=40, grow_cooldown=GROW, shrink_cooldown=SHRINK)


def stream(shards: int, *, high: bool = False, low: bool = False, status: str = "ACTIVE") -> Stream:
    return Stream(shards, status, load_is_high=high, load_is_low=low)


class TestDecide:
    def test_high_load_doubles_up_to_the_maximum(self) -> None:
        targets = [decide(stream(shards, high=True), BOUNDS).target for shards in (2, 4, 8, 16, 32)]

        assert targets == [4, 8, 16, 32, 40]

    def test_low_load_halves_down_to_the_minimum_and_never_below_half(self) -> None:
        targets = [decide(stream(shards, low=True), BOUNDS).target for shards in (40, 20, 10, 5, 3)]

        assert targets == [20, 10, 5, 3, 2]

    def test_growing_waits_minutes_and_shrinking_hours(self) -> None:
        assert decide(stream(4, high=True), BOUNDS).cooldown == GROW
        assert decide(stream(4, low=True), BOUNDS).cooldown == SHRINK

    def test_high_load_at_the_maximum_is_refused_and_said(self) -> None:
        assert decide(stream(40, high=True), BOUNDS) == Intent("AT_MAXIMUM", refused=True)

    def test_low_load_at_the_minimum_is_as_it_should_be(self) -> None:
        assert decide(stream(2, low=True), BOUNDS) == Intent("AT_MINIMUM")

    def test_what_lies_outside_of_the_bounds_is_led_back_step_by_step(self) -> None:
        wider = Bounds(minimum=10, maximum=12, grow_cooldown=GROW, shrink_cooldown=SHRINK)

        targets = [decide(stream(shards), wider).target for shards in (3, 6, 10, 12, 20, 40)]

        assert targets == [6, 10, None, None, 12, 20]

    def test_a_stream_that_is_being_changed_is_left_alone(self) -> None:
        for status in ("UPDATING", "CREATING", "DELETING"):
            assert decide(stream(4, high=True, status=status), BOUNDS) == Intent("STREAM_IS_CHANGING")

    def test_if_both_alarms_were_on_the_stream_would_grow(self) -> None:
        assert decide(stream(4, high=True, low=True), BOUNDS).target == 8

    def test_bounds_that_cannot_hold_are_refused_at_the_start(self) -> None:
        for minimum, maximum in ((0, 4), (5, 4)):
            with pytest.raises(ValueError, match="does not hold"):
                Bounds(minimum, maximum, GROW, SHRINK)


class Deployed:
    """A stream with its two alarms in the bare local AWS."""

    def __init__(self, aws: Any, shards: int) -> None:
        self.kinesis, self.cloudwatch = aws("kinesis"), aws("cloudwatch")
        self.name = f"transactions-{uuid.uuid4().hex[:8]}"
        self.high, self.low = f"{self.name}-load-high", f"{self.name}-load-low"
        self.kinesis.create_stream(StreamName=self.name, ShardCount=shards)
        for alarm in (self.high, self.low):
            self.cloudwatch.put_metric_alarm(
                AlarmName=alarm,
                Namespace="AWS/Kinesis",
                MetricName="IncomingBytes",
                Statistic="Sum",
                Period=60,
                EvaluationPeriods=1,
                Threshold=1,
                ComparisonOperator="GreaterThanThreshold",
            )

    @property
    def shards(self) -> int:
        summary = self.kinesis.describe_stream_summary(StreamName=self.name)["StreamDescriptionSummary"]
        return int(summary["OpenShardCount"])

    def switch(self, alarm: str, *, on: bool) -> None:
        self.cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM" if on else "OK", StateReason="test")

    def resharder(self) -> Resharder:
        return Resharder(self.kinesis, self.cloudwatch, self.name, self.high, self.low, BOUNDS)


@pytest.fixture
def deployed(aws: Any) -> Deployed:
    return Deployed(aws, shards=4)


class TestOnTheStream:
    def test_without_an_alarm_nothing_is_changed(self, deployed: Deployed) -> None:
        assert deployed.resharder().reshard() == Outcome(4, None, "STEADY", refused=False)
        assert deployed.shards == 4

    def test_high_load_doubles_it(self, deployed: Deployed) -> None:
        deployed.switch(deployed.high, on=True)

        assert deployed.resharder().reshard() == Outcome(4, 8, "LOAD_IS_HIGH", refused=False)
        assert deployed.shards == 8

    def test_low_load_halves_it(self, deployed: Deployed) -> None:
        deployed.switch(deployed.low, on=True)

        assert deployed.resharder().reshard() == Outcome(4, 2, "LOAD_IS_LOW", refused=False)
        assert deployed.shards == 2

    def test_an_alarm_that_is_over_changes_nothing_however_late_its_call_comes(self, deployed: Deployed) -> None:
        deployed.switch(deployed.high, on=True)
        deployed.switch(deployed.high, on=False)

        assert deployed.resharder().reshard().reason == "STEADY"

    def test_the_handler_needs_no_event_and_writes_its_metrics(
        self,
        deployed: Deployed,
        emulator: MiniStack,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        module = load_handler(
            "reshard",
            monkeypatch,
            emulator,
            STREAM_NAME=deployed.name,
            MINIMUM_SHARDS="2",
            MAXIMUM_SHARDS="4",
            GROW_COOLDOWN_SECONDS="300",
            SHRINK_COOLDOWN_SECONDS="21600",
            HIGH_ALARM_NAME=deployed.high,
            LOW_ALARM_NAME=deployed.low,
        )
        deployed.switch(deployed.high, on=True)
        metrics.clear_metrics()  # of the tests before, which did not write theirs

        answer = module.handler({}, None)

        assert answer == {"shards": 4, "target": None, "reason": "AT_MAXIMUM", "refused": True}
        (written,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
        assert (written["OpenShards"], written["Resharded"], written["ReshardRefused"]) == ([4], [0], [1])
        (warning,) = [vars(record) for record in caplog.records]
        assert (warning["levelname"], warning["reason"], warning["maximum"]) == ("WARNING", "AT_MAXIMUM", 4)


def shard(number: int, *, closed: bool = False) -> dict[str, Any]:
    numbers = {"StartingSequenceNumber": "1", **({"EndingSequenceNumber": "2"} if closed else {})}
    return {
        "ShardId": f"shardId-{number:012d}",
        "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": "1"},
        "SequenceNumberRange": numbers,
    }


class Played:
    """A stream whose load is high or low, and whose AWS answers as the emulator cannot."""

    def __init__(self, kinesis: Stubber, resharder: Resharder) -> None:
        self.kinesis = kinesis
        self.resharder = resharder

    def lists(self, since: timedelta, *shards: dict[str, Any], more: str | None = None) -> None:
        expected = {
            "StreamName": "stream",
            "ShardFilter": {"Type": "FROM_TIMESTAMP", "Timestamp": NOW - since},
        }
        answer = {"Shards": list(shards), **({"NextToken": more} if more else {})}
        self.kinesis.add_response("list_shards", answer, expected)

    def goes_on(self, token: str, *shards: dict[str, Any]) -> None:
        self.kinesis.add_response("list_shards", {"Shards": list(shards)}, {"NextToken": token})

    def refuses(self, code: str) -> None:
        self.kinesis.add_client_error("update_shard_count", code, "because", 400)


@contextmanager
def played(alarm: str) -> Iterator[Played]:
    session = boto3.Session("key", "secret", region_name=aws_environment.REGION)
    kinesis: Any = session.client("kinesis", endpoint_url="http://127.0.0.1:9")
    cloudwatch: Any = session.client("cloudwatch", endpoint_url="http://127.0.0.1:9")
    with Stubber(kinesis) as of_kinesis, Stubber(cloudwatch) as of_cloudwatch:
        summary = {
            "StreamName": "stream",
            "StreamARN": "arn",
            "StreamStatus": "ACTIVE",
            "RetentionPeriodHours": 24,
            "StreamCreationTimestamp": NOW,
            "EnhancedMonitoring": [],
            "OpenShardCount": 4,
        }
        of_kinesis.add_response("describe_stream_summary", {"StreamDescriptionSummary": summary})
        of_cloudwatch.add_response(
            "describe_alarms",
            {"MetricAlarms": [{"AlarmName": alarm, "StateValue": "ALARM"}]},
            {"AlarmNames": ["high", "low"], "AlarmTypes": ["MetricAlarm"]},
        )
        resharder = Resharder(kinesis, cloudwatch, "stream", "high", "low", BOUNDS, now=lambda: NOW)
        yield Played(of_kinesis, resharder)
        of_kinesis.assert_no_pending_responses()


class TestWithinTheLimits:
    def test_a_stream_that_was_just_changed_is_left_alone(self) -> None:
        with played("high") as aws:
            aws.lists(GROW, shard(0, closed=True), shard(1), shard(2))

            assert aws.resharder.reshard() == Outcome(4, None, "COOLING_DOWN", refused=False)

    def test_a_closed_shard_on_a_later_page_counts(self) -> None:
        with played("low") as aws:
            aws.lists(SHRINK, shard(0), more="next")
            aws.goes_on("next", shard(1, closed=True))

            assert aws.resharder.reshard().reason == "COOLING_DOWN"

    @pytest.mark.parametrize("code", ["LimitExceededException", "InvalidArgumentException", "ValidationException"])
    def test_what_aws_refuses_is_refused_and_said(self, code: str) -> None:
        with played("high") as aws:
            aws.lists(GROW, shard(0))
            aws.refuses(code)

            assert aws.resharder.reshard() == Outcome(4, None, "REFUSED_BY_AWS", refused=True)

    def test_two_at_once_change_it_once(self) -> None:
        with played("high") as aws:
            aws.lists(GROW, shard(0))
            aws.refuses("ResourceInUseException")

            assert aws.resharder.reshard() == Outcome(4, None, "STREAM_IS_CHANGING", refused=False)

    def test_trouble_breaks_the_call_off(self) -> None:
        with played("high") as aws:
            aws.lists(GROW, shard(0))
            aws.refuses("AccessDeniedException")

            with pytest.raises(ClientError, match="AccessDenied"):
                aws.resharder.reshard()
