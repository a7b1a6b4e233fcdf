"""Looks at a stream and its alarms, and changes the number of its shards if that is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Callable, Optional

from botocore.exceptions import ClientError

from pipeline.aws.clock import utc_now
from pipeline.aws.observability import count, logger
from reshard.scaling import COOLING_DOWN, STREAM_IS_CHANGING, Bounds, Intent, Stream, decide

REFUSED_BY_AWS = "REFUSED_BY_AWS"

# The answers by which Kinesis refuses for good, or for hours: ten changes in 24 hours are made, the account's shards
# are used up, or the stream is on demand and has no shards to count. All else is trouble, which breaks the call off.
_REFUSALS = frozenset({"LimitExceededException", "InvalidArgumentException", "ValidationException"})
_BUSY = "ResourceInUseException"


@dataclass(frozen=True)
class Outcome:
    """What was done: the number of shards before, the number asked for (None: no change), and why."""

    shards: int
    target: Optional[int]
    reason: str
    refused: bool


class Resharder:
    """Scales one stream.

    It remembers nothing and believes no event: what wakes it may come twice, late, or not at all. When the stream was
    last changed is read from its shards, so that a change by hand counts, too.

    Parameters
    ----------
    kinesis, cloudwatch
        AWS clients.
    stream
        The stream's name.
    high_alarm, low_alarm
        Names of the alarms on high and on low load.
    bounds
        What the stream may be scaled between.
    now
        The clock.
    """

    def __init__(
        self,
        kinesis: Any,
        cloudwatch: Any,
        stream: str,
        high_alarm: str,
        low_alarm: str,
        bounds: Bounds,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._kinesis = kinesis
        self._cloudwatch = cloudwatch
        self._name = stream
        self._high_alarm = high_alarm
        self._low_alarm = low_alarm
        self._bounds = bounds
        self._now = now

    def reshard(self) -> Outcome:
        """Change the number of shards if that is due, and say what was done, in metrics and, if it is news, the log."""
        stream = self._look()
        intent = decide(stream, self._bounds)
        if intent.target is not None and self._changed_within(intent.cooldown):
            intent = Intent(COOLING_DOWN)
        if intent.target is not None:
            intent = self._update(intent, intent.target)
        outcome = Outcome(stream.shards, intent.target, intent.reason, intent.refused)
        count("OpenShards", stream.shards)
        count("Resharded", int(outcome.target is not None))
        count("ReshardRefused", int(outcome.refused))
        if outcome.refused:
            logger.warning("the stream needs more or fewer shards and cannot have them", **self._facts(outcome))
        elif outcome.target is not None:
            logger.info("the number of shards is being changed", **self._facts(outcome))
        return outcome

    def _look(self) -> Stream:
        summary = self._kinesis.describe_stream_summary(StreamName=self._name)["StreamDescriptionSummary"]
        names = [self._high_alarm, self._low_alarm]
        answer = self._cloudwatch.describe_alarms(AlarmNames=names, AlarmTypes=["MetricAlarm"])
        on = {alarm["AlarmName"] for alarm in answer["MetricAlarms"] if alarm["StateValue"] == "ALARM"}
        return Stream(
            shards=summary["OpenShardCount"],
            status=summary["StreamStatus"],
            load_is_high=self._high_alarm in on,
            load_is_low=self._low_alarm in on,
        )

    def _changed_within(self, cooldown: timedelta) -> bool:
        """Say whether a shard was closed so recently; each change of their number closes at least one."""
        since = {"Type": "FROM_TIMESTAMP", "Timestamp": self._now() - cooldown}
        page = self._kinesis.list_shards(StreamName=self._name, ShardFilter=since)
        while not _holds_a_closed_shard(page) and page.get("NextToken"):
            # The SDK's paginator would name the stream beside the token, which Kinesis refuses.
            page = self._kinesis.list_shards(NextToken=page["NextToken"])
        return _holds_a_closed_shard(page)

    def _update(self, intent: Intent, target: int) -> Intent:
        try:
            self._kinesis.update_shard_count(
                StreamName=self._name, TargetShardCount=target, ScalingType="UNIFORM_SCALING"
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == _BUSY:  # somebody else was quicker
                return Intent(STREAM_IS_CHANGING)
            if code not in _REFUSALS:
                raise
            logger.warning("Kinesis refuses", code=code, explanation=error.response["Error"].get("Message", ""))
            return Intent(REFUSED_BY_AWS, refused=True)
        return intent

    def _facts(self, outcome: Outcome) -> dict[str, Any]:
        return {
            "stream": self._name,
            "shards": outcome.shards,
            "target": outcome.target,
            "reason": outcome.reason,
            "minimum": self._bounds.minimum,
            "maximum": self._bounds.maximum,
        }


def _holds_a_closed_shard(page: dict[str, Any]) -> bool:
    return any("EndingSequenceNumber" in shard["SequenceNumberRange"] for shard in page["Shards"])
