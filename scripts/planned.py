"""Plans of the deployable roots, made with the real provider against the bare local AWS; nothing is applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scripts import plans
from scripts.ministack import MiniStack

FLAGSHIP = "."
MERCHANT_API = "examples/merchant_api"
STREAM_ALERTS = "examples/stream_alerts"
SECUREBANK = "examples/securebank"
ROOTS = (FLAGSHIP, MERCHANT_API, STREAM_ALERTS, SECUREBANK)

Resource = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What Terraform would create in a root."""

    root: str
    content: dict[str, Any]

    def every(self) -> list[Resource]:
        """Return every planned resource.

        A resource is its attributes, its `address` and `resource_type`, and as `unknown` what only an apply tells.
        """
        return [
            {
                **entry["change"]["after"],
                "address": entry["address"],
                "resource_type": entry["type"],
                "unknown": entry["change"]["after_unknown"],
            }
            for entry in self.content["resource_changes"]
            if entry["mode"] == "managed"
        ]

    def of(self, kind: str) -> list[Resource]:
        """Return the planned resources of a type, in all modules; maybe none."""
        return [resource for resource in self.every() if resource["resource_type"] == kind]

    def resources(self, kind: str) -> list[Resource]:
        """Return the planned resources of a type, of which there must be one."""
        found = self.of(kind)
        assert found, f"the plan of {self.root} has no {kind}"
        return found

    def only(self, kind: str, part: str) -> Resource:
        """Return the one resource whose address holds `part`."""
        (found,) = [resource for resource in self.resources(kind) if part in resource["address"]]
        return found


def make(emulator: MiniStack, root: str, variables: Mapping[str, Any] | None = None) -> Plan:
    """Plan a root, given by its folder, with the defaults of its variables but for those given."""
    return Plan(root, plans.make(emulator, root, variables))
