"""Counts of the day that others keep: the counters of decisions, exact, and the gateway's, as a hint."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Callable, Optional

from pipeline.aws.reads import batch_get

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient

SLOTS = 8
"""Items over which the counters of a day are spread."""

AMOUNT = "amount:"
COUNTED = ("transactions", "fraud")

_DAY_SECONDS = 86_400


class DecisionCounters:
    """Counters of decisions by the day of the event, committed with the decisions themselves.

    Parameters
    ----------
    client
        A DynamoDB client.
    table
        Name of their table.
    sleep
        Waits the given seconds before a read is tried again.
    """

    def __init__(self, client: DynamoDBClient, table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep

    def of(self, day: date) -> dict[str, Decimal]:
        """Return the counters that the report compares: transactions, fraud, and the amount of each currency."""
        buckets = [f"{day.isoformat()}#{slot}" for slot in range(SLOTS)]
        total: dict[str, Decimal] = defaultdict(Decimal)
        for row in batch_get(self._client, self._table, "bucket", buckets, self._sleep).values():
            for name, value in row.items():
                if name in COUNTED or name.startswith(AMOUNT):
                    total[name] += value
        return dict(total)


def counted(decided: Counter[str], amounts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return what the table's rows amount to, under the names of the counters."""
    return {
        **{name: Decimal(decided[name]) for name in COUNTED},
        **{AMOUNT + currency: amount for currency, amount in amounts.items()},
    }


@dataclass(frozen=True)
class ApiCalls:
    """How often the submitting operation was called on a day, and how often it refused or failed."""

    requests: int
    client_errors: int
    server_errors: int

    @property
    def accepted(self) -> int:
        """Calls that were answered with success: a transaction that is sent again is accepted again."""
        return self.requests - self.client_errors - self.server_errors


class ApiMetrics:
    """The gateway's own metrics of the operation, which it publishes by resource and method.

    Parameters
    ----------
    client
        A CloudWatch client.
    api, stage, resource
        Names of the API and its stage, and the path of the resource whose POST submits a transaction.
    """

    def __init__(self, client: CloudWatchClient, api: str, stage: str, resource: str) -> None:
        self._client = client
        self._dimensions = {"ApiName": api, "Stage": stage, "Resource": resource, "Method": "POST"}

    def of(self, day: date) -> Optional[ApiCalls]:
        """Return the day's calls; None if the gateway has published none."""
        begin = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
        names = {"requests": "Count", "client_errors": "4XXError", "server_errors": "5XXError"}
        answer = self._client.get_metric_data(
            MetricDataQueries=[self._query(name, metric) for name, metric in names.items()],
            StartTime=begin,
            EndTime=begin + timedelta(days=1),
        )
        sums = {one["Id"]: int(sum(one["Values"])) for one in answer["MetricDataResults"] if one["Values"]}
        if "requests" not in sums:
            return None
        return ApiCalls(**{name: sums.get(name, 0) for name in names})

    def _query(self, name: str, metric: str) -> Any:
        dimensions = [{"Name": key, "Value": value} for key, value in self._dimensions.items()]
        return {
            "Id": name,
            "MetricStat": {
                "Metric": {"Namespace": "AWS/ApiGateway", "MetricName": metric, "Dimensions": dimensions},
                "Period": _DAY_SECONDS,
                "Stat": "Sum",
            },
        }
