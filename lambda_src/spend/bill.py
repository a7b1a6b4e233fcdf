"""What a day cost, as Cost Explorer knows it so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Optional

from botocore.exceptions import ClientError

from pipeline.aws.dynamo import error_code
from pipeline.domain.errors import PipelineError

CURRENCY = "USD"
METRIC = "UnblendedCost"
"""What is billed for the usage of the day itself, before it is shared out among accounts."""

PROJECT_TAG = "Project"
ENVIRONMENT_TAG = "Environment"


class UnexpectedCurrencyError(PipelineError):
    """The bill is in another currency than the metric's name and budgets promise."""


@dataclass(frozen=True)
class Cost:
    """What a day cost; an estimate may still grow, until the month's bill is closed."""

    usd: Decimal
    estimated: bool


class Bill:
    """Asks Cost Explorer, which bills each request itself ($0.01).

    Parameters
    ----------
    client
        A client of "ce". Its endpoint is one a partition, wherever the function runs; the SDK knows it.
    project, environment
        Values of the allocation tags by which the system's cost is told from that of others.
    """

    def __init__(self, client: Any, project: str, environment: str) -> None:
        self._client = client
        self._tags = {PROJECT_TAG: project, ENVIRONMENT_TAG: environment}

    def of(self, day: date) -> Optional[Cost]:
        """Return what a day (UTC) cost; None while nothing is known of it.

        Cost Explorer learns of usage up to 24 hours late. Until then it has no data, or an estimate of nothing.

        Raises
        ------
        UnexpectedCurrencyError
            If the bill is not in USD.
        """
        try:
            answer = self._client.get_cost_and_usage(
                TimePeriod={"Start": day.isoformat(), "End": (day + timedelta(days=1)).isoformat()},  # without its end
                Granularity="DAILY",
                Metrics=[METRIC],
                Filter={"And": [{"Tags": {"Key": tag, "Values": [value]}} for tag, value in self._tags.items()]},
            )
        except ClientError as error:
            if error_code(error) != "DataUnavailableException":
                raise
            return None
        results = [one for one in answer["ResultsByTime"] if METRIC in one.get("Total", {})]
        if not results:
            return None
        cost = Cost(sum((_usd(one["Total"][METRIC]) for one in results), Decimal()), any(map(_estimated, results)))
        return None if cost == Cost(Decimal(), estimated=True) else cost


def _usd(amount: Any) -> Decimal:
    if amount["Unit"] != CURRENCY:
        raise UnexpectedCurrencyError(f"the bill is in {amount['Unit']}, not in {CURRENCY}")
    return Decimal(amount["Amount"])


def _estimated(result: Any) -> bool:
    return bool(result.get("Estimated"))
