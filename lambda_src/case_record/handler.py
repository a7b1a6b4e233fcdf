"""Lambda entry point of `case_record`: the only one that writes cases and, for them, transactions."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Optional

from case_record.recorder import Recorder, Step
from pipeline.aws.cases import CaseStore
from pipeline.aws.clients import client
from pipeline.aws.clock import utc_now
from pipeline.aws.observability import count, logger, metrics
from pipeline.aws.settings import load_settings
from pipeline.domain.case import Action, CaseInputError
from pipeline.domain.times import from_text

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True)
class Settings:
    """What `case_record` needs to know; see `pipeline.aws.settings`."""

    transactions_table: str
    cases_table: str


def build(settings: Settings) -> Recorder:
    """Wire the recorder to AWS."""
    store = CaseStore(client("dynamodb"), settings.cases_table, settings.transactions_table)
    return Recorder(store, now=utc_now)


RECORDER = build(load_settings(Settings, os.environ))


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Record the step that `event["action"]` names: open, hold, close or fail.

    Raises
    ------
    CaseInputError
        If it names none: a fault of ours, which the workflow records.
    """
    action, execution_arn = event.get("action"), event["execution_arn"]
    if action == "open":
        found = RECORDER.open(execution_arn, _transaction(event["transaction"]), _instant(event.get("started_at")))
        _note("CaseOpened" if found["outcome"] == "OPENED" else "CaseRepeated", found["summary"], found)
    elif action == "hold":
        found = RECORDER.hold(_step(event))
        _note("CaseHeld" if found["outcome"] == "HELD" else "CaseNotHeld", event, found)
    elif action == "close":
        found = RECORDER.close(_step(event), event["review"])
        _note("CaseUnanswered" if found["unanswered"] else "CaseClosed", event, found)
    elif action == "fail":
        error_code = str(event["error_code"])
        failed_at = _instant(event.get("failed_at"))
        found = RECORDER.fail(execution_arn, _transaction(event["transaction"]), error_code, failed_at)
        _note("CaseFailed", found, found)
    else:
        raise CaseInputError(f"there is no action {action!r}")
    return found


def _transaction(started_with: Any) -> Any:
    """Return the detail of the event that an execution was started with.

    One that was under way when this version came was started with the detail alone.
    """
    return started_with.get("detail", started_with) if isinstance(started_with, Mapping) else started_with


def _instant(text: Optional[str]) -> Optional[datetime]:
    """Return a time of the workflow's own clock; an execution of before this version tells none."""
    return None if text is None else from_text(text)


def _step(event: Mapping[str, Any]) -> Step:
    decision = event["decision"]
    return Step(
        case_id=event["case_id"],
        execution_arn=event["execution_arn"],
        action=Action(decision["action"]),
        action_reasons=tuple(decision["reasons"]),
        assessments=tuple(event["assessments"]),
    )


def _note(metric: str, subject: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    """Count the step, and log it with its codes only."""
    count(metric)
    logger.info(
        metric,
        transaction_id=subject.get("transaction_id", subject.get("case_id")),
        outcome=found.get("outcome"),
        transaction_status=found.get("status"),
    )
