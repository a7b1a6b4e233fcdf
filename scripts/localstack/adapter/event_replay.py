"""LocalStack's EventBridge with replays that arrive, and only where they are sent.

LocalStack archives an event with its time as text, takes that for an instant later, and breaks off. It also hands a
replayed event to every rule of the bus, whichever ones the replay names.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from localstack.services.events.provider import EventsProvider


class ReplayingProvider(EventsProvider):
    """EventBridge."""

    def _put_to_archive(self, *of: Any, event: dict[str, Any], **named: Any) -> None:
        super()._put_to_archive(*of, event={**event, "time": datetime.fromisoformat(event["time"])}, **named)

    def _process_rules(self, rule: Any, region: str, account_id: str, event: dict[str, Any], trace: Any) -> None:
        replay = self.get_store(region, account_id).replays.get(event.get("replay-name"))
        named = replay.destination.get("FilterArns") if replay else None
        if not named or rule.arn in named:
            super()._process_rules(rule, region, account_id, event, trace)
