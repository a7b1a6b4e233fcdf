"""What a meter may look at: the plan, the workload and the month."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scripts.cost.charge import Month
from scripts.cost.workload import Workload

Resource = dict[str, Any]

_STEP = re.compile(r'module\.([A-Za-z0-9_-]+)(?:\["([^"]+)"\])?\.')
_ONLY = "this"


def module_of(address: str) -> str:
    """Return the address of the module that a resource is in, with a dot at its end; empty in the root."""
    steps = list(_STEP.finditer(address))
    return address[: steps[-1].end()] if steps else ""


def name_of(address: str) -> str:
    """Return what the workload calls the resources of a module: its key if it has one of its own, else its name.

    `module.tables["merchants"].aws_dynamodb_table.this` is `merchants`; `module.backup["this"]...` is `backup`.
    """
    steps = list(_STEP.finditer(address))
    if not steps:
        return ""
    name, key = steps[-1].groups()
    return str(name if key in (None, _ONLY) else key)


@dataclass(frozen=True)
class Context:
    """A system in a month.

    Parameters
    ----------
    resources
        Everything that is planned.
    workload
        What a transaction makes it do.
    month
        How many there are.
    """

    resources: Sequence[Resource]
    workload: Workload
    month: Month

    def beside(self, resource: Resource, kind: str) -> list[Resource]:
        """Return the resources of a type in the same module."""
        module = module_of(resource["address"])
        return [
            other
            for other in self.resources
            if other["resource_type"] == kind and module_of(other["address"]) == module
        ]

    def has(self, kind: str) -> bool:
        """Say whether anything of a type is planned."""
        return any(resource["resource_type"] == kind for resource in self.resources)
