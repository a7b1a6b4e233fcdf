"""Lambda entry point of `drift`, called every hour."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drift.watch import Look, Watch
from pipeline.aws.clients import client
from pipeline.aws.drift import DriftTable
from pipeline.aws.models import load_models
from pipeline.aws.observability import count, measure, metrics
from pipeline.aws.policies import PolicyStore
from pipeline.aws.settings import load_settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True)
class Settings:
    """What `drift` needs to know; see `pipeline.aws.settings`."""

    drift_table: str
    policy_parameter: str


def build(settings: Settings) -> Watch:
    """Wire the watch to AWS."""
    models = load_models()
    policies = PolicyStore(client("ssm"), settings.policy_parameter, models, refresh_seconds=0)
    return Watch(DriftTable(client("dynamodb"), settings.drift_table), models, policies.document)


WATCH = build(load_settings(Settings, os.environ))


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Look at the drift of the last day, and publish it as metrics."""
    look = WATCH.look()
    _publish(look)
    return {"open": look.breaker.open, "judged": look.report.judged, "decided": look.decided}


def _publish(look: Look) -> None:
    """Publish the breaker always, and of the rest what there was enough to judge: of several models the worst."""
    count("DriftBreakerOpen", int(look.breaker.open))
    worst: dict[str, float] = {}
    for one in look.report.series:
        if one.psi is not None:
            worst[one.series] = max(one.psi, worst.get(one.series, 0.0))
    for series, psi in worst.items():
        measure("PopulationStability", psi, Series=series)
    for rate in look.report.rates:
        if rate.basis_points is not None:
            dimensions = {} if rate.policy is None else {"Policy": rate.policy}
            measure("AlertRate", rate.basis_points / 100, **dimensions)
