"""Lambda entry point of `spend`, called once a day: yesterday's cost becomes the metric Costs/DailySpend."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.aws.clients import client
from pipeline.aws.clock import utc_now
from pipeline.aws.observability import count, logger, measure, metrics
from pipeline.aws.settings import load_settings
from pipeline.domain.days import asked_day
from spend.bill import Bill

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

READ_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class Settings:
    """What `spend` needs to know; see `pipeline.aws.settings`.

    Parameters
    ----------
    cost_project, cost_environment
        Values of the tags Project and Environment, which must be active as cost allocation tags.
    """

    cost_project: str
    cost_environment: str


def build(settings: Settings) -> Bill:
    """Wire the bill to AWS."""
    return Bill(client("ce", READ_TIMEOUT_SECONDS), settings.cost_project, settings.cost_environment)


BILL = build(load_settings(Settings, os.environ))


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Publish what a day cost: yesterday, or the `date` of the event. A cost that is not known yet is no zero."""
    day = asked_day(event.get("date"), utc_now())
    cost = BILL.of(day)
    count("SpendUnknown", int(cost is None))
    if cost is None:
        logger.warning("the cost of the day is not known yet", day=day.isoformat())
        return {"date": day.isoformat(), "usd": None, "estimated": None}
    measure("Costs/DailySpend", float(cost.usd))
    logger.info("the cost of the day", day=day.isoformat(), usd=str(cost.usd), estimated=cost.estimated)
    return {"date": day.isoformat(), "usd": str(cost.usd), "estimated": cost.estimated}
