"""EventBridge as the adapter puts it right: a workflow is started with the part of the event that its target names."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.localstack.conftest import ROLE

pytestmark = pytest.mark.timeout(20, func_only=True)  # the first use of Step Functions loads it


def test_a_workflow_starts_with_the_detail_of_an_event(aws: Callable[[str], Any]) -> None:
    events, workflows = aws("events"), aws("stepfunctions")
    definition = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
    machine = workflows.create_state_machine(name="started", roleArn=ROLE, definition=definition)["stateMachineArn"]
    events.put_rule(Name="start", EventPattern=json.dumps({"source": ["test"]}))
    events.put_targets(Rule="start", Targets=[{"Id": "one", "Arn": machine, "RoleArn": ROLE, "InputPath": "$.detail"}])

    events.put_events(Entries=[{"Source": "test", "DetailType": "Test", "Detail": json.dumps({"amount": 12.5})}])

    deadline = time.monotonic() + 10
    while (
        not (runs := workflows.list_executions(stateMachineArn=machine)["executions"]) and time.monotonic() < deadline
    ):
        time.sleep(0.1)
    assert len(runs) == 1
    told = workflows.describe_execution(executionArn=runs[0]["executionArn"])
    assert json.loads(told["input"]) == {"amount": 12.5}
