"""Which recorded calls used a grant."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from scripts.iam_report.calls import UNIT, Call, covers
from scripts.iam_report.deployments import Deployment
from scripts.iam_report.grants import ROLE, TRUST, Grant

_SERVICE = ".amazonaws.com"
_ANYBODY = ("*", ":root")


class Uses:
    """The calls of a deployment and of the unit tests, to be asked about grants.

    Parameters
    ----------
    deployment
        The system and the calls that were recorded of it.
    of_units
        What the functions' unit tests did.
    """

    def __init__(self, deployment: Deployment, of_units: Iterable[Call]) -> None:
        self._functions = deployment.functions
        self._calls = _by_action(deployment.calls)
        self._acting = {call.principal: call.suite for call in deployment.calls}
        self._of_units = _by_action(of_units)

    def suite(self, grant: Grant) -> str | None:
        """Return a suite that used a grant: one that ran the deployed system if there is one; None for none.

        A role that has acted was taken by its service.
        """
        if grant.kind == TRUST:
            return self._acting.get(grant.role)
        for call in self._calls.get(grant.action.lower(), ()):
            if _may_be(grant, call.principal) and covers(grant.resource, call.resource):
                return call.suite
        for call in self._of_units.get(grant.action.lower(), ()):
            if self._is_function_of(grant, call) and _looks_like(grant.resource, call.resource):
                return UNIT
        return None

    def _is_function_of(self, grant: Grant, call: Call) -> bool:
        package = self._functions.get(grant.role)
        return grant.kind == ROLE and call.principal == f"function:{package}"


def _by_action(calls: Iterable[Call]) -> dict[str, list[Call]]:
    found = defaultdict(list)
    for call in sorted(calls, key=repr):
        found[call.action.lower()].append(call)
    return found


def _may_be(grant: Grant, principal: str) -> bool:
    """Say whether a grant lets a principal in. An account's root stands for everybody in it but AWS's services."""
    if grant.kind == ROLE:
        return principal == grant.role
    of_account = not principal.endswith(_SERVICE)
    return any(name == principal or (of_account and name.endswith(_ANYBODY)) for name in grant.principals)


def _looks_like(granted: str, used: str) -> bool:
    """Say whether a resource of a unit test stands for a deployed one: its name is within the other's.

    A unit test calls a table `transactions` that is `txn-dev-transactions` where it is deployed.
    """
    if granted == "*" or used == "*":
        return granted == used
    deployed, tested = _parts(granted), _parts(used)
    return len(deployed) == len(tested) and all(
        name == "*" or f"-{part}-" in f"-{name}-" for name, part in zip(deployed, tested)
    )


def _parts(arn: str) -> list[str]:
    """Return the parts of an ARN's resource, such as those of table/NAME/index/NAME."""
    return re.split("[:/]", arn.split(":", 5)[5].removesuffix(".fifo"))
