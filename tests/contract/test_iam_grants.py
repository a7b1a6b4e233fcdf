"""No policy grants more than AWS makes it: no wildcard for actions, none for resources that could be named.

Read from plans, which know most policies; `make iam-report` judges all of them, as deployed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from scripts import planned
from scripts.iam_report import grants, reasons
from scripts.iam_report.catalogue import is_wild
from scripts.iam_report.grants import Grant
from scripts.iam_report.judgement import wide
from scripts.planned import Plan


@pytest.fixture(params=planned.ROOTS)
def plan(request: pytest.FixtureRequest, plan_of: Callable[[str], Plan]) -> Plan:
    return plan_of(request.param)


def granted(plan: Plan) -> list[Grant]:
    """Return what the policies grant that the plan knows."""
    found = [{"address": one["address"], "type": one["resource_type"], "values": one} for one in plan.every()]
    return grants.read(one for one in found if any(map(grants.is_policy, one["values"].values())))


def allowed_actions(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield address and action of the policies whose resources only an apply tells, as far as the plan knows them."""
    for change in plan.content["resource_changes"]:
        if change["type"] == "aws_iam_policy_document":
            for statement in change["change"]["after"].get("statement", []):
                if statement.get("effect") != "Deny":
                    actions = ["*"] if statement.get("not_actions") else statement.get("actions") or []
                    yield from ((change["address"], action) for action in actions if action)


def test_nothing_is_wider_than_aws_asks_for(plan: Plan) -> None:
    excuses = reasons.read().wide
    found = granted(plan)

    assert len(found) > 20
    unexcused = [one for one in found if wide(one) and not reasons.find(excuses, plan.root, one)]
    assert unexcused == []


def test_every_action_is_written_out(plan: Plan) -> None:
    actions = list(allowed_actions(plan))

    assert len(actions) > 20
    assert [(address, action) for address, action in actions if is_wild(action)] == []
