"""CloudWatch as the adapter completes it: an alarm on an expression of metrics is looked at."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from scripts.localstack.adapter.alarm_expressions import ExpressionError, value_of
from tests.e2e.deployed import wait_for

RATE = "IF(calls > 0, 100 * errors / calls, 0)"


@pytest.mark.parametrize(
    ("expression", "metrics", "value"),
    [
        (RATE, {"errors": 1.0, "calls": 8.0}, 12.5),
        (RATE, {"errors": 0.0, "calls": 0.0}, 0.0),
        (RATE, {"errors": None, "calls": 8.0}, None),
        (RATE, {"errors": None, "calls": None}, None),
        ("IF(n >= 50, 100 * FILL(fraud, 0) / n, 0)", {"fraud": None, "n": 50.0}, 0.0),
        ("IF(n >= 50, 100 * FILL(fraud, 0) / n, 0)", {"fraud": 25.0, "n": 50.0}, 50.0),
        ("a / b", {"a": 1.0, "b": 0.0}, None),
        ("(a + b) * 2 - 1", {"a": 1.0, "b": 2.0}, 5.0),
    ],
)
def test_an_expression_comes_to_what_cloudwatch_documents(
    expression: str, metrics: dict[str, float | None], value: float | None
) -> None:
    assert value_of(expression, metrics) == value


@pytest.mark.parametrize("expression", ["SEARCH('x', 'Sum', 60)", "a +", "other", "a % 2", "a < b < a", "a.b"])
def test_what_the_model_does_not_know_is_no_value(expression: str) -> None:
    with pytest.raises(ExpressionError):
        value_of(expression, {"a": 1.0, "b": 2.0})


@pytest.mark.timeout(30, func_only=True)  # the first use of CloudWatch loads it
@pytest.mark.parametrize(("calls", "state"), [(10, "ALARM"), (1000, "OK")])
def test_an_alarm_goes_by_its_expression(aws: Callable[[str], Any], calls: int, state: str) -> None:
    cloudwatch, name = aws("cloudwatch"), f"rate-{uuid.uuid4().hex[:8]}"
    counted = [{"MetricName": "calls", "Value": calls}, {"MetricName": "errors", "Value": 1}]
    cloudwatch.put_metric_data(Namespace=name, MetricData=counted)

    def sums(metric: str) -> dict[str, Any]:
        what = {"Metric": {"Namespace": name, "MetricName": metric}, "Period": 600, "Stat": "Sum"}
        return {"Id": metric, "MetricStat": what, "ReturnData": False}

    cloudwatch.put_metric_alarm(
        AlarmName=name,
        EvaluationPeriods=1,
        Threshold=5,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        Metrics=[{"Id": "rate", "Expression": RATE, "ReturnData": True}, sums("errors"), sums("calls")],
    )

    def has_state() -> bool:
        (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return bool(alarm["StateValue"] == state)

    wait_for(has_state, f"{state}", 10)
