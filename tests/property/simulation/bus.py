"""EventBridge: rules pass events on to targets, at least once, in any order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

from tests.property.simulation.kernel import Kernel
from tests.property.simulation.shards import Chance, never

Event = dict[str, Any]
Target = Callable[[Event], None]


@dataclass(frozen=True)
class Rule:
    """A rule: events that match its pattern go to its target."""

    name: str
    pattern: Mapping[str, Any]
    target: Target


@dataclass
class Bus:
    """One bus.

    Parameters
    ----------
    kernel
        Time, and where chance comes from.
    name
        By which events are sent to it.
    repeated
        Draws whether a target gets an event once more.
    late_seconds
        By how much an event may be late.
    """

    kernel: Kernel
    name: str
    repeated: Chance = never
    late_seconds: float = 0.5
    rules: list[Rule] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def put_events(self, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        """Take events; the operation of boto3."""
        if not 1 <= len(Entries) <= 10:
            raise AssertionError("1 to 10 events can be sent at once")
        return {"Entries": [{"EventId": self._take(entry)} for entry in Entries], "FailedEntryCount": 0}

    def _take(self, entry: Mapping[str, str]) -> str:
        if entry["EventBusName"] != self.name:
            raise AssertionError(f"there is no bus {entry['EventBusName']}")
        event = {
            "version": "0",
            "id": f"event-{len(self.events) + 1}",
            "source": entry["Source"],
            "detail-type": entry["DetailType"],
            "time": f"{self.kernel.true_utc():%Y-%m-%dT%H:%M:%SZ}",
            "detail": json.loads(entry["Detail"]),
        }
        self.events.append(event)
        for rule in self.rules:
            if matches(rule.pattern, event):
                for _ in range(2 if self.repeated() else 1):
                    self._deliver(rule, event)
        return str(event["id"])

    def _deliver(self, rule: Rule, event: Event) -> None:
        self.kernel.later(self.kernel.draw.random() * self.late_seconds, lambda: rule.target(event))


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Tell whether an event matches a pattern of exact values; other kinds of patterns are an error."""
    return all(_matches(wanted, event.get(name)) for name, wanted in pattern.items())


def _matches(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and matches(wanted, found)
    if any(not isinstance(value, str) for value in wanted):
        raise NotImplementedError(f"only exact texts so far: {wanted}")
    return any(value in wanted for value in (found if isinstance(found, list) else [found]))
