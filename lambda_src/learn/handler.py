"""Lambda entry point of `learn`: records of the transactions table's stream in, the first to be delivered again out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from learn.learner import Learner
from learn.records import read_records
from pipeline.aws.clients import client
from pipeline.aws.drift import DriftTable
from pipeline.aws.merchant_risk import MerchantRiskStore
from pipeline.aws.models import load_models
from pipeline.aws.observability import metrics
from pipeline.aws.settings import load_settings
from pipeline.aws.stream import again_from

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True)
class Settings:
    """What `learn` needs to know; see `pipeline.aws.settings`."""

    transactions_table: str
    merchant_risk_table: str
    drift_table: str


def build(settings: Settings) -> Learner:
    """Wire the learner to AWS."""
    return Learner(
        risks=MerchantRiskStore(client("dynamodb"), settings.merchant_risk_table, settings.transactions_table),
        # An addition that is made again counts twice: better none than two.
        drift=DriftTable(client("dynamodb", attempts=1), settings.drift_table),
        models={model.version: model for model in load_models().values()},
    )


LEARNER = build(load_settings(Settings, os.environ))


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Learn from the batch; the stream delivers what could not be learnt again, with all that follows it."""
    first = LEARNER.learn(read_records(event))
    return again_from(event, first.sequence_number if first else None)
