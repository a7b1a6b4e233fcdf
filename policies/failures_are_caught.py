"""No task of a workflow ends it in silence: each catches all errors."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

from policies.reading import AFTER_APPLY
from policies.workflow_states import NoDefinitionError, State, states

_CAN_FAIL = ("Task", "Parallel", "Map")


class FailuresAreCaught(BaseResourceCheck):
    """Every Task, Parallel and Map has a Catch of States.ALL."""

    def __init__(self) -> None:
        super().__init__(
            id="TXN_5",
            name="Every task of a workflow catches all errors",
            categories=[CheckCategories.CONVENTION],
            supported_resources=["aws_sfn_state_machine"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Read the catchers of all states; a definition that cannot be read fails."""
        if conf.get("definition") == [AFTER_APPLY]:
            return CheckResult.UNKNOWN
        try:
            found = [state for _, state in states(conf, self.entity_path) if state["Type"] in _CAN_FAIL]
        except NoDefinitionError:
            return CheckResult.FAILED
        return CheckResult.PASSED if all(map(_catches_all, found)) else CheckResult.FAILED


def _catches_all(state: State) -> bool:
    return any("States.ALL" in catcher["ErrorEquals"] for catcher in state.get("Catch", []))


check = FailuresAreCaught()
