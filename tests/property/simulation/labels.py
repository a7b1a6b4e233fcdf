"""Labels and what is learnt of them, as the flagship has them; what announces and opens cases is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.property.simulation.flagship import Flagship
from tests.property.simulation.functions import Function
from tests.property.simulation.mappings import QueueMapping, StreamMapping
from tests.property.simulation.shards import Reading

_RECORDED = {
    name: function for name, function in Flagship.functions.items() if name in ("ingest", "process", "failed", "sweep")
}


class Labels(Flagship):
    """One schedule of transactions that are decided, labelled and learnt from."""

    functions: ClassVar[Mapping[str, Function]] = {
        **_RECORDED,
        "label": Function("label", 15.0, {"TRANSACTIONS_TABLE": "transactions"}),
        "learn": Function(
            "learn",
            30.0,
            {
                "TRANSACTIONS_TABLE": "transactions",
                "MERCHANT_RISK_TABLE": "merchant-risk",
                "DRIFT_TABLE": "drift",
            },
        ),
    }

    def _services(self) -> Mapping[str, Any]:
        self.database.create("drift", "window")
        return super()._services()

    def _connect(self) -> None:
        kernel, runtime, chances = self.kernel, self.runtime, self.scenario.chances
        for queue, function in ((self.queue, "process"), (self.dead, "failed")):
            QueueMapping(kernel, runtime, queue, function, undeleted=self._chance(chances.undeleted))
        unmarked = self._chance(chances.unmarked)
        reading = Reading(kernel, runtime, "learn", batch_size=60, window_seconds=5.0, unmarked=unmarked)
        StreamMapping(self.transactions, reading, lambda change: "decided_at" in (change.new or {}))
        self.queue.mourners.append(self._given_up)
