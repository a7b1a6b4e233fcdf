"""What becomes of a case whose steps fail: tried again, or recorded, told and opened anew; never silence.

That a question which nobody answers ends in a decision is in test_flow.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import pytest

from tests.e2e.cases import answer, review_of, submit_suspect
from tests.e2e.conftest import Flagship
from tests.e2e.deployed import wait_for

Purchase = Callable[..., dict[str, Any]]
NewId = Callable[[str], str]

FUNCTION = "case-context"
"""The function that is made to fail: of the first step after a case was opened."""
RETRIES_OF_OUR_ERRORS = 3
"""How often the definition has a step tried again when its function fails; longer where Lambda does."""


@contextmanager
def throttled(flagship: Flagship, function: str) -> Iterator[None]:
    """Stop a function as an operator does: it is given no concurrency."""
    functions, name = flagship.client("lambda"), flagship.outputs["function_names"][function]
    before = functions.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    try:
        yield
    finally:
        if before is None:
            functions.delete_function_concurrency(FunctionName=name)
        else:
            functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=before)


@contextmanager
def misconfigured(flagship: Flagship, function: str, **variables: str) -> Iterator[None]:
    """Give a function wrong settings for a while."""
    functions, name = flagship.client("lambda"), flagship.outputs["function_names"][function]
    right = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]

    def configure(settings: dict[str, str]) -> None:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": settings})
        functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})

    configure({**right, **variables})
    try:
        yield
    finally:
        configure(right)


def execution_of(flagship: Flagship, transaction_id: str) -> str:
    """Wait until a transaction's case is open and return the ARN of the execution that works it."""
    return str(wait_for(lambda: flagship.case(transaction_id), "the case to be opened")["execution_arn"])


def errors_of(flagship: Flagship, execution_arn: str) -> list[str]:
    """Return the errors of the tasks that an execution has seen fail so far."""
    pages = flagship.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=execution_arn)
    events = (event for page in pages for event in page["events"])
    return [event["taskFailedEventDetails"]["error"] for event in events if event["type"] == "TaskFailed"]


def ended(flagship: Flagship, execution_arn: str) -> dict[str, Any]:
    """Wait until an execution has ended and return its description."""
    states = flagship.client("stepfunctions")
    found: dict[str, Any] = wait_for(
        lambda: (told := states.describe_execution(executionArn=execution_arn))["status"] != "RUNNING" and told,
        "the execution to end",
    )
    return found


@pytest.mark.needs("case-starts", "task-tokens", "typed-errors")
def test_a_step_that_lambda_throttles_is_tried_longer_than_one_of_ours_and_then_goes_on(
    flagship: Flagship, purchase: Purchase
) -> None:
    with throttled(flagship, FUNCTION):
        transaction_id = submit_suspect(flagship, purchase)
        execution = execution_of(flagship, transaction_id)
        wait_for(lambda: len(errors_of(flagship, execution)) > 1 + RETRIES_OF_OUR_ERRORS, "a fourth retry")

    answer(flagship, review_of(flagship, transaction_id), "genuine")

    assert ended(flagship, execution)["status"] == "SUCCEEDED"
    assert set(errors_of(flagship, execution)) == {"Lambda.TooManyRequestsException"}
    assert flagship.case(transaction_id)["status"] == "CLOSED"
    assert flagship.row(transaction_id)["status"] == "APPROVED"


@dataclass(frozen=True)
class FailedCase:
    """A case whose workflow has failed while its function was misconfigured."""

    transaction_id: str
    execution: dict[str, Any]

    @classmethod
    def make(cls, flagship: Flagship, purchase: Purchase) -> FailedCase:
        """Let a case fail; the function is right again afterwards."""
        with misconfigured(flagship, FUNCTION, TRANSACTIONS_TABLE=""):  # it does not start then
            transaction_id = submit_suspect(flagship, purchase)
            return cls(transaction_id, ended(flagship, execution_of(flagship, transaction_id)))


@pytest.mark.needs("case-starts")
def test_a_step_that_goes_on_failing_is_recorded_and_told(
    flagship: Flagship, purchase: Purchase, new_id: NewId
) -> None:
    alerts = flagship.inbox(flagship.outputs["fraud_alerts_topic_arn"], new_id("failed-cases"))

    failed = FailedCase.make(flagship, purchase)

    execution, case = failed.execution["executionArn"], flagship.case(failed.transaction_id)
    alert = json.loads(flagship.messages(alerts, lambda message: execution in message["Body"])["Body"])
    said, errors = json.loads(alert["Message"]), errors_of(flagship, execution)
    assert (failed.execution["status"], failed.execution["error"]) == ("FAILED", "Case.Failed")
    assert len(errors) == 1 + RETRIES_OF_OUR_ERRORS
    assert {case["failure"]["error_code"], said["error_code"]} == set(errors)
    assert (case["status"], said["alert"]) == ("FAILED", "CASE_WORKFLOW_FAILED")
    assert said["failure"] == {"recorded": True, "transaction_id": failed.transaction_id}
    assert flagship.row(failed.transaction_id)["status"] == "FRAUD_SUSPECTED"
    if flagship.provides("typed-errors"):
        assert set(errors) == {"SettingError"}


@pytest.mark.needs("case-starts", "task-tokens", "event-replays")
def test_a_failed_case_is_opened_anew_by_a_replay(flagship: Flagship, purchase: Purchase) -> None:
    began = datetime.now(timezone.utc)
    failed = FailedCase.make(flagship, purchase)

    flagship.replay("flagged", since=began)
    answer(flagship, review_of(flagship, failed.transaction_id), "genuine")

    case = wait_for(
        lambda: (case := flagship.case(failed.transaction_id))["status"] == "CLOSED" and case, "the case to be closed"
    )
    assert case["execution_arn"] != failed.execution["executionArn"]
