"""Alarms on an expression of metrics, which LocalStack keeps and never looks at.

A model of what CloudWatch documents, as far as it takes: one expression of sums over the last period, with numbers,
+ - * /, comparisons, IF and FILL. What it does not understand, it leaves as LocalStack does.
"""

from __future__ import annotations

import ast
import logging
import operator
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

_LOG = logging.getLogger(__name__)
_LOOK_SECONDS = 15  # CloudWatch looks every minute
_OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
}
_WITHOUT_DATA = {"breaching": "ALARM", "notBreaching": "OK", "missing": "INSUFFICIENT_DATA"}


class ExpressionError(Exception):
    """An expression holds what this model does not know."""


def value_of(expression: str, metrics: Mapping[str, float | None]) -> float | None:
    """Return what an expression comes to; None where data is missing that it needs.

    Parameters
    ----------
    expression
        As CloudWatch takes it; what our alarms use of it reads as Python, too.
    metrics
        The sums by the ids of their metrics; None where there is no data.

    Raises
    ------
    ExpressionError
        If it holds what this model does not know.
    """
    try:
        return _value(ast.parse(expression, mode="eval").body, metrics)
    except (KeyError, SyntaxError) as error:
        raise ExpressionError(expression) from error


def _value(node: ast.expr, metrics: Mapping[str, float | None]) -> float | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return float(node.value)
    if isinstance(node, ast.Name):
        return metrics[node.id]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _called(node.func.id, node.args, metrics)
    if isinstance(node, ast.BinOp):
        return _combined(type(node.op), node.left, node.right, metrics)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _combined(type(node.ops[0]), node.left, node.comparators[0], metrics)
    raise ExpressionError(ast.unparse(node))


def _called(name: str, arguments: list[ast.expr], metrics: Mapping[str, float | None]) -> float | None:
    first = _value(arguments[0], metrics)
    if name == "FILL":
        return _value(arguments[1], metrics) if first is None else first
    if name == "IF":
        return None if first is None else _value(arguments[1] if first else arguments[2], metrics)
    raise ExpressionError(name)


def _combined(kind: type, left: ast.expr, right: ast.expr, metrics: Mapping[str, float | None]) -> float | None:
    one, other = _value(left, metrics), _value(right, metrics)
    if one is None or other is None or (kind is ast.Div and other == 0):
        return None
    return float(_OPERATORS[kind](one, other))


def put_right() -> None:
    """Have LocalStack look at such alarms, too."""
    from localstack.services.cloudwatch import alarm_scheduler as cloudwatch

    schedule = cloudwatch.AlarmScheduler.schedule_metric_alarm

    def schedule_metric_alarm(scheduler: Any, alarm_arn: str) -> None:
        alarm = cloudwatch.get_metric_alarm_details_for_alarm_arn(alarm_arn)
        if not alarm or "Metrics" not in alarm:
            schedule(scheduler, alarm_arn)
            return
        scheduler.delete_scheduler_for_alarm(alarm_arn)
        scheduler.scheduled_alarms[alarm_arn] = scheduler.scheduler.schedule(
            func=_look, period=_LOOK_SECONDS, args=[alarm_arn], on_error=_LOG.warning
        )

    cloudwatch.AlarmScheduler.schedule_metric_alarm = schedule_metric_alarm


def _look(alarm_arn: str) -> None:
    """Give an alarm the state that its expression asks for."""
    from localstack.services.cloudwatch import alarm_scheduler as cloudwatch

    alarm = cloudwatch.get_metric_alarm_details_for_alarm_arn(alarm_arn)
    if not alarm:
        return
    client = cloudwatch.get_cloudwatch_client_for_region_of_alarm(alarm_arn)
    (expression,) = [query["Expression"] for query in alarm["Metrics"] if "Expression" in query]
    sums = {query["Id"]: _sum(client, query["MetricStat"]) for query in alarm["Metrics"] if "MetricStat" in query}
    value = value_of(expression, sums)
    if value is None:
        state = _WITHOUT_DATA.get(alarm.get("TreatMissingData", "missing"), alarm["StateValue"])
    else:
        crossed = cloudwatch.COMPARISON_OPS[alarm["ComparisonOperator"]](value, alarm["Threshold"])
        state = "ALARM" if crossed else "OK"
    data = {"version": "1.0", "recentDatapoints": [] if value is None else [value], "threshold": alarm["Threshold"]}
    cloudwatch.update_alarm_state(
        client, alarm["AlarmName"], alarm["StateValue"], state, cloudwatch.THRESHOLD_CROSSED, data
    )


def _sum(client: Any, metric: Mapping[str, Any]) -> float | None:
    """Return the sum of a metric over the last period; None where it has no data."""
    if metric["Stat"] != "Sum":
        raise ExpressionError(metric["Stat"])
    what, end = metric["Metric"], datetime.now(timezone.utc) + timedelta(seconds=1)  # this second's data counts
    answer = client.get_metric_statistics(
        Namespace=what["Namespace"],
        MetricName=what["MetricName"],
        Dimensions=what.get("Dimensions", []),
        StartTime=end - timedelta(seconds=metric["Period"]),
        EndTime=end,
        Period=metric["Period"],
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in answer["Datapoints"]) if answer["Datapoints"] else None
